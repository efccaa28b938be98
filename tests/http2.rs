//! HTTP/2 in plain text, by prior knowledge, as a client of it sees it (`docs/BEHAVIOUR.md`, HTTP/2).
#![cfg(feature = "http2")]

mod support;

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use h2::{Reason, RecvStream, client::SendRequest};
use http::{HeaderMap, Method, Request, StatusCode};
use livekit_mock::{Auth, Mock};
use tokio::{
    net::TcpStream,
    task::{JoinHandle, JoinSet},
};

use support::{CREATE_ROOM, all_grants, soon};

/// An answer, or what of one came before its stream was reset.
#[derive(Debug)]
struct Heard {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    ended: Result<(), h2::Error>,
}

impl Heard {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII"))
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }
}

/// A connection, and the task that carries it.
struct Client {
    requests: SendRequest<Bytes>,
    address: SocketAddr,
    connection: JoinHandle<Result<(), h2::Error>>,
}

impl Client {
    async fn connect(mock: &Mock) -> Self {
        let address = mock.addresses()[0];
        let tcp = TcpStream::connect(address).await.expect("a listening server");
        tcp.set_nodelay(true).expect("an option");
        let (requests, connection) = h2::client::handshake(tcp).await.expect("a handshake");
        Self { requests, address, connection: tokio::spawn(connection) }
    }

    fn request(&self, method: Method, path: &str) -> http::request::Builder {
        Request::builder().method(method).uri(format!("http://{}{path}", self.address))
    }

    async fn ask(&self, request: Request<()>, body: impl Into<Bytes>) -> Result<Heard, h2::Error> {
        let body = body.into();
        let mut requests = self.requests.clone().ready().await?;
        let (answer, mut stream) = requests.send_request(request, body.is_empty())?;
        if !body.is_empty() {
            let sending = async move { send(&mut stream, body).await };
            tokio::spawn(sending);
        }
        let (parts, stream) = soon(answer).await?.into_parts();
        let (body, ended) = soon(read(stream)).await;
        Ok(Heard { status: parts.status, headers: parts.headers, body, ended })
    }

    async fn get(&self, path: &str) -> Heard {
        let request = self.request(Method::GET, path).body(()).expect("a request");
        self.ask(request, "").await.expect("an answer")
    }

    /// A JSON call with this control.
    async fn call(&self, control: &str, body: impl Into<Bytes>) -> Result<Heard, h2::Error> {
        let body = body.into();
        let request = self
            .request(Method::POST, CREATE_ROOM)
            .header("content-type", "application/json")
            .header("content-length", body.len())
            .header("x-lk-mock", control);
        self.ask(request.body(()).expect("a request"), body).await
    }
}

/// Sends as fast as the server takes it; it may want no more of it.
async fn send(stream: &mut h2::SendStream<Bytes>, mut body: Bytes) {
    while !body.is_empty() {
        stream.reserve_capacity(body.len());
        let room = std::future::poll_fn(|context| stream.poll_capacity(context)).await;
        let Some(Ok(room)) = room else { return };
        let some = body.split_to(room.min(body.len()));
        if stream.send_data(some, body.is_empty()).is_err() {
            return;
        }
    }
}

async fn read(mut stream: RecvStream) -> (Bytes, Result<(), h2::Error>) {
    let mut whole = BytesMut::new();
    while let Some(piece) = stream.data().await {
        match piece {
            Ok(piece) => {
                let _ = stream.flow_control().release_capacity(piece.len());
                whole.extend_from_slice(&piece);
            }
            Err(error) => return (whole.freeze(), Err(error)),
        }
    }
    (whole.freeze(), Ok(()))
}

/// The reason with which the stream was reset before an answer.
fn reset(heard: Result<Heard, h2::Error>) -> Reason {
    let error = heard.expect_err("no answer");
    assert!(error.is_reset() && error.is_remote(), "{error}");
    error.reason().expect("a reason")
}

#[tokio::test]
async fn calls_are_answered_as_over_http_1() {
    let mock = Mock::builder().auth(Auth::Strict).start().await.expect("a mock");
    let client = Client::connect(&mock).await;
    let health = client.get("/").await;
    assert_eq!((health.status, health.text()), (StatusCode::OK, "ok"));
    assert!(client.get("/settings/regions").await.text().contains("region-3"));

    let request = client
        .request(Method::POST, CREATE_ROOM)
        .header("authorization", all_grants(&mock))
        .header("content-type", "application/json")
        .header("x-lk-mock", r#"{"failRegion":[0]}"#);
    let room = client.ask(request.body(()).expect("a request"), r#"{"name":"lobby"}"#).await;
    let room = room.expect("an answer");
    assert_eq!(room.status, StatusCode::OK);
    assert!(room.text().contains(r#""name":"lobby""#), "{room:?}");
    let length = room.body.len().to_string();
    for (name, value) in [
        ("content-type", "application/json"),
        ("x-lk-mock-region", "0"),
        ("access-control-allow-origin", "*"),
        ("content-length", length.as_str()),
    ] {
        assert_eq!(room.header(name), Some(value));
    }
    assert!(room.header("x-lk-mock-warning").is_some_and(|text| text.contains("failRegion")));
    assert!(room.header("date").is_some());

    let refused = client.call("{}", "{}").await.expect("an answer");
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn head_is_answered_without_a_body() {
    let mock = Mock::start().await.expect("a mock");
    let client = Client::connect(&mock).await;
    let request = client.request(Method::HEAD, "/").body(()).expect("a request");
    let heard = client.ask(request, "").await.expect("an answer");
    assert_eq!((heard.header("content-length"), &heard.body[..]), (Some("2"), &b""[..]));
}

#[tokio::test]
async fn the_journal_says_http_2() {
    let mock = Mock::start().await.expect("a mock");
    let client = Client::connect(&mock).await;
    client.call("{}", "{}").await.expect("an answer");
    // The host's name is that of the request's authority.
    let journal: serde_json::Value =
        serde_json::from_slice(&client.get("/_mock/calls").await.body).expect("JSON");
    assert_eq!(journal["calls"][0]["http"], "2");
    assert_eq!(journal["calls"][0]["outcome"], "answered");
}

#[tokio::test]
async fn a_large_body_comes_and_goes_and_a_larger_one_is_refused() {
    let mock = Mock::start().await.expect("a mock");
    let client = Client::connect(&mock).await;
    let name = "x".repeat(7 << 20);
    let heard = client.call("{}", format!(r#"{{"name":"{name}"}}"#)).await.expect("an answer");
    assert_eq!(heard.status, StatusCode::OK);
    assert!(heard.ended.is_ok() && heard.body.len() > name.len());
    let heard = client.call("{}", vec![b' '; 9 << 20]).await.expect("an answer");
    assert_eq!(heard.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(heard.text().contains("8 MiB"), "{}", heard.text());
    assert_eq!(client.get("/").await.text(), "ok");
}

#[tokio::test]
async fn a_head_of_512_kib_is_read_and_a_longer_one_is_answered_431() {
    let head = |length| [("x-long".to_owned(), "x".repeat(length))];
    is_the_longest_head(head(500 << 10), head(520 << 10)).await;
}

/// Each name is another one, and HTTP/2 counts 32 bytes a line.
#[tokio::test]
async fn a_head_may_have_many_lines() {
    let head = |lines| (0..lines).map(|line: u32| (format!("{line:x}"), String::new()));
    is_the_longest_head(head(14_000), head(16_000)).await;
}

/// A request with the first of these headers is answered, and one with the others is refused.
async fn is_the_longest_head<T: IntoIterator<Item = (String, String)>>(longest: T, longer: T) {
    let mock = Mock::start().await.expect("a mock");
    let client = Client::connect(&mock).await;
    let refused = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    for (headers, status) in [(longest, StatusCode::OK), (longer, refused)] {
        let request = client.request(Method::GET, "/");
        let request =
            headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        let heard = client.ask(request.body(()).expect("a request"), "").await;
        assert_eq!(heard.expect("an answer").status, status);
    }
    assert_eq!(client.get("/").await.text(), "ok");
}

/// Each says how long it is, as clients of LiveKit do.
#[tokio::test]
async fn large_calls_of_one_connection_are_all_answered() {
    let mock = Mock::start().await.expect("a mock");
    let client = Arc::new(Client::connect(&mock).await);
    client.get("/").await;
    let mut calls = JoinSet::new();
    for number in 0..30 {
        let client = client.clone();
        calls.spawn(async move {
            let (name, metadata) = match number % 3 {
                0 => (200 << 10, 10),
                1 => (30 << 10, 300 << 10),
                _ => (1, 100 << 10),
            };
            let control = format!(r#"{{"response":{{"metadata":"{}"}}}}"#, "m".repeat(metadata));
            let body = format!(r#"{{"name":"{}"}}"#, "x".repeat(name));
            let heard = client.call(&control, body).await.expect("an answer");
            assert_eq!(heard.status, StatusCode::OK, "{number}: {}", heard.text());
            assert!(heard.body.len() > metadata, "{number}: {}", heard.body.len());
        });
    }
    while let Some(call) = calls.join_next().await {
        call.expect("no panic");
    }
}

#[tokio::test]
async fn a_delay_holds_up_no_other_call() {
    let mock = Mock::start().await.expect("a mock");
    let client = Client::connect(&mock).await;
    // The server says in its settings how many streams there may be.
    client.get("/").await;
    let begun = Instant::now();
    let client = Arc::new(client);
    let mut calls = JoinSet::new();
    for _ in 0..100 {
        let client = client.clone();
        calls.spawn(async move { client.call(r#"{"delayMs":500}"#, "{}").await });
    }
    let answers = calls.join_all().await;
    assert_eq!(answers.len(), 100);
    for heard in answers {
        assert_eq!(heard.expect("an answer").status, StatusCode::OK);
    }
    let took = begun.elapsed();
    assert!((500..5000).contains(&took.as_millis()), "{took:?}");
}

#[tokio::test]
async fn what_breaks_is_the_stream() {
    let mock = Mock::start().await.expect("a mock");
    let client = Client::connect(&mock).await;
    // A client in Go would repeat the call by itself after REFUSED_STREAM or PROTOCOL_ERROR.
    for mode in ["drop", "reset", "garbage"] {
        let control = format!(r#"{{"failRegions":[0],"failMode":"{mode}"}}"#);
        assert_eq!(reset(client.call(&control, "{}").await), Reason::INTERNAL_ERROR, "{mode}");
        assert_eq!(client.get("/").await.text(), "ok", "{mode}");
    }
}

#[tokio::test]
async fn a_truncated_answer_is_half_a_body_and_a_reset() {
    let mock = Mock::start().await.expect("a mock");
    let client = Client::connect(&mock).await;
    let control = r#"{"failRegions":[0],"failMode":"truncate"}"#;
    for length in [1, 1000, 5 << 20] {
        let name = "x".repeat(length);
        let heard = client.call(control, format!(r#"{{"name":"{name}"}}"#)).await;
        let heard = heard.expect("a head");
        let whole: usize = heard.header("content-length").expect("one").parse().expect("a number");
        assert_eq!((heard.status, heard.body.len()), (StatusCode::OK, whole / 2));
        assert!(heard.ended.expect_err("a reset").is_reset());
    }
    assert_eq!(client.get("/").await.text(), "ok");
}

#[tokio::test]
async fn a_body_drips() {
    let mock = Mock::start().await.expect("a mock");
    let client = Client::connect(&mock).await;
    let begun = Instant::now();
    let control = r#"{"failRegions":[0],"failMode":"drip","dripMs":400}"#;
    let heard = client.call(control, r#"{"name":"lobby"}"#).await.expect("an answer");
    assert!(begun.elapsed() >= Duration::from_millis(400));
    assert!(heard.ended.is_ok() && heard.text().contains("lobby"));
}

#[tokio::test]
async fn a_call_that_hangs_ends_with_its_client_or_the_server() {
    let mock = Mock::start().await.expect("a mock");
    let client = Client::connect(&mock).await;
    let hang = r#"{"failRegions":[0],"failMode":"hang"}"#;
    let long = Duration::from_secs(60);
    let hanging = tokio::time::timeout(Duration::from_millis(200), client.call(hang, "{}")).await;
    assert!(hanging.is_err(), "{hanging:?}");
    let calls = mock.calls().method("CreateRoom");
    let call = mock.wait_for_call(&calls, long).await.expect("the call");
    assert_eq!(call.path(), CREATE_ROOM);
    assert_eq!(client.get("/").await.text(), "ok");

    let begun = Instant::now();
    let (heard, ()) = tokio::join!(client.call(hang, "{}"), async {
        mock.wait_for_call(&calls.clone().after(call.seq()), long).await.expect("the call");
        mock.shutdown().await;
    });
    heard.expect_err("no answer");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_wait_ends_with_its_stream() {
    let mock = Mock::start().await.expect("a mock");
    let client = Client::connect(&mock).await;
    let control = r#"{"delayMs":600000}"#;
    let waiting =
        tokio::time::timeout(Duration::from_millis(200), client.call(control, "{}")).await;
    assert!(waiting.is_err(), "{waiting:?}");
    // The stream was reset as its future was dropped, and the call is over.
    let journal = client.get("/_mock/calls").await;
    assert!(journal.text().contains(r#""outcome":"gone""#), "{}", journal.text());
}

#[tokio::test]
async fn an_upgrade_is_refused_in_words() {
    let mock = Mock::start().await.expect("a mock");
    let client = Client::connect(&mock).await;
    let token = &all_grants(&mock)["Bearer ".len()..];
    let heard = client.get(&format!("/rtc?access_token={token}")).await;
    assert_eq!(heard.status, StatusCode::BAD_REQUEST);
    assert!(heard.header("x-lk-mock-warning").is_some_and(|text| text.contains("HTTP/1.1")));
}

#[tokio::test]
async fn events_of_the_journal_come_as_they_happen() {
    let mock = Mock::start().await.expect("a mock");
    let client = Client::connect(&mock).await;
    let request = client.request(Method::GET, "/_mock/calls").header("accept", "text/event-stream");
    let mut requests = client.requests.clone().ready().await.expect("room");
    let (answer, _) = requests.send_request(request.body(()).expect("one"), true).expect("sent");
    let mut events = soon(answer).await.expect("a head").into_body();
    client.call("{}", "{}").await.expect("an answer");
    let mut told = Vec::new();
    while !String::from_utf8_lossy(&told).contains("CreateRoom") {
        told.extend_from_slice(&soon(events.data()).await.expect("an event").expect("no reset"));
    }
    mock.shutdown().await;
}

#[tokio::test]
async fn an_idle_connection_ends_as_the_server_stops() {
    let mock = Mock::start().await.expect("a mock");
    let client = Client::connect(&mock).await;
    client.get("/").await;
    let begun = Instant::now();
    mock.shutdown().await;
    assert!(begun.elapsed() < Duration::from_secs(5));
    soon(client.connection).await.expect("a task").expect("GOAWAY without an error");
}
