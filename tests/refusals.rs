//! Every refusal has a plain sentence, which a browser's script can read, and a line in the log. An
//! early answer is not lost, and neither is the request after it.

mod support;

use std::{net::SocketAddr, time::Duration};

use livekit_mock::Mock;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use support::{CREATE_ROOM, address, call_at, program::Program, raw, soon, start};

/// Sends the bytes and nothing more, and reads to the end.
async fn told(to: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(to).await.expect("a connection");
    let (mut from, mut into) = stream.split();
    let (_, answer) =
        soon(async { tokio::join!(into.write_all(bytes), raw::read_to_end(&mut from)) }).await;
    answer
}

fn assert_plain(answer: &str, status: &str, sentence: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
    assert!(head.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{answer}");
    for line in [
        "Content-Type: text/plain; charset=utf-8",
        "Access-Control-Allow-Origin: *",
        "Access-Control-Expose-Headers: X-Lk-Mock-Region, X-Lk-Mock-Warning",
        "Connection: close",
    ] {
        assert!(head.contains(line), "{line}: {answer}");
    }
    assert!(body.contains(sentence), "{sentence}: {answer}");
}

#[tokio::test]
async fn what_is_no_request_is_answered_400_and_named_in_the_log() {
    let mut program = Program::start(&[]).await;
    for (bytes, sentence) in [
        (
            &b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\n\r\n"[..],
            "a PROXY protocol line",
        ),
        (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", "a PROXY protocol header"),
        (b"SSH-2.0-OpenSSH_10.0\r\n", "an SSH client"),
        (b"\x05\x01\0", "a SOCKS5 client"),
        (b"\0\0\0\0", "not an HTTP/1.1 request"),
        (b"GET / HTTP/9.9\r\n\r\n", "must end in HTTP/1.1"),
        (b"GET /\x01 HTTP/1.1\r\n\r\n", "percent-encoded"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", "header line 2"),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "Content-Length"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "Transfer-Encoding"),
        (b"GET / HTTP/1.1\r\nA: b\r\n\r\n", "must have one Host header"),
    ] {
        assert_plain(&told(program.address(0), bytes).await, "400 Bad Request", sentence);
        let line = program.logs(sentence).await;
        assert!(line.contains("region-0: ") && line.contains("WARN"), "{line}");
    }
    let hello = told(program.address(1), b"hello\r\n\r\n").await;
    assert_plain(&hello, "400 Bad Request", "not an HTTP/1.1 request");
    let hosts = told(program.address(1), b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").await;
    assert_plain(&hosts, "400 Bad Request", "must have one Host header");
    // The same in an incomplete head.
    assert_plain(
        &told(program.address(1), b"GET / HTTP/1.1\r\nno colon\r\n").await,
        "400 Bad Request",
        "line 1",
    );
    program.logs("region-1: header line 1").await;
}

#[tokio::test]
async fn a_head_that_ends_early_gets_a_sentence() {
    let mock = start(Mock::builder()).await;
    let mut stream = TcpStream::connect(address(&mock, 0)).await.expect("a connection");
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").await.expect("a reading server");
    stream.shutdown().await.expect("an open connection");
    let answer = soon(raw::read_to_end(&mut stream)).await;
    assert_plain(&answer, "400 Bad Request", "ended before the request's head did");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_logged() {
    let mut program = Program::start(&[]).await;
    let request = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(2 << 20));
    let answer = told(program.address(0), request.as_bytes()).await;
    assert_plain(&answer, "431 Request Header Fields Too Large", "larger than 1 MiB");
    program.logs("region-0: the request's head is larger than 1 MiB").await;
}

#[tokio::test]
async fn a_body_that_is_refused_is_logged_and_can_be_read_by_a_browser() {
    let mut program = Program::start(&[]).await;
    for (rest, status, sentence) in [
        ("Content-Length: 9000000\r\n\r\n", "413 Payload Too Large", "body is larger than 8 MiB"),
        ("Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400 Bad Request", "is not in chunks"),
    ] {
        let request = format!("POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\n{rest}");
        let answer = told(program.address(0), request.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{answer}");
        assert!(answer.contains("Access-Control-Allow-Origin: *"), "{answer}");
        assert!(answer.contains("Connection: close") && answer.contains(sentence), "{answer}");
        let line = program.logs(sentence).await;
        assert!(line.contains(&format!("region-0 {CREATE_ROOM}: ")), "{line}");
    }
}

/// Routes that answer without reading a body.
const EARLY: [&str; 5] = ["/", "/nowhere", "/settings/regions", "/rtc/validate", "/rtc"];

#[tokio::test]
async fn a_body_after_an_early_answer_does_not_harm_the_next_request() {
    let mock = start(Mock::builder()).await;
    for path in EARLY {
        for body in [
            "Content-Length: 5\r\n\r\n|hello",
            "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        ] {
            let mut stream = TcpStream::connect(address(&mock, 0)).await.expect("a connection");
            let (head, body) = body.split_once('|').unwrap_or((body, ""));
            let request = format!("POST {path} HTTP/1.1\r\nHost: x\r\n{head}");
            stream.write_all(request.as_bytes()).await.expect("a reading server");
            let answer = soon(raw::read_answer(&mut stream)).await;
            assert!(!answer.contains("Connection: close"), "{path}: {answer}");
            // The answer comes before the body.
            stream.write_all(body.as_bytes()).await.expect("a reading server");
            stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("a reading server");
            assert!(soon(raw::read_answer(&mut stream)).await.ends_with("ok"), "{path}");
        }
    }
}

#[tokio::test]
async fn an_early_answer_to_a_long_body_says_close_and_is_not_lost() {
    let mock = start(Mock::builder()).await;
    for path in EARLY {
        for head in [
            "Content-Length: 3000000\r\n\r\n",
            "Content-Length: 10\r\nExpect: 100-continue\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n",
        ] {
            let mut stream = TcpStream::connect(address(&mock, 0)).await.expect("a connection");
            let request = format!("POST {path} HTTP/1.1\r\nHost: x\r\n{head}");
            stream.write_all(request.as_bytes()).await.expect("a reading server");
            // This client sends all of its body before it reads.
            if !head.contains("Expect") {
                for _ in 0..300 {
                    stream.write_all(&[b'x'; 10_000]).await.expect("no reset");
                }
            }
            let answer = soon(raw::read_to_end(&mut stream)).await;
            assert!(answer.starts_with("HTTP/1.1 "), "{path} {head}: {answer:?}");
            assert!(answer.contains("Connection: close\r\n"), "{path} {head}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_client_that_waits_for_100_continue_gets_it() {
    let mock = start(Mock::builder()).await;
    let mut stream = TcpStream::connect(address(&mock, 0)).await.expect("a connection");
    let request = format!(
        "POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nContent-Length: 12\r\n\r\n"
    );
    for _ in 0..2 {
        stream.write_all(request.as_bytes()).await.expect("a reading server");
        let mut word = [0; 25];
        soon(stream.read_exact(&mut word)).await.expect("a word");
        assert_eq!(&word, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(b"{\"name\":\"a\"}").await.expect("a reading server");
        assert!(soon(raw::read_answer(&mut stream)).await.contains("\"name\":\"a\""));
    }
    // A body that is too large is refused before it is sent.
    let request = request.replace("Length: 12", "Length: 9000000");
    stream.write_all(request.as_bytes()).await.expect("a reading server");
    let answer = soon(raw::read_to_end(&mut stream)).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

/// The bytes after the body belong to the WebSocket; the body does not.
#[tokio::test]
async fn an_upgrade_may_have_a_body() {
    let mock = start(Mock::builder()).await;
    let token = mock.token().to_jwt();
    let ping = b"\x89\x84\0\0\0\0ping";
    for body in
        ["Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"]
    {
        let mut stream = TcpStream::connect(address(&mock, 0)).await.expect("a connection");
        let request = format!(
            "GET /rtc HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{body}"
        );
        stream.write_all(&[request.as_bytes(), ping].concat()).await.expect("a reading server");
        let mut heard = Vec::new();
        while !heard.ends_with(b"\x8a\x04ping") {
            assert_ne!(soon(stream.read_buf(&mut heard)).await.expect("a pong"), 0, "{heard:?}");
        }
        assert!(heard.starts_with(b"HTTP/1.1 101 "));
    }
}

#[tokio::test]
async fn an_answer_says_whether_the_connection_closes() {
    let mock = start(Mock::builder()).await;
    for (request, version, closes) in [
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1", false),
        ("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1", true),
        ("GET / HTTP/1.0\r\n\r\n", "HTTP/1.0", true),
        ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "HTTP/1.0", false),
        ("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1", false),
    ] {
        let mut stream = TcpStream::connect(address(&mock, 0)).await.expect("a connection");
        stream.write_all(request.as_bytes()).await.expect("a reading server");
        let read = timeout(Duration::from_millis(300), async {
            let mut answer = String::new();
            let mut chunk = [0; 4096];
            while let Ok(read @ 1..) = stream.read(&mut chunk).await {
                answer += &String::from_utf8_lossy(&chunk[..read]);
                if !closes {
                    break;
                }
            }
            answer
        });
        let answer = read.await.expect("an answer");
        assert!(answer.starts_with(&format!("{version} 200 OK\r\n")), "{answer}");
        assert_eq!(answer.contains("Connection: close"), closes, "{answer}");
        assert_eq!(answer.ends_with("ok"), !request.starts_with("HEAD"), "{answer}");
        assert!(
            answer.contains("Content-Length: 2\r\n") && answer.contains("\r\nDate: "),
            "{answer}"
        );
    }
}

// === The log ===

#[tokio::test]
async fn a_call_is_logged_with_its_end() {
    let mut program = Program::start(&["--log-level", "debug", "--auth", "off"]).await;
    let to = program.address(0);
    let call = |control: &'static str| async move {
        let _ = soon(call_at(to, "POST", CREATE_ROOM, &[("x-lk-mock", control)], "")).await;
    };
    let ended = format!("region-0 POST {CREATE_ROOM}: ");
    call(r#"{"delayMs":120}"#).await;
    assert!(program.logs(&ended).await.ends_with("waits 120 ms"));
    let line = program.logs(&ended).await;
    let (_, after) =
        line.split_once(": 200 OK, 12 bytes, after ").unwrap_or_else(|| panic!("{line}"));
    assert!(after.trim_end_matches(" ms").parse::<u32>().expect("a number") >= 120, "{line}");
    call(r#"{"failRegions":[0],"failMode":"drop"}"#).await;
    assert!(program.logs(&ended).await.contains(": dropped, as asked, after "));

    let mut stream = TcpStream::connect(to).await.expect("a connection");
    let request = format!(
        "POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nX-Lk-Mock: {{\"delayMs\":600000}}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("a reading server");
    program.logs("waits 600000 ms").await;
    drop(stream);
    assert!(program.logs(&ended).await.contains(": the client went away, after "));
}

#[tokio::test]
async fn the_same_warning_of_two_routes_is_logged_for_each() {
    let mut program = Program::start(&["--auth", "off"]).await;
    let to = program.address(0);
    for _ in 0..2 {
        for method in ["CreateRoom", "DeleteRoom"] {
            let path = format!("/twirp/livekit.RoomService/{method}");
            let control = [("x-lk-mock", r#"{"nonsense":1}"#)];
            soon(call_at(to, "POST", &path, &control, "")).await.expect("an answer");
        }
    }
    program.signal("TERM").await;
    program.end().await;
    let log = program.rest_of_log().await;
    for method in ["CreateRoom", "DeleteRoom"] {
        assert_eq!(log.matches(&format!("{method}: X-Lk-Mock")).count(), 1, "{log}");
    }
}
