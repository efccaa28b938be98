//! The ways in which networks break a call, as a raw socket sees them
//! (`docs/BEHAVIOUR.md`, Failing).

mod support;

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use livekit_mock::{Grants, Mock};

use support::{
    CREATE_ROOM,
    blocking::{answer, content_length},
};

const LONG: Duration = Duration::from_secs(60);
const LOBBY: &str = r#"{"name":"lobby"}"#;

fn started() -> Mock {
    Mock::builder().start_blocking().expect("a mock")
}

/// Asks on a connection of its own.
fn ask(to: SocketAddr, path: &str, headers: &[(&str, &str)], body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(to).expect("a listening server");
    stream.set_read_timeout(Some(LONG)).expect("an option");
    let mut request = Vec::new();
    write!(request, "POST {path} HTTP/1.1\r\nHost: x\r\n").expect("memory");
    for (name, value) in headers {
        write!(request, "{name}: {value}\r\n").expect("memory");
    }
    write!(request, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("memory");
    stream.write_all(&request).expect("a server that reads");
    stream
}

/// A call with this control.
fn call(mock: &Mock, control: &str, body: &str) -> TcpStream {
    let headers = [("Content-Type", "application/json"), ("X-Lk-Mock", control)];
    ask(mock.addresses()[0], CREATE_ROOM, &headers, body)
}

/// All that comes, and how it ends.
fn heard(stream: &mut TcpStream) -> (Vec<u8>, io::Result<()>) {
    let mut answer = Vec::new();
    let ended = stream.read_to_end(&mut answer).map(drop);
    (answer, ended)
}

/// The answer's head and what came of its body, where the connection ended in order.
fn parted(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let (answer, ended) = heard(stream);
    ended.expect("a FIN");
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head") + 4;
    (String::from_utf8(answer[..end].to_vec()).expect("text"), answer[end..].to_vec())
}

/// What reset, hang and garbage are tried on: a call, discovery, an upgrade and its validation.
fn everywhere(mode: &str) -> Vec<(Mock, TcpStream)> {
    let fail = format!(r#"{{"failRegions":[0],"failMode":"{mode}"}}"#);
    let regions = format!(r#"{{"regionsMode":"{mode}"}}"#);
    let upgrade = "/rtc?access_token=";
    [CREATE_ROOM, "/settings/regions", upgrade, "/rtc/validate?access_token="]
        .into_iter()
        .map(|path| {
            let mock = started();
            let token = mock.token().attribute("lk.mock", &fail).grants(Grants::all("a"));
            let token = if path.ends_with('=') { token.to_jwt() } else { String::new() };
            let control = if path == "/settings/regions" { &regions } else { &fail };
            let mut headers = vec![
                ("Upgrade", "websocket"),
                ("Connection", "Upgrade"),
                ("Sec-WebSocket-Version", "13"),
                ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ];
            if token.is_empty() {
                headers = vec![("X-Lk-Mock", control)];
            }
            let stream = ask(mock.addresses()[0], &format!("{path}{token}"), &headers, "");
            (mock, stream)
        })
        .collect()
}

#[test]
fn reset_is_a_rst_without_a_byte() {
    for (_mock, mut stream) in everywhere("reset") {
        let (answer, ended) = heard(&mut stream);
        assert_eq!((answer.len(), ended.unwrap_err().kind()), (0, ErrorKind::ConnectionReset));
    }
}

#[test]
fn reset_comes_after_the_wait_and_after_the_whole_request() {
    let mock = started();
    let control = r#"{"failRegions":[0],"failMode":"reset","delayMs":100}"#;
    let begun = Instant::now();
    let body = format!("{{\"metadata\":\"{}\"}}", "x".repeat(1 << 20));
    let mut stream = call(&mock, control, &body);
    let (answer, ended) = heard(&mut stream);
    assert_eq!((answer.len(), ended.unwrap_err().kind()), (0, ErrorKind::ConnectionReset));
    assert!(begun.elapsed() >= Duration::from_millis(100));
}

#[test]
fn drop_is_an_end_in_order() {
    let mock = started();
    let mut stream = call(&mock, r#"{"failRegions":[0],"failMode":"drop"}"#, "{}");
    let (answer, ended) = heard(&mut stream);
    assert_eq!((answer.len(), ended.is_ok()), (0, true));
}

#[test]
fn hang_says_nothing_and_ends_with_the_client() {
    for (mock, mut stream) in everywhere("hang") {
        stream.set_read_timeout(Some(Duration::from_millis(200))).expect("an option");
        let silence = stream.read(&mut [0]).unwrap_err().kind();
        assert!(matches!(silence, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{silence}");
        // The client ends its side: so does the server.
        stream.set_read_timeout(Some(LONG)).expect("an option");
        stream.shutdown(std::net::Shutdown::Write).expect("an end");
        assert_eq!(stream.read(&mut [0]).expect("an end in order"), 0);
        drop(mock);
    }
}

#[tokio::test]
async fn a_stop_ends_what_hangs_at_once() {
    let mock = Mock::builder().grace(LONG).start().await.expect("a mock");
    let mut stream = call(&mock, r#"{"failRegions":[0],"failMode":"hang"}"#, "{}");
    // A call behind it has been read by then, and so has this one.
    let answered = call(&mock, "{}", "{}");
    (&answered).read_exact(&mut [0; 12]).expect("an answer");
    drop(answered);
    let begun = Instant::now();
    mock.shutdown().await;
    assert!(begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
    assert_eq!(stream.read(&mut [0]).expect("an end in order"), 0);
}

#[test]
fn garbage_is_no_answer() {
    for (_mock, mut stream) in everywhere("garbage") {
        let (answer, ended) = heard(&mut stream);
        ended.expect("a FIN");
        assert!(!answer.is_empty());
        let mut response = httparse::Response::new(&mut []);
        assert!(response.parse(&answer).is_err(), "{answer:?}");
        assert!(std::str::from_utf8(&answer).is_err(), "no text of HTTP/0.9 either");
    }
}

#[test]
fn truncate_is_half_a_body_under_a_whole_head() {
    let mock = started();
    for status in ["", r#","failStatus":502"#] {
        let control = |mode| format!(r#"{{"failRegions":[0],"failMode":{mode}{status}}}"#);
        let (head, body) = answer(&mut call(&mock, &control(r#""drip","dripMs":0"#), LOBBY));
        let (cut_head, half) = parted(&mut call(&mock, &control(r#""truncate""#), LOBBY));
        assert_eq!(content_length(&head), body.len());
        assert_eq!(content_length(&cut_head), body.len(), "{cut_head}");
        assert_eq!(half, body[..body.len() / 2]);
        assert_eq!(cut_head.lines().next(), head.lines().next());
        assert_eq!(cut_head.contains(" 502 "), !status.is_empty());
    }
}

#[test]
fn truncate_of_an_empty_body_announces_one_byte() {
    let mock = started();
    let control = r#"{"failRegions":[0],"failMode":"truncate","response":{}}"#;
    let headers = [("Content-Type", "application/protobuf"), ("X-Lk-Mock", control)];
    let mut stream = ask(mock.addresses()[0], CREATE_ROOM, &headers, "");
    let (head, body) = parted(&mut stream);
    assert_eq!((content_length(&head), body.len()), (1, 0));
}

#[test]
fn drip_spreads_the_body_evenly() {
    let mock = started();
    let control = r#"{"failRegions":[0],"failMode":"drip","dripMs":600}"#;
    let begun = Instant::now();
    let mut stream = call(&mock, control, r#"{"name":"a room with a name of some length"}"#);
    let mut arrivals = Vec::new();
    let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
    let length = loop {
        let read = stream.read(&mut piece).expect("more");
        assert_ne!(read, 0);
        answer.extend_from_slice(&piece[..read]);
        arrivals.push((begun.elapsed(), answer.len()));
        let text = String::from_utf8_lossy(&answer);
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && body.len() == content_length(head)
        {
            break body.len();
        }
    };
    let head = answer.len() - length;
    assert!(arrivals.len() > 10, "{arrivals:?}");
    let (first, ..) = arrivals[0];
    let (last, ..) = arrivals[arrivals.len() - 1];
    assert!(last >= Duration::from_millis(600), "{arrivals:?}");
    // No byte comes too early. How late it comes depends on the machine.
    for (at, so_far) in &arrivals {
        let body = so_far.saturating_sub(head);
        let due = Duration::from_millis(600) * u32::try_from(body).unwrap()
            / u32::try_from(length).unwrap();
        assert!(*at + Duration::from_millis(20) >= due, "{body} of {length} bytes after {at:?}");
    }
    assert!(first < Duration::from_millis(600), "the head comes at once");
    // The whole answer has come, so the connection can be used for another call.
    let again = format!(
        "POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    stream.write_all(again.as_bytes()).expect("a server that reads");
    let read = stream.read(&mut piece).expect("an answer");
    assert!(piece[..read].starts_with(b"HTTP/1.1 200 OK\r\n"));
}

#[test]
fn a_client_that_leaves_in_a_drip_frees_it() {
    let mock = started();
    let mut stream = call(&mock, r#"{"failRegions":[0],"failMode":"drip","dripMs":600000}"#, "{}");
    stream.read_exact(&mut [0; 12]).expect("a head");
    stream.shutdown(std::net::Shutdown::Write).expect("an end");
    let (_, ended) = heard(&mut stream);
    assert!(ended.is_ok() || ended.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset));
}

#[test]
fn every_region_fails_in_its_own_way_of_ten_at_once() {
    let mock = started();
    let calls: Vec<_> = ["reset", "drop", "garbage", "truncate"]
        .into_iter()
        .cycle()
        .take(40)
        .map(|mode| {
            let control = format!(r#"{{"failRegions":[0],"failMode":"{mode}","delayMs":50}}"#);
            (mode, call(&mock, &control, "{}"))
        })
        .collect();
    let heard: Vec<_> = calls
        .into_iter()
        .map(|(mode, mut stream)| thread::spawn(move || (mode, heard(&mut stream))))
        .collect();
    for (mode, (answer, ended)) in heard.into_iter().map(|call| call.join().expect("heard")) {
        assert_eq!(ended.is_err(), mode == "reset", "{mode}");
        assert_eq!(answer.is_empty(), matches!(mode, "reset" | "drop"), "{mode}");
    }
}
