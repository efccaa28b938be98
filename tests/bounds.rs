//! The limits of the size of a body and of a head, of nesting, and of memory (`docs/BEHAVIOUR.md`,
//! Bounds). The limit of time for a head is tested in `src/transport/listen.rs`, with a simulated
//! clock.

mod support;

use std::net::SocketAddr;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use livekit_mock::Mock;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use support::{CREATE_ROOM, address, call, call_at, get, post, program::Program, raw, soon, start};

const MAX_BODY: usize = 8 << 20;
const LIST_ROOMS: &str = "/twirp/livekit.RoomService/ListRooms";
const JSON: (&str, &str) = ("content-type", "application/json");

fn assert_too_large(answer: &str) {
    assert!(answer.starts_with("HTTP/1.1 413 Payload Too Large\r\n"), "{answer}");
    let error =
        json!({"code": "resource_exhausted", "msg": "the request's body is larger than 8 MiB"});
    let (head, body) = answer.split_once("\r\n\r\n").expect("a whole answer");
    assert_eq!(serde_json::from_str::<serde_json::Value>(body).expect("JSON"), error);
    let head = head.to_ascii_lowercase();
    assert!(head.contains("content-type: application/json") && head.contains("connection: close"));
}

/// Whether the server still answers.
async fn assert_answers(to: SocketAddr) {
    let answer = soon(call_at(to, "GET", "/_test/health", &[], "")).await.expect("an answer");
    assert_eq!(answer.text(), "ok");
}

// === Bodies ===

#[tokio::test]
async fn a_body_of_eight_megabytes_is_served() {
    let mock = start(Mock::builder()).await;
    let body = format!("{{\"name\":\"{}\"}}", "a".repeat(MAX_BODY - 11));
    assert_eq!(body.len(), MAX_BODY);
    let answer = call(&mock, 0, "POST", CREATE_ROOM, &[JSON], body).await.expect("an answer");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["name"].as_str().expect("a name").len(), MAX_BODY - 11);
}

#[tokio::test]
async fn a_longer_body_is_refused_by_its_announced_length() {
    let mock = start(Mock::builder()).await;
    for length in [MAX_BODY as u64 + 1, 1 << 40, u64::MAX / 2] {
        let mut stream = TcpStream::connect(address(&mock, 0)).await.expect("a connection");
        let head =
            format!("POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.expect("a reading server");
        // Without a byte of the body.
        assert_too_large(&soon(raw::read_answer(&mut stream)).await);
    }
    let answer = call(&mock, 0, "POST", CREATE_ROOM, &[], vec![b'x'; MAX_BODY * 2]).await;
    assert_eq!(answer.expect("an answer, though the whole body was sent").status, 413);
}

#[tokio::test]
async fn a_longer_body_without_a_length_is_refused() {
    let mock = start(Mock::builder()).await;
    let mut stream = TcpStream::connect(address(&mock, 0)).await.expect("a connection");
    let head =
        format!("POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("a reading server");
    let chunk = [b"10000\r\n".to_vec(), vec![b'x'; 0x10000], b"\r\n".to_vec()].concat();
    let (mut from, mut into) = stream.into_split();
    let send = async {
        // One chunk more than is allowed, and no end.
        for _ in 0..=MAX_BODY / 0x10000 {
            if into.write_all(&chunk).await.is_err() {
                return;
            }
        }
        let _ = into.shutdown().await;
    };
    let ((), answer) = soon(async { tokio::join!(send, raw::read_to_end(&mut from)) }).await;
    assert_too_large(&answer);
    assert_answers(address(&mock, 0)).await;
}

#[tokio::test]
async fn a_chunked_body_within_the_bound_is_served() {
    let mock = start(Mock::builder()).await;
    let request = format!(
        "POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\n5\r\n{{\"nam\r\n7\r\ne\":\"a\"}}\r\n0\r\n\r\n"
    );
    let answer = soon(raw::exchange(address(&mock, 0), request.as_bytes())).await;
    assert!(answer.contains("\"name\":\"a\""), "{answer}");
}

#[tokio::test]
async fn a_body_that_ends_early_or_is_badly_framed_harms_nobody() {
    let mock = start(Mock::builder()).await;
    for rest in [
        "Content-Length: 10\r\n\r\nabc",
        "Content-Length: -1\r\n\r\n",
        "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        "Transfer-Encoding: nonsense\r\n\r\n",
    ] {
        let request = format!("POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\n{rest}");
        let mut stream = TcpStream::connect(address(&mock, 0)).await.expect("a connection");
        stream.write_all(request.as_bytes()).await.expect("a reading server");
        stream.shutdown().await.expect("an open connection");
        let answer = soon(raw::read_to_end(&mut stream)).await;
        assert!(!answer.starts_with("HTTP/1.1 2"), "{rest}: {answer}");
    }
    assert_answers(address(&mock, 0)).await;
}

// === Heads ===

#[tokio::test]
async fn a_head_up_to_a_mebibyte_is_served_and_a_longer_one_answered_431() {
    let mock = start(Mock::builder()).await;
    for (size, headers) in [(60 << 10, 1), (200 << 10, 1), ((1 << 20) - 100, 1), (1 << 10, 1000)] {
        let header = format!("X-Long: {}\r\n", "x".repeat(size));
        let request = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", header.repeat(headers));
        let twice = request.repeat(2).into_bytes();
        let mut stream = TcpStream::connect(address(&mock, 0)).await.expect("a connection");
        let (answers, ()) = soon(async {
            let (mut from, mut into) = stream.split();
            tokio::join!(
                async {
                    let mut answers = String::new();
                    while answers.matches("\r\n\r\nok").count() < 2 {
                        let mut chunk = [0; 4096];
                        let read = from.read(&mut chunk).await.expect("an answer");
                        assert_ne!(read, 0, "{answers}");
                        answers += &String::from_utf8_lossy(&chunk[..read]);
                    }
                    answers
                },
                async { into.write_all(&twice).await.expect("a reading server") }
            )
        })
        .await;
        assert_eq!(answers.matches("HTTP/1.1 200 OK\r\n").count(), 2, "{size} x {headers}");
    }
    for (size, headers) in [(1 << 20, 1), (3 << 20, 1), (1 << 10, 1100)] {
        let header = format!("X-Long: {}\r\n", "x".repeat(size));
        let request = format!(
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{}\r\n",
            header.repeat(headers)
        );
        let answer = soon(raw::exchange(address(&mock, 0), request.as_bytes())).await;
        let line = "HTTP/1.1 431 Request Header Fields Too Large\r\n";
        assert!(answer.starts_with(line), "{size} x {headers}: {answer:?}");
        assert!(answer.ends_with("\r\n\r\nthe request's head is larger than 1 MiB"), "{answer}");
    }
    assert_answers(address(&mock, 0)).await;
}

#[tokio::test]
async fn thousands_of_headers_are_served() {
    let mock = start(Mock::builder()).await;
    let control = "X-Lk-Mock: {\"failRegions\":[0],\"failStatus\":418,\"skipAuth\":true}\r\n";
    for (more, status) in
        [(62, 418), (63, 418), (98, 418), (99, 418), (1000, 418), (8000, 418), (9000, 431)]
    {
        let numbered: Vec<String> = (0..more).map(|number| format!("X-{number}: 1\r\n")).collect();
        for line in ["X-A: 1\r\n".repeat(more), numbered.concat()] {
            let request = format!(
                "POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{line}{control}\r\n"
            );
            let answer = soon(raw::exchange(address(&mock, 0), request.as_bytes())).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{more}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_long_token_is_read_from_the_query() {
    let mock = start(Mock::builder()).await;
    for length in [120_000, 400_000, 600_000] {
        let token = mock.token().metadata("m".repeat(length)).to_jwt();
        let path = format!("/rtc/validate?access_token={token}");
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let answer = soon(raw::exchange(address(&mock, 0), request.as_bytes())).await;
        assert!(answer.ends_with("\r\n\r\nsuccess"), "{length}: {answer}");
    }
}

#[tokio::test]
async fn a_long_path_is_answered() {
    let mock = start(Mock::builder()).await;
    let path = format!("/twirp/{}", "x".repeat(40 << 10));
    let control = [("x-lk-mock", "{\"strict\":true}")];
    assert_eq!(soon(get(&mock, 0, &path, &[])).await.status, 200);
    assert_eq!(soon(get(&mock, 0, &path, &control)).await.status, 404);
    for (path, status) in [("", "404"), ("twirp/", "200"), ("rtc/validate?access_token=", "401")] {
        for length in [65_000, 66_000, 300 << 10, 1000 << 10] {
            let request = format!(
                "GET /{path}{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                "x".repeat(length)
            );
            let answer = soon(raw::exchange(address(&mock, 0), request.as_bytes())).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{length}: {answer}");
        }
    }
    assert_answers(address(&mock, 0)).await;
}

#[tokio::test]
async fn what_is_not_http_is_refused() {
    let mock = start(Mock::builder()).await;
    for bytes in [
        &b"GET / HTTP/9.9\r\n\r\n"[..],
        b"\0\0\0\0\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"CONNECT a.test:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"",
    ] {
        let mut stream = TcpStream::connect(address(&mock, 0)).await.expect("a connection");
        stream.write_all(bytes).await.expect("a reading server");
        stream.shutdown().await.expect("an open connection");
        let answer = soon(raw::read_to_end(&mut stream)).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{bytes:?}: {answer}");
    }
    assert_answers(address(&mock, 0)).await;
}

// === Depth ===

#[tokio::test]
async fn deep_nesting_is_an_error_and_not_a_crash() {
    let mock = start(Mock::builder()).await;
    let (open, close) = (30_000, 30_000);
    let deep = format!("{}{}", "[".repeat(open), "]".repeat(close));
    let objects = format!("{}1{}", "{\"a\":".repeat(5000), "}".repeat(5000));
    for value in [&deep, &objects] {
        for control in [
            value.clone(),
            format!("{{\"x\":{value}}}"),
            format!("{{\"failRegions\":{value}}}"),
            format!("{{\"sipStatus\":{value}}}"),
            format!("{{\"response\":{value}}}"),
            format!("{{\"response\":{{\"x\":{value}}}}}"),
            format!("{{\"response\":{{\"enabledCodecs\":[{value}]}}}}"),
            format!("{{\"script\":{value}}}"),
        ] {
            let answer = soon(post(&mock, 0, CREATE_ROOM, &[("x-lk-mock", &control)], "{}")).await;
            assert_eq!(answer.status, 200);
        }
        for body in
            [value.clone(), format!("{{\"x\":{value}}}"), format!("{{\"agents\":[{value}]}}")]
        {
            let answer = soon(call(&mock, 0, "POST", CREATE_ROOM, &[JSON], body)).await;
            assert_eq!(answer.expect("an answer").status, 200);
        }
        let headers = [("x-lk-mock-response", value.as_str())];
        assert_eq!(soon(post(&mock, 0, CREATE_ROOM, &headers, "{}")).await.status, 200);
        // A control in the API key counts whatever the token's signature is.
        let claims = format!("{{\"iss\":\"mock:{{\\\"x\\\":1}}\",\"x\":{}}}", &value[..20_000]);
        let token = format!("e30.{}.e30", URL_SAFE_NO_PAD.encode(claims));
        let answer = soon(post(&mock, 0, CREATE_ROOM, &[("authorization", &token)], "{}")).await;
        assert_eq!(answer.status, 401);
    }
    // Millions of levels: of groups in an unknown field, and of nested messages.
    let groups = b"\xa3\x06".repeat(MAX_BODY / 2);
    let brackets = [b"{\"x\":".to_vec(), b"[".repeat(MAX_BODY - 5)].concat();
    for (headers, body) in [(&[][..], groups), (&[JSON][..], brackets)] {
        let answer = soon(call(&mock, 0, "POST", CREATE_ROOM, headers, body)).await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 200);
        assert!(
            answer.warnings()[0].contains("what stands before the fault counts"),
            "{:?}",
            answer.warnings()
        );
    }
    assert_answers(address(&mock, 0)).await;
}

// === Memory ===

type Headers = &'static [(&'static str, &'static str)];

/// Bodies of the largest size, made to need as much memory as possible.
fn heavy_bodies() -> Vec<(&'static str, Headers, Vec<u8>)> {
    const TEXT: Headers = &[JSON];
    const BINARY: Headers = &[];
    let json = |before: &str, element: &str, after: &str| {
        let count = (MAX_BODY - before.len() - after.len()) / element.len() - 1;
        let last = element.trim_end_matches(',');
        [before, &element.repeat(count), last, after].concat().into_bytes()
    };
    let name = (MAX_BODY - 16).to_string().len() + MAX_BODY - 32;
    let string = [b"\x0a".to_vec(), varint(name), b"a".repeat(name)].concat();
    vec![
        (CREATE_ROOM, BINARY, string),
        (CREATE_ROOM, TEXT, json("{\"name\":\"", "aaaaaaaa", "\"}")),
        (CREATE_ROOM, TEXT, json("{\"name\":\"", "\\u00e9", "\"}")),
        (LIST_ROOMS, BINARY, b"\x0a\x00".repeat(MAX_BODY / 2)),
        (LIST_ROOMS, TEXT, json("{\"names\":[", "\"\",", "]}")),
        (LIST_ROOMS, TEXT, json("{\"names\":[", "\"\",", "],\"x\":1}")),
        // Empty messages, messages with a field, entries of a map, packed numbers.
        (CREATE_ROOM, BINARY, b"\x72\x00".repeat(MAX_BODY / 2)),
        (CREATE_ROOM, BINARY, b"\x72\x02\x0a\x00".repeat(MAX_BODY / 4)),
        (CREATE_ROOM, TEXT, json("{\"agents\":[", "{\"agentName\":\"\"},", "]}")),
        (CREATE_ROOM, TEXT, json("{\"agents\":[", "{},", "]}")),
        ("/twirp/livekit.RoomService/UpdateParticipant", BINARY, distinct_attributes()),
        // Fields that no message has.
        (LIST_ROOMS, BINARY, b"\xa0\x06\x01".repeat(MAX_BODY / 3)),
        (LIST_ROOMS, BINARY, b"\xa3\x06\x08\x01\xa4\x06".repeat(MAX_BODY / 6)),
        (LIST_ROOMS, BINARY, b"\xa3\x06".repeat(MAX_BODY / 2)),
        (LIST_ROOMS, TEXT, json("{\"x\":[", "1,", "]}")),
        (LIST_ROOMS, TEXT, json("{\"x\":", "[", "")),
    ]
}

fn varint(number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encoding::encode_varint(number as u64, &mut bytes);
    bytes
}

/// `UpdateParticipantRequest.attributes`, field 7: two million keys of three bytes.
fn distinct_attributes() -> Vec<u8> {
    let mut body = Vec::new();
    for key in 0_u32.. {
        if body.len() + 7 > MAX_BODY {
            break;
        }
        let letter = |shift: u32| b' ' + u8::try_from(key >> shift & 0x3f).expect("six bits");
        body.extend([0x3a, 5, 0x0a, 3, letter(12), letter(6), letter(0)]);
    }
    body
}

/// How much memory the program may use at most, in KiB. A test build needs as much as a release.
#[cfg(target_os = "linux")]
const MAX_MEMORY: usize = 64 << 10;

#[cfg(target_os = "linux")]
#[tokio::test]
async fn memory_stays_under_64_mib_under_all_of_it() {
    let program = Program::start(&["--log-level", "off"]).await;
    let to = program.address(0);
    let assert_light = |what: &str| {
        let peak = program.memory("VmHWM");
        println!("{peak} KiB after {what}");
        assert!(peak < MAX_MEMORY, "{peak} KiB after {what}");
    };
    assert_light("the start");
    for (number, (path, headers, body)) in heavy_bodies().into_iter().enumerate() {
        assert!(body.len() <= MAX_BODY && body.len() > MAX_BODY / 2, "{number}: {}", body.len());
        let answer = soon(call_at(to, "POST", path, headers, body)).await.expect("an answer");
        assert_eq!(answer.status, 200, "{number}");
        assert_light(&format!("heavy body {number} ({path})"));
    }
    let long = "x".repeat(50 << 10);
    for control in [
        format!("{{\"{long}\":1}}"),
        format!("{{\"pinnedRegions\":[\"{long}\"],\"strict\":true}}"),
        format!("{{{}\"a\":1}}", "\"a\":1,".repeat(8000)),
        format!("{{\"failRegions\":[{}9]}}", "9,".repeat(20_000)),
        format!("{{\"response\":{{\"enabledCodecs\":[{}{{}}]}}}}", "{},".repeat(15_000)),
    ] {
        soon(call_at(to, "POST", CREATE_ROOM, &[("x-lk-mock", &control)], ""))
            .await
            .expect("an answer");
    }
    soon(call_at(to, "POST", &format!("/twirp/{long}"), &[("x-lk-mock", "{\"strict\":true}")], ""))
        .await
        .expect("an answer");
    assert_light("heavy controls");
    for _ in 0..3 {
        let answer = soon(call_at(to, "POST", CREATE_ROOM, &[], vec![b'x'; MAX_BODY * 3])).await;
        assert_eq!(answer.expect("an answer").status, 413);
    }
    assert_light("bodies that are too large");
    // Clients that begin a head and send nothing more.
    let mut begun = Vec::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(to).await.expect("a connection");
        stream
            .write_all(format!("GET / HTTP/1.1\r\nX-Long: {}", "x".repeat(30 << 10)).as_bytes())
            .await
            .expect("a reading server");
        begun.push(stream);
    }
    assert_answers(to).await;
    assert_light("half heads");
    drop(begun);
    // Clients that wait for an answer, each on a connection of its own.
    let mut waiting = Vec::new();
    for _ in 0..500 {
        let mut stream = TcpStream::connect(to).await.expect("a connection");
        let request = format!(
            "POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nX-Lk-Mock: {{\"delayMs\":600000}}\r\n\
             Content-Length: 0\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("a reading server");
        waiting.push(stream);
    }
    assert_answers(to).await;
    assert_light("waiting clients");
    for mut stream in waiting {
        let unanswered = stream.try_read(&mut [0; 1]).is_err();
        assert!(unanswered, "nobody was answered early or cut off");
        let _ = stream.shutdown().await;
        assert_eq!(soon(stream.read(&mut [0; 1])).await.unwrap_or(0), 0);
    }
}

/// Large bodies take turns, so that many of them need no more memory than one.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn many_large_bodies_at_once_stay_under_64_mib() {
    let program = Program::start(&["--log-level", "off"]).await;
    let to = program.address(0);
    let calls: Vec<_> = (0..12)
        .map(|_| {
            // A string that the answer does not repeat.
            let metadata = prost_string(2, &"x".repeat(7 << 20));
            tokio::spawn(async move {
                call_at(to, "POST", "/twirp/livekit.RoomService/DeleteRoom", &[], metadata).await
            })
        })
        .collect();
    for call in calls {
        assert_eq!(soon(call).await.expect("a task").expect("an answer").status, 200);
    }
    let peak = program.memory("VmHWM");
    assert!(peak < MAX_MEMORY, "{peak} KiB");
}

/// An encoded string field.
fn prost_string(number: u32, text: &str) -> Vec<u8> {
    let mut field = Vec::new();
    prost::encoding::string::encode(number, &text.to_owned(), &mut field);
    field
}
