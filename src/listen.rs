//! Listeners: all are bound before anything is announced, then each accepts until told to stop.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, timeout},
};

use crate::{
    config::{Config, Host, Setting},
    http1,
    server::Server,
    service,
};

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4096;
/// How long to wait when the process has no descriptor left for another connection.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(50);

/// A listener that could not be had, in a sentence that says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// Some process already listens there.
    #[error(
        "port {port} on {bind} is in use; stop what listens there, or choose another (0 = any free one)"
    )]
    InUse {
        /// The address.
        bind: String,
        /// The port.
        port: u16,
    },
    /// The host has no such address or name.
    #[error("{bind} is no address of this host: {error}; choose another (0.0.0.0 = all)")]
    NoAddress {
        /// The address, or the name that could not be looked up.
        bind: String,
        /// What the system says of it.
        error: io::Error,
    },
    /// The system refuses, for the reason given.
    #[error("port {port} on {bind} can't be listened on: {error}; choose another")]
    Refused {
        /// The address.
        bind: String,
        /// The port.
        port: u16,
        /// What the system says of it.
        error: io::Error,
    },
}

impl BindError {
    /// The setting that is to be changed, if nothing else is.
    pub fn setting(&self) -> Setting {
        match self {
            Self::NoAddress { .. } => Setting::Bind,
            Self::InUse { .. } | Self::Refused { .. } => Setting::Ports,
        }
    }
}

/// How far the server is on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Serving,
    /// No new connection; what is in flight is answered for at most so long.
    Draining(Duration),
    Stopped,
}

/// Binds every port of the settings, in their order, or none.
pub(crate) fn bind_all(config: &Config) -> Result<Vec<TcpListener>, BindError> {
    let host = &config.bind;
    let no_address = |error| BindError::NoAddress { bind: host.to_string(), error };
    let address = host.resolve().map_err(no_address)?;
    config.ports.iter().map(|port| bind(host, SocketAddr::new(address, *port))).collect()
}

fn bind(host: &Host, address: SocketAddr) -> Result<TcpListener, BindError> {
    let (bind, port) = (host.to_string(), address.port());
    listen(address).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => BindError::InUse { bind, port },
        io::ErrorKind::AddrNotAvailable => BindError::NoAddress { bind, error },
        _ => BindError::Refused { bind, port, error },
    })
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Elsewhere the option means that a second server may steal the port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Serves until the stage says otherwise and nothing is in flight any more, or its time is up.
pub(crate) async fn serve(
    listeners: Vec<(usize, tokio::net::TcpListener)>,
    server: Arc<Server>,
    mut stage: watch::Receiver<Stage>,
) {
    let (alive, mut ended) = mpsc::channel(1);
    let life = Life { stage: stage.clone(), _alive: alive };
    for (region, listener) in listeners {
        let door = Door { server: server.clone(), region, life: life.clone() };
        tokio::spawn(door.accept(listener));
    }
    drop(life);
    let Stage::Draining(grace) = after(&mut stage, Stage::Serving).await else {
        return;
    };
    tokio::select! {
        drained = timeout(grace, ended.recv()) => if drained.is_err() {
            tracing::warn!("requests were still in flight after the grace of {grace:?}; they are cut off");
        },
        _ = after(&mut stage, Stage::Draining(grace)) => {}
    }
}

/// Waits for the stage that follows the given one.
async fn after(watched: &mut watch::Receiver<Stage>, stage: Stage) -> Stage {
    // Without a sender the mock is gone.
    watched.wait_for(|now| *now != stage).await.map_or(Stage::Stopped, |now| *now)
}

/// What ties a connection to the server: it learns when to end, and the server when it has ended.
#[derive(Clone)]
pub(crate) struct Life {
    stage: watch::Receiver<Stage>,
    /// The channel closes when the last connection has ended.
    _alive: mpsc::Sender<()>,
}

impl Life {
    /// Waits until the server no longer serves.
    pub(crate) async fn ends(&mut self) {
        after(&mut self.stage, Stage::Serving).await;
    }
}

/// One region's entrance, and what its requests are answered from.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) server: Arc<Server>,
    pub(crate) region: usize,
    pub(crate) life: Life,
}

impl Door {
    async fn accept(self, listener: tokio::net::TcpListener) {
        let mut life = self.life.clone();
        loop {
            let stream = tokio::select! {
                accepted = listener.accept() => accepted,
                () = life.ends() => return,
            };
            match stream {
                Ok((stream, _)) => {
                    // An answer is written whole: waiting for more to send would only delay it.
                    let _ = stream.set_nodelay(true);
                    tokio::spawn(http1::serve(self.clone(), stream));
                }
                Err(error) => {
                    let warning = format!("a connection could not be accepted: {error}");
                    let region = self.server.regions.get(self.region);
                    service::warn(&self.server, region, None, &warning);
                    sleep(EXHAUSTED_PAUSE).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
        time::Instant,
    };

    use super::*;
    use crate::{http1::HEAD_TIMEOUT, region::Regions};

    const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    const POST: &[u8] =
        b"POST /twirp/livekit.RoomService/CreateRoom HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n";
    /// The room's name, `a`.
    const BODY: &[u8] = b"\x0a\x01a";
    const LONG: Duration = Duration::from_secs(3600);

    /// A connection to a server in this test's own runtime, whose clock jumps to the next timer
    /// when nothing else is left to do.
    async fn connected() -> TcpStream {
        let config = Config { ports: vec![0], bind: Host::LOOPBACK, ..Config::default() };
        let listener = bind_all(&config).expect("a free port").remove(0);
        let address = listener.local_addr().expect("an address");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        let server = Server::new(&config, Regions::new(vec!["http://127.0.0.1:1".to_owned()]));
        let (stage, watched) = watch::channel(Stage::Serving);
        tokio::spawn(async move {
            serve(vec![(0, listener)], Arc::new(server), watched).await;
            drop(stage);
        });
        TcpStream::connect(address).await.expect("a connection")
    }

    async fn say(stream: &mut TcpStream, bytes: &[u8]) {
        stream.write_all(bytes).await.expect("a reading server");
    }

    async fn hear(stream: &mut TcpStream) -> String {
        let mut answer = vec![0; 4096];
        let read = stream.read(&mut answer).await.expect("an answer");
        String::from_utf8_lossy(&answer[..read]).into_owned()
    }

    /// How long it takes until the server gives up.
    async fn refused_after(stream: &mut TcpStream) -> Duration {
        let begun = Instant::now();
        let answer = hear(stream).await;
        assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
        let elapsed = begun.elapsed();
        assert_eq!(hear(stream).await, "", "the connection ends");
        elapsed
    }

    fn about(time: Duration) -> std::ops::Range<Duration> {
        time..time + Duration::from_secs(1)
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_takes_too_long_is_answered_408() {
        let mut stream = connected().await;
        say(&mut stream, &GET[..20]).await;
        assert!(about(HEAD_TIMEOUT).contains(&refused_after(&mut stream).await));
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_drips_gains_no_time() {
        let mut stream = connected().await;
        for byte in &GET[..3] {
            say(&mut stream, &[*byte]).await;
            sleep(HEAD_TIMEOUT / 4).await;
        }
        assert!(about(HEAD_TIMEOUT / 4).contains(&refused_after(&mut stream).await));
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_head_is_timed_as_the_first() {
        let mut stream = connected().await;
        say(&mut stream, GET).await;
        assert!(hear(&mut stream).await.ends_with("ok"));
        sleep(LONG).await;
        say(&mut stream, &GET[..20]).await;
        assert!(about(HEAD_TIMEOUT).contains(&refused_after(&mut stream).await));
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_behind_another_request_is_timed_too() {
        let mut stream = connected().await;
        say(&mut stream, &[GET, &GET[..20]].concat()).await;
        assert!(hear(&mut stream).await.ends_with("ok"));
        assert!(about(HEAD_TIMEOUT).contains(&refused_after(&mut stream).await));
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_is_kept() {
        let mut stream = connected().await;
        sleep(LONG).await;
        for request in [GET, &[POST, BODY].concat(), GET, &[GET, GET].concat(), GET] {
            say(&mut stream, request).await;
            let answer = hear(&mut stream).await;
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
            sleep(LONG).await;
        }
        // In two parts: the body comes in a read of its own.
        say(&mut stream, POST).await;
        sleep(Duration::from_millis(1)).await;
        say(&mut stream, BODY).await;
        assert!(hear(&mut stream).await.contains("MOCK_SID"));
        sleep(LONG).await;
        say(&mut stream, GET).await;
        assert!(hear(&mut stream).await.contains("HTTP/1.1 200 OK\r\n"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_is_waited_for() {
        let mut stream = connected().await;
        say(&mut stream, POST).await;
        for byte in BODY {
            sleep(LONG).await;
            say(&mut stream, &[*byte]).await;
        }
        assert!(hear(&mut stream).await.contains("MOCK_SID"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_answer_is_not_cut_off() {
        let mut stream = connected().await;
        let begun = Instant::now();
        say(
            &mut stream,
            b"GET /twirp/x HTTP/1.1\r\nHost: x\r\nX-Lk-Mock: {\"delayMs\":3600000}\r\n\r\n",
        )
        .await;
        assert!(hear(&mut stream).await.starts_with("HTTP/1.1 200 OK\r\n"));
        assert!(about(LONG).contains(&begun.elapsed()));
    }
}
