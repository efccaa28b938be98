//! A running server, embedded: started on a thread of its own, stopped when dropped.

use std::{io, net::SocketAddr, net::TcpListener, sync::Arc, thread, time::Duration};

use tokio::sync::{oneshot, watch};

use crate::{
    auth::{AccessToken, Auth},
    config::{Config, ConfigError},
    listen::{self, BindError, Stage},
    reference::Reference,
    region::{self, Regions},
    server::Server,
};

/// The API key that the mock's own tokens name. Any other is as good.
const API_KEY: &str = "devkey";

/// Why a server did not start. Nothing is left running.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Settings that can't be served; all that is wrong with them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Config(Vec<ConfigError>),
    /// A port that could not be bound.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The system refused a thread or an event queue.
    #[error("the server could not start: {0}")]
    Runtime(#[from] io::Error),
}

/// A running mock server. It runs on a thread of its own, beside whatever runtime the test has, and
/// stops when it is dropped. Any number of them live in one process, each on ports of its own.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use livekit_mock::Mock;
///
/// let mock = Mock::start().await?;
/// assert_eq!(mock.urls().len(), 4);
/// assert!(mock.url(0).starts_with("http://127.0.0.1:"));
/// # Ok(()) }
/// ```
///
/// With settings of its own, and a token that it trusts:
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use livekit_mock::{Auth, Mock, VideoGrants};
///
/// let mock = Mock::builder().regions(2).auth(Auth::Strict).secret("…").start().await?;
/// let token = mock.token().grants(VideoGrants::new().room_create()).to_jwt();
/// assert_eq!(token.split('.').count(), 3);
/// mock.shutdown().await; // or drop it, which waits for nothing
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "the server stops when it is dropped"]
pub struct Mock {
    config: Config,
    urls: Vec<String>,
    addresses: Vec<SocketAddr>,
    stage: watch::Sender<Stage>,
    ended: Option<oneshot::Receiver<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// The settings of a [`Mock`] that is to be started: those of the command line, under the same names.
/// They differ in what an embedded server needs: free ports, on loopback alone.
#[derive(Debug, Clone)]
pub struct Builder {
    pub(crate) config: Config,
}

// === impl Builder ===

impl Default for Builder {
    fn default() -> Self {
        let config =
            Config { ports: vec![0; 4], bind: "127.0.0.1".to_owned(), ..Config::default() };
        Self { config }
    }
}

impl Builder {
    /// So many regions, each on a free port.
    #[must_use]
    pub fn regions(self, count: usize) -> Self {
        self.ports(vec![0; count])
    }

    /// The ports of the regions, in their order; 0 takes any free one.
    #[must_use]
    pub fn ports(mut self, ports: impl IntoIterator<Item = u16>) -> Self {
        self.config.ports = ports.into_iter().collect();
        self
    }

    /// The address, or host name, to listen on; [`Builder::advertise_host`] says how clients
    /// reach it, if not by `http://127.0.0.1`.
    #[must_use]
    pub fn bind(mut self, bind: impl Into<String>) -> Self {
        self.config.bind = bind.into();
        self
    }

    /// Scheme and host of the regions' URLs; may hold `{index}` and `{port}`.
    #[must_use]
    pub fn advertise_host(mut self, host: impl Into<String>) -> Self {
        self.config.advertise_host = host.into();
        self
    }

    /// Every region's whole URL, where regions are on several hosts.
    #[must_use]
    pub fn advertise(mut self, urls: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.config.advertise = urls.into_iter().map(Into::into).collect();
        self
    }

    /// The index of the region that the first port is.
    #[must_use]
    pub fn first_region(mut self, index: usize) -> Self {
        self.config.first_region = index;
        self
    }

    /// What API paths begin with.
    #[must_use]
    pub fn twirp_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.config.twirp_prefix = prefix.into();
        self
    }

    /// The secret that tokens must be signed with.
    #[must_use]
    pub fn api_secret(mut self, secret: impl Into<String>) -> Self {
        self.config.api_secret = secret.into().into();
        self
    }

    /// Short for [`Builder::api_secret`].
    #[must_use]
    pub fn secret(self, secret: impl Into<String>) -> Self {
        self.api_secret(secret)
    }

    /// How strictly requests are authorized.
    #[must_use]
    pub fn auth(mut self, auth: Auth) -> Self {
        self.config.auth = auth;
        self
    }

    /// Whether everything that would be a warning is an error.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.config.strict = strict;
        self
    }

    /// Which release of the reference server is answered as.
    #[must_use]
    pub fn reference(mut self, reference: Reference) -> Self {
        self.config.reference = reference;
        self
    }

    /// How long [`Mock::shutdown`] waits for the requests in flight.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.config.grace = grace;
        self
    }

    /// Starts the server; every port is bound and answers when this returns.
    ///
    /// # Errors
    /// What is wrong with the settings, the port that is in use, or what the system refused.
    #[allow(clippy::unused_async)] // So that a server that has to wait for something can.
    pub async fn start(self) -> Result<Mock, StartError> {
        self.start_blocking()
    }

    /// [`Builder::start`] for tests without an async runtime.
    ///
    /// # Errors
    /// As [`Builder::start`].
    pub fn start_blocking(self) -> Result<Mock, StartError> {
        let (mut mock, serving) = self.bound()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let entered = runtime.enter();
        let serving = serving.registered()?;
        drop(entered);
        let (end, ended) = oneshot::channel();
        let thread = thread::Builder::new().name("livekit-mock".to_owned()).spawn(move || {
            runtime.block_on(serving);
            // Ends what was cut off, and with it the last sockets, before anyone is told.
            drop(runtime);
            let _ = end.send(());
        })?;
        (mock.ended, mock.thread) = (Some(ended), Some(thread));
        Ok(mock)
    }

    /// [`Builder::start`] on the event loop of the caller, who has no other use for it: one thread
    /// is cheaper to start, and the system takes fewer locks for a process that has no second.
    #[cfg(feature = "cli")]
    pub(crate) fn start_here(self) -> Result<Mock, StartError> {
        let (mut mock, serving) = self.bound()?;
        let serving = serving.registered()?;
        let (end, ended) = oneshot::channel();
        tokio::spawn(async move {
            serving.await;
            let _ = end.send(());
        });
        mock.ended = Some(ended);
        Ok(mock)
    }

    /// Binds every port, and does all else that a start can fail at without an event loop.
    fn bound(self) -> Result<(Mock, Serving), StartError> {
        let config = self.config.checked().map_err(StartError::Config)?;
        let listeners = listen::bind_all(&config)?;
        let addresses =
            listeners.iter().map(TcpListener::local_addr).collect::<Result<Vec<_>, _>>()?;
        let urls = urls(&config, &addresses);
        let server = Arc::new(Server::new(&config, Regions::new(urls.clone())));
        let (stage, watched) = watch::channel(Stage::Serving);
        let serving =
            Serving { first_region: config.first_region, listeners, server, stage: watched };
        let urls = urls[config.first_region..][..addresses.len()].to_vec();
        Ok((Mock { config, urls, addresses, stage, ended: None, thread: None }, serving))
    }
}

/// A server that is bound and waits for an event loop: one, as a request takes microseconds and
/// more would only add their cost.
struct Serving {
    first_region: usize,
    listeners: Vec<TcpListener>,
    server: Arc<Server>,
    stage: watch::Receiver<Stage>,
}

impl Serving {
    /// The server's whole life, on the event loop that is entered.
    fn registered(self) -> io::Result<impl Future<Output = ()> + Send + 'static> {
        let registered = self.listeners.into_iter().map(tokio::net::TcpListener::from_std);
        let numbered = (self.first_region..).zip(registered.collect::<io::Result<Vec<_>>>()?);
        Ok(listen::serve(numbered.collect(), self.server, self.stage))
    }
}

/// Every region's URL, by index.
fn urls(config: &Config, addresses: &[SocketAddr]) -> Vec<String> {
    if !config.advertise.is_empty() {
        return config.advertise.iter().map(|url| url.trim_end_matches('/').to_owned()).collect();
    }
    let url = |(index, address): (usize, &SocketAddr)| {
        region::url(&config.advertise_host, index, address.port())
    };
    addresses.iter().enumerate().map(url).collect()
}

// === impl Mock ===

impl Mock {
    /// Four regions on free loopback ports.
    ///
    /// # Errors
    /// As [`Builder::start`].
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// Settings to change before the start.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The URL of a region of this process, by its place in the ports.
    ///
    /// # Panics
    /// If there is no such region.
    pub fn url(&self, region: usize) -> &str {
        &self.urls[region]
    }

    /// The URLs of this process's regions, as they are advertised.
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// The addresses that the regions listen on, in their order.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The index of the first of this process's regions.
    pub fn first_region(&self) -> usize {
        self.config.first_region
    }

    /// An API key for clients of this server, which takes any.
    pub fn api_key(&self) -> &str {
        API_KEY
    }

    /// The API secret that clients must sign their tokens with.
    pub fn api_secret(&self) -> &str {
        &self.config.api_secret
    }

    /// A token that this server trusts, of the API key [`Mock::api_key`] and the identity `mock-user`.
    /// It allows nothing yet.
    pub fn token(&self) -> AccessToken {
        AccessToken::new(API_KEY, self.api_secret()).identity("mock-user")
    }

    /// Stops: no new connection is taken, what is in flight is answered for at most the grace.
    pub async fn shutdown(mut self) {
        self.stage.send_replace(Stage::Draining(self.config.grace));
        if let Some(ended) = self.ended.take() {
            // An error means that the thread is gone, which is what was waited for.
            let _ = ended.await;
        }
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.stage.send_replace(Stage::Stopped);
        if let Some(thread) = self.thread.take() {
            // A panic in there was reported when it happened.
            let _ = thread.join();
        }
    }
}
