//! A running server, embedded in another program. It has a thread of its own, and stops when dropped.

use std::{io, net::SocketAddr, net::TcpListener, sync::Arc, thread, time::Duration};

use tokio::{
    runtime::Handle,
    sync::{oneshot, watch},
};

#[cfg(feature = "tls")]
use crate::certificates::Certificates;
use crate::{
    auth::AccessToken,
    config::{Config, ConfigError, MockBuilder, Setting},
    exchange,
    journal::{Call, Calls, NoCall, Reader},
    region::{self, Regions},
    rtc::Peers,
    server::Server,
    shutdown::Stage,
    signal,
    transport::{self, BindError},
    warning::Warnings,
};

/// The API key of the mock's own tokens. The server accepts any other, too.
const API_KEY: &str = "devkey";

/// Why a server did not start. Nothing is left running.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The settings are wrong; these are all the errors in them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Config(Vec<ConfigError>),
    /// A port that could not be bound.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The system refused a thread or an event queue.
    #[error("the server could not start: {0}")]
    Runtime(#[from] io::Error),
}

/// A running mock server. It runs on a thread of its own, independent of the test's runtime, and stops
/// when it is dropped. A process may have any number of them, each on its own ports.
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
/// With your own settings, and a token that the server accepts:
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
    reader: Arc<Reader>,
    #[cfg(feature = "tls")]
    certificates: Arc<Certificates>,
    /// On which the server runs.
    runtime: Option<Handle>,
    stage: watch::Sender<Stage>,
    ended: Option<oneshot::Receiver<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

// === impl MockBuilder ===

impl MockBuilder {
    /// Starts the server. When this returns, every port is bound and answers.
    ///
    /// # Errors
    /// The settings are wrong, a port could not be bound, or the system refused something.
    #[allow(clippy::unused_async)] // A later version may have to wait.
    pub async fn start(self) -> Result<Mock, StartError> {
        self.start_blocking()
    }

    /// [`MockBuilder::start`] for tests without an async runtime.
    ///
    /// # Errors
    /// As [`MockBuilder::start`].
    pub fn start_blocking(self) -> Result<Mock, StartError> {
        let (mut mock, serving) = self.bound()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let entered = runtime.enter();
        let serving = serving.registered()?;
        drop(entered);
        let (end, ended) = oneshot::channel();
        let handle = runtime.handle().clone();
        let thread = thread::Builder::new().name("livekit-mock".to_owned()).spawn(move || {
            runtime.block_on(serving);
            // Closes the last sockets before anyone learns that the server has ended.
            drop(runtime);
            let _ = end.send(());
        })?;
        (mock.ended, mock.thread, mock.runtime) = (Some(ended), Some(thread), Some(handle));
        Ok(mock)
    }

    /// [`MockBuilder::start`] on the caller's event loop, for a process that does nothing else: without a
    /// second thread it starts faster, and the system needs fewer locks. The server answers while the
    /// caller waits for something.
    ///
    /// # Errors
    /// As [`MockBuilder::start`].
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub fn start_here(self) -> Result<Mock, StartError> {
        let (mut mock, serving) = self.bound()?;
        let serving = serving.registered()?;
        let (end, ended) = oneshot::channel();
        tokio::spawn(async move {
            serving.await;
            let _ = end.send(());
        });
        (mock.ended, mock.runtime) = (Some(ended), Some(Handle::current()));
        Ok(mock)
    }

    /// Binds every port, and does everything else that needs no event loop.
    fn bound(self) -> Result<(Mock, Serving), StartError> {
        self.check().map_err(StartError::Config)?;
        let config = self.config;
        #[cfg(feature = "tls")]
        let certificates = Arc::new(Certificates::of(&config).map_err(wrong)?);
        let listeners = transport::bind_all(&config)?;
        let addresses =
            listeners.iter().map(TcpListener::local_addr).collect::<Result<Vec<_>, _>>()?;
        let urls = urls(&config, &addresses);
        let mut server = Server::new(&config, Regions::new(urls.clone()));
        if config.rtc {
            let bound = addresses.first().map(SocketAddr::ip);
            server.peers = bound.and_then(|bound| {
                Peers::new(SocketAddr::new(bound, config.rtc_port), config.rtc_address)
            });
        }
        #[cfg(feature = "tls")]
        {
            server.certificates = certificates.clone();
            write_ca(&config, &certificates).map_err(wrong)?;
        }
        let server = Arc::new(server);
        check_control(&server).map_err(wrong)?;
        let reader = server.reader.clone();
        let (stage, watched) = watch::channel(Stage::Serving);
        let serving =
            Serving { first_region: config.first_region, listeners, server, stage: watched };
        let urls = urls[config.first_region..][..addresses.len()].to_vec();
        let (ended, thread, runtime) = (None, None, None);
        let mock = Mock {
            config,
            urls,
            addresses,
            reader,
            #[cfg(feature = "tls")]
            certificates,
            runtime,
            stage,
            ended,
            thread,
        };
        Ok((mock, serving))
    }
}

/// A server whose ports are bound, and that waits for its event loop. It has only one: a request takes
/// microseconds, so more of them would only cost more.
struct Serving {
    first_region: usize,
    listeners: Vec<TcpListener>,
    server: Arc<Server>,
    stage: watch::Receiver<Stage>,
}

impl Serving {
    /// A future that serves until the server has stopped. Call it inside of an event loop.
    fn registered(self) -> io::Result<impl Future<Output = ()> + Send + 'static> {
        let registered = self.listeners.into_iter().map(tokio::net::TcpListener::from_std);
        let numbered = (self.first_region..).zip(registered.collect::<io::Result<Vec<_>>>()?);
        Ok(transport::serve(numbered.collect(), self.server, self.stage))
    }
}

fn wrong(error: ConfigError) -> StartError {
    StartError::Config(vec![error])
}

/// Refuses a control of the server that every request would be warned of.
fn check_control(server: &Server) -> Result<(), ConfigError> {
    let mut warnings = Warnings::default();
    exchange::warn_of_unknown_regions(server, &server.control, &mut warnings);
    signal::check(&server.control, &mut warnings);
    let problems: Vec<&str> = warnings.iter().collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(ConfigError::new(Setting::Control, problems.join("; ")))
}

/// Writes what clients must trust to a file, if the settings name one.
#[cfg(feature = "tls")]
fn write_ca(config: &Config, certificates: &Certificates) -> Result<(), ConfigError> {
    let Some(file) = &config.tls_ca else { return Ok(()) };
    std::fs::write(file, certificates.ca_pem()).map_err(|error| {
        let problem = format!("{} can't be written: {error}", file.display());
        ConfigError::new(Setting::TlsCa, problem)
    })
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
    /// As [`MockBuilder::start`].
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// Settings to change before the start.
    pub fn builder() -> MockBuilder {
        MockBuilder::default()
    }

    /// The URL of a region of this process, by the place of its port in the settings.
    ///
    /// # Panics
    /// If there is no such region.
    pub fn url(&self, region: usize) -> &str {
        &self.urls[region]
    }

    /// The advertised URLs of this process's regions.
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// The addresses that the regions listen on, in the order of the regions.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The index of the first of this process's regions.
    pub fn first_region(&self) -> usize {
        self.config.first_region
    }

    /// The names of this process's regions, such as `region-0`.
    pub fn region_names(&self) -> Vec<String> {
        (self.config.first_region..).take(self.addresses.len()).map(region::name).collect()
    }

    /// How long a shutdown waits for the requests in flight.
    pub fn grace(&self) -> Duration {
        self.config.grace
    }

    /// An API key for clients of this server, which accepts any.
    pub fn api_key(&self) -> &str {
        API_KEY
    }

    /// The API secret that clients must sign their tokens with.
    pub fn api_secret(&self) -> &str {
        &self.config.api_secret
    }

    /// What a client of `https://` and `wss://` must trust, in PEM: the authority that signs this server's
    /// certificates, which is made when it is first asked for, or the certificate that was given with
    /// [`tls_cert`](MockBuilder::tls_cert).
    #[cfg(feature = "tls")]
    pub fn ca_pem(&self) -> &str {
        self.certificates.ca_pem()
    }

    /// A token that this server accepts, with the API key [`Mock::api_key`] and the identity `mock-user`.
    /// It has no grants yet.
    pub fn token(&self) -> AccessToken {
        AccessToken::new(API_KEY, self.api_secret()).identity("mock-user")
    }

    /// The calls that this server got, which it keeps in memory: the last 1,000, unless
    /// [`journal`](MockBuilder::journal) says otherwise.
    pub fn calls(&self) -> Calls {
        Calls::new(self.reader.clone())
    }

    /// Waits until one of these calls has come, and returns the first of them. A call that waits, or
    /// hangs, has come.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// use livekit_mock::Mock;
    ///
    /// let mock = Mock::start().await?;
    /// let calls = mock.calls().method("CreateRoom");
    /// let error = mock.wait_for_call(&calls, Duration::from_millis(1)).await.unwrap_err();
    /// assert_eq!(error.to_string(), "no such call came within 1 ms; these came:\nno calls");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// None came in this time. The error says what came instead.
    ///
    /// # Panics
    /// Never: a server has a runtime.
    pub async fn wait_for_call(&self, calls: &Calls, timeout: Duration) -> Result<Call, NoCall> {
        // The server has a clock; the caller's runtime may have none.
        let (end, ended) = oneshot::channel();
        let runtime = self.runtime.as_ref().expect("a server that was started");
        let timer = runtime.spawn(async move {
            tokio::time::sleep(timeout).await;
            let _ = end.send(());
        });
        let call = calls
            .wait(async {
                let _ = ended.await;
            })
            .await;
        timer.abort();
        call.ok_or_else(|| calls.missed(timeout))
    }

    /// Stops the server. It accepts no new connections, and gives requests in flight the grace to be
    /// answered.
    pub async fn shutdown(mut self) {
        self.stage.send_replace(Stage::Draining(self.config.grace));
        if let Some(ended) = self.ended.take() {
            // An error means that the thread has ended, too.
            let _ = ended.await;
        }
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.stage.send_replace(Stage::Stopped);
        if let Some(thread) = self.thread.take() {
            // If the thread has panicked, that was reported then.
            let _ = thread.join();
        }
    }
}
