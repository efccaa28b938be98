//! Accepts connections on every port, until the server stops.

use std::{sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    sync::watch,
    time::{sleep, timeout},
};

use super::{connection, port::Port};
use crate::{
    server::Server,
    shutdown::{Shutdown, Stage, next_stage},
};

/// How long to wait before the next attempt when a connection could not be accepted, most likely
/// because the process has no descriptor left.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(50);

/// Serves until the server is told to stop, and then until no request is in flight or the grace is over.
pub(crate) async fn serve(
    listeners: Vec<(usize, TcpListener)>,
    server: Arc<Server>,
    mut stage: watch::Receiver<Stage>,
) {
    let (shutdown, mut ended) = Shutdown::new(stage.clone());
    for (region, listener) in listeners {
        let port = Port { server: server.clone(), region, shutdown: shutdown.clone() };
        tokio::spawn(accept(port, listener));
    }
    drop(shutdown);
    let Stage::Draining(grace) = next_stage(&mut stage, Stage::Serving).await else {
        return;
    };
    tokio::select! {
        drained = timeout(grace, ended.wait()) => if drained.is_err() {
            tracing::warn!("requests were still in flight after the grace of {grace:?}; they are cut off");
        },
        _ = next_stage(&mut stage, Stage::Draining(grace)) => {}
    }
}

async fn accept(port: Port, listener: TcpListener) {
    let mut shutdown = port.shutdown.clone();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.begun() => return,
        };
        match stream {
            Ok((stream, _)) => {
                // Answers are written in one piece, so Nagle's algorithm would only delay them.
                let _ = stream.set_nodelay(true);
                tokio::spawn(connection::serve(port.clone(), Box::new(stream)));
            }
            Err(error) => {
                port.warn(&format!("a connection could not be accepted: {error}"));
                sleep(EXHAUSTED_PAUSE).await;
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
    use crate::{
        config::{Config, Host},
        region::Regions,
        transport::{bind::bind_all, limits::HEAD_TIMEOUT},
    };

    const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    const POST: &[u8] =
        b"POST /twirp/livekit.RoomService/CreateRoom HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n";
    /// The room's name, `a`.
    const BODY: &[u8] = b"\x0a\x01a";
    const LONG: Duration = Duration::from_secs(3600);

    /// A connection to a server in this test's own runtime, whose clock jumps to the next timer when
    /// there is nothing else to do.
    async fn connected() -> TcpStream {
        TcpStream::connect(served()).await.expect("a connection")
    }

    /// The address of such a server.
    fn served() -> std::net::SocketAddr {
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
        address
    }

    async fn send(stream: &mut TcpStream, bytes: &[u8]) {
        stream.write_all(bytes).await.expect("a reading server");
    }

    async fn receive(stream: &mut TcpStream) -> String {
        let mut answer = vec![0; 4096];
        let read = stream.read(&mut answer).await.expect("an answer");
        String::from_utf8_lossy(&answer[..read]).into_owned()
    }

    #[cfg(feature = "http2")]
    async fn receive_until(stream: &mut TcpStream, what: &str) {
        let mut heard = String::new();
        while !heard.contains(what) {
            let more = receive(stream).await;
            assert!(!more.is_empty(), "the connection has ended: {heard}");
            heard += &more;
        }
    }

    /// How long it takes until the server answers 408.
    async fn refused_after(stream: &mut TcpStream) -> Duration {
        let begun = Instant::now();
        let answer = receive(stream).await;
        assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
        let elapsed = begun.elapsed();
        assert_eq!(receive(stream).await, "", "the connection ends");
        elapsed
    }

    fn about(time: Duration) -> std::ops::Range<Duration> {
        time..time + Duration::from_secs(1)
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_takes_too_long_is_answered_408() {
        let mut stream = connected().await;
        send(&mut stream, &GET[..20]).await;
        assert!(about(HEAD_TIMEOUT).contains(&refused_after(&mut stream).await));
    }

    /// The handshake waits, the connection ends, and no byte is said: a client of TLS can read none.
    #[cfg(feature = "tls")]
    #[tokio::test(start_paused = true)]
    async fn a_handshake_that_takes_too_long_is_ended() {
        let mut stream = connected().await;
        let begun = Instant::now();
        send(&mut stream, b"\x16\x03\x01").await;
        assert_eq!(receive(&mut stream).await, "");
        assert!(about(HEAD_TIMEOUT).contains(&begun.elapsed()));
    }

    #[cfg(feature = "http2")]
    #[tokio::test(start_paused = true)]
    async fn a_preface_that_takes_too_long_is_ended() {
        let mut stream = connected().await;
        let begun = Instant::now();
        send(&mut stream, b"PRI * HTTP/2.0\r\n").await;
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard).await;
        assert!(!heard.starts_with(b"HTTP/1.1"), "{heard:?}");
        assert!(about(HEAD_TIMEOUT).contains(&begun.elapsed()));
    }

    /// HTTP/2's preface and its settings, and a frame of a head with these flags: `GET /_test/health`.
    #[cfg(feature = "http2")]
    fn http2(flags: u8) -> Vec<u8> {
        const PATH: &[u8] = b"\x82\x86\x04\x0d/_test/health\x41\x01x"; // HPACK
        let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
        bytes.extend([0, 0, u8::try_from(PATH.len()).expect("a short one"), 1, flags, 0, 0, 0, 1]);
        bytes.extend(PATH);
        bytes
    }

    #[cfg(feature = "http2")]
    #[tokio::test(start_paused = true)]
    async fn a_head_over_http2_that_goes_on_for_too_long_is_ended() {
        let mut stream = connected().await;
        let begun = Instant::now();
        send(&mut stream, &http2(1)).await; // No END_HEADERS.
        for _ in 0..2 {
            sleep(HEAD_TIMEOUT / 4).await;
            send(&mut stream, b"\0\0\0\x09\0\0\0\0\x01").await; // CONTINUATION
        }
        let _ = timeout(LONG, stream.read_to_end(&mut Vec::new())).await;
        assert!(about(HEAD_TIMEOUT).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    }

    #[cfg(feature = "http2")]
    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_of_http2_is_kept() {
        let mut stream = connected().await;
        send(&mut stream, &http2(5)).await;
        receive_until(&mut stream, "ok").await;
        sleep(LONG).await;
        send(&mut stream, b"\0\0\x08\x06\0\0\0\0\0pingpong").await;
        receive_until(&mut stream, "pingpong").await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_drips_gains_no_time() {
        let mut stream = connected().await;
        for byte in &GET[..3] {
            send(&mut stream, &[*byte]).await;
            sleep(HEAD_TIMEOUT / 4).await;
        }
        assert!(about(HEAD_TIMEOUT / 4).contains(&refused_after(&mut stream).await));
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_head_is_timed_as_the_first() {
        let mut stream = connected().await;
        send(&mut stream, GET).await;
        assert!(receive(&mut stream).await.ends_with("ok"));
        sleep(LONG).await;
        send(&mut stream, &GET[..20]).await;
        assert!(about(HEAD_TIMEOUT).contains(&refused_after(&mut stream).await));
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_behind_another_request_is_timed_too() {
        let mut stream = connected().await;
        send(&mut stream, &[GET, &GET[..20]].concat()).await;
        assert!(receive(&mut stream).await.ends_with("ok"));
        assert!(about(HEAD_TIMEOUT).contains(&refused_after(&mut stream).await));
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_is_kept() {
        let mut stream = connected().await;
        sleep(LONG).await;
        for request in [GET, &[POST, BODY].concat(), GET, &[GET, GET].concat(), GET] {
            send(&mut stream, request).await;
            let answer = receive(&mut stream).await;
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
            sleep(LONG).await;
        }
        // The body comes in a read of its own.
        send(&mut stream, POST).await;
        sleep(Duration::from_millis(1)).await;
        send(&mut stream, BODY).await;
        assert!(receive(&mut stream).await.contains("MOCK_SID"));
        sleep(LONG).await;
        send(&mut stream, GET).await;
        assert!(receive(&mut stream).await.contains("HTTP/1.1 200 OK\r\n"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_is_waited_for() {
        let mut stream = connected().await;
        send(&mut stream, POST).await;
        for byte in BODY {
            sleep(LONG).await;
            send(&mut stream, &[*byte]).await;
        }
        assert!(receive(&mut stream).await.contains("MOCK_SID"));
    }

    /// A follower of the journal, which is told more than the system holds for it.
    #[tokio::test(start_paused = true)]
    async fn a_follower_that_stops_reading_is_dropped() {
        let address = served();
        let mut follower = TcpStream::connect(address).await.expect("a connection");
        send(
            &mut follower,
            b"GET /_mock/calls HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n",
        )
        .await;
        assert!(receive(&mut follower).await.starts_with("HTTP/1.1 200 OK\r\n"));
        let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(1 << 20));
        let call = format!(
            "POST /twirp/livekit.RoomService/CreateRoom HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{long}",
            long.len()
        );
        for _ in 0..20 {
            let mut caller = TcpStream::connect(address).await.expect("a connection");
            send(&mut caller, call.as_bytes()).await;
            caller.read_to_end(&mut Vec::new()).await.expect("an answer");
            sleep(Duration::from_secs(1)).await;
        }
        sleep(Duration::from_secs(20)).await;
        let mut told = Vec::new();
        // What the system had taken for it comes, then the end, which is a reset if more was to come.
        let _ = follower.read_to_end(&mut told).await;
        assert!(told.len() < 30 << 20, "{} bytes", told.len());
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_answer_is_not_cut_off() {
        let mut stream = connected().await;
        let begun = Instant::now();
        send(
            &mut stream,
            b"GET /twirp/x HTTP/1.1\r\nHost: x\r\nX-Lk-Mock: {\"delayMs\":3600000}\r\n\r\n",
        )
        .await;
        assert!(receive(&mut stream).await.starts_with("HTTP/1.1 200 OK\r\n"));
        assert!(about(LONG).contains(&begun.elapsed()));
    }
}
