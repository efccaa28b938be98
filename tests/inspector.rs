//! What lies under `/_mock/`, over HTTP (`docs/BEHAVIOUR.md`, What happened).

mod support;

use std::time::Duration;

use livekit_mock::{Control, Mock};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use support::{CREATE_ROOM, address, call, create_room, get, post, soon, start};

/// A reader of server-sent events.
struct Events {
    stream: TcpStream,
    unread: String,
}

impl Events {
    /// Follows the journal from now on, or as the query and the headers say.
    async fn follow(mock: &Mock, query: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect(address(mock, 0)).await.expect("a server");
        let request = format!(
            "GET /_mock/calls{query} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n{headers}\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("a reading server");
        let mut events = Self { stream, unread: String::new() };
        let head = events.until("\r\n\r\n").await;
        assert!(
            head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"),
            "{head}"
        );
        events
    }

    /// What comes until this.
    async fn until(&mut self, end: &str) -> String {
        soon(async {
            loop {
                if let Some(place) = self.unread.find(end) {
                    let rest = self.unread.split_off(place + end.len());
                    let mut before = std::mem::replace(&mut self.unread, rest);
                    before.truncate(place);
                    return before;
                }
                let mut bytes = [0; 4096];
                let read = self.stream.read(&mut bytes).await.expect("a stream");
                assert_ne!(read, 0, "the stream ended after {}", self.unread);
                self.unread.push_str(std::str::from_utf8(&bytes[..read]).expect("ASCII"));
            }
        })
        .await
    }

    /// The next event that is no comment: its lines before the data, and the data.
    async fn next(&mut self) -> (String, Value) {
        loop {
            let event = self.until("\n\n").await;
            if let Some((head, data)) = event.split_once("data: ") {
                return (head.to_owned(), serde_json::from_str(data).expect("JSON"));
            }
        }
    }
}

#[tokio::test]
async fn calls_are_told_as_they_come() {
    let mock = start(Mock::builder().regions(2)).await;
    create_room(&mock, 0, "{}").await;
    let mut events = Events::follow(&mock, "", "").await;
    create_room(&mock, 1, r#"{"failRegions":[1]}"#).await;
    let (head, call) = events.next().await;
    assert_eq!(head, "id: 2\n", "the first had come before");
    assert_eq!(
        (&call["seq"], &call["region"], &call["outcome"]),
        (&json!(2), &json!(1), &json!("failed"))
    );
    assert!(call["tookMs"].is_u64(), "{call}");
    create_room(&mock, 0, "{}").await;
    assert_eq!(events.next().await.0, "id: 3\n");
}

#[tokio::test]
async fn a_call_that_waits_is_told_twice() {
    let mock = start(Mock::builder().regions(1)).await;
    let mut events = Events::follow(&mock, "?method=CreateRoom", "").await;
    let reading = async {
        let (head, call) = events.next().await;
        assert_eq!((head.as_str(), call.get("tookMs")), ("id: 1\n", None));
        let (head, call) = events.next().await;
        assert_eq!(head, "event: change\n");
        assert!(call["tookMs"].as_u64() >= Some(400), "{call}");
    };
    tokio::join!(create_room(&mock, 0, r#"{"delayMs":400}"#), reading);
}

#[tokio::test]
async fn a_reader_that_comes_back_gets_what_it_missed() {
    let mock = start(Mock::builder().regions(1).journal(3)).await;
    for _ in 0..5 {
        create_room(&mock, 0, "{}").await;
    }
    for (query, header) in
        [("?after=1", ""), ("", "Last-Event-ID: 1\r\n"), ("?after=4", "Last-Event-ID: 1\r\n")]
    {
        let mut events = Events::follow(&mock, query, header).await;
        assert_eq!(events.next().await, ("event: lost\n".to_owned(), json!({"lost": 1})));
        for seq in [3, 4, 5] {
            assert_eq!(events.next().await.0, format!("id: {seq}\n"));
        }
    }
    // A number of a server that was there before.
    let mut events = Events::follow(&mock, "?after=900", "").await;
    create_room(&mock, 0, "{}").await;
    assert_eq!(events.next().await.0, "id: 6\n");
}

#[tokio::test]
async fn only_what_the_filter_lets_pass_is_told() {
    let mock = start(Mock::builder().regions(1)).await;
    let mut events = Events::follow(&mock, "?key=mine", "").await;
    create_room(&mock, 0, r#"{"key":"another's"}"#).await;
    create_room(&mock, 0, r#"{"key":"mine"}"#).await;
    assert_eq!(events.next().await.1["key"], "mine");
}

#[tokio::test]
async fn a_reader_that_does_not_read_holds_nothing_up() {
    let mock = start(Mock::builder().regions(1)).await;
    let _idle = Events::follow(&mock, "", "").await;
    let body = format!(r#"{{"metadata":"{}"}}"#, "x".repeat(100_000));
    for _ in 0..100 {
        let answer = soon(post(&mock, 0, CREATE_ROOM, &[], &body)).await;
        assert_eq!(answer.status, 200);
    }
    assert!(mock.calls().count() > 30, "{}", mock.calls().count());
}

#[tokio::test]
async fn a_stop_ends_the_events() {
    let mock = start(Mock::builder().regions(1).grace(Duration::from_secs(60))).await;
    let mut events = Events::follow(&mock, "", "").await;
    let mut rest = Vec::new();
    let (read, ()) =
        soon(async { tokio::join!(events.stream.read_to_end(&mut rest), mock.shutdown()) }).await;
    read.expect("an orderly end");
}

#[tokio::test]
async fn a_question_that_is_wrong_is_answered_in_a_sentence() {
    let mock = start(Mock::builder().regions(1)).await;
    for (query, problem) in [
        ("?after=x", "after must be a number such as 1, not \"x\"\n"),
        ("?kind=apy", "kind must be one of api, regions, validate, signal, not \"apy\"\n"),
        (
            "?methd=x",
            "there is no parameter \"methd\", did you mean \"method\"?; there are after, call, key, region, method, kind, outcome, ended, limit\n",
        ),
        ("?ended=maybe", "ended must be one of true, false, not \"maybe\"\n"),
    ] {
        let answer = get(&mock, 0, &format!("/_mock/calls{query}"), &[]).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (400, problem), "{query}");
    }
    let answer = get(&mock, 0, "/_mock/call", &[]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.text()),
        (404, "there is no /_mock/call, did you mean \"calls\"?\n")
    );
    let answer = call(&mock, 0, "POST", "/_mock/calls", &[], "").await.expect("an answer");
    assert_eq!(
        (answer.status.as_u16(), answer.text()),
        (405, "/_mock/calls is read by GET, not by POST\n")
    );
    assert_eq!(answer.header("allow"), Some("GET"));
    let headers = [("accept", "text/event-stream"), ("last-event-id", "x")];
    let answer = get(&mock, 0, "/_mock/calls", &headers).await;
    assert_eq!(
        (answer.status.as_u16(), answer.text()),
        (400, "Last-Event-ID must be the number of a call\n")
    );
}

#[tokio::test]
async fn pages_are_cut_by_limit() {
    let mock = start(Mock::builder().regions(1)).await;
    for _ in 0..5 {
        create_room(&mock, 0, "{}").await;
    }
    for (query, calls, next) in [
        ("", vec![1, 2, 3, 4, 5], 5),
        ("?limit=2", vec![4, 5], 5),
        ("?after=1&limit=2", vec![2, 3], 3),
        ("?after=3&limit=2", vec![4, 5], 5),
        ("?after=5", vec![], 5),
        ("?after=0&limit=0", vec![], 0),
    ] {
        let answer = get(&mock, 0, &format!("/_mock/calls{query}"), &[]).await.json();
        let seqs = answer["calls"].as_array().expect("calls").iter();
        let seqs: Vec<u64> = seqs.map(|call| call["seq"].as_u64().expect("a number")).collect();
        assert_eq!((seqs, answer["next"].as_u64()), (calls, Some(next)), "{query}");
    }
}

#[tokio::test]
async fn no_page_of_another_origin_can_read_it() {
    let mock = start(Mock::builder().regions(1).advertise_host("http://mock.example")).await;
    for path in ["/_mock/calls", "/_mock/server", "/_mock/nothing", "/_mock"] {
        let answer = get(&mock, 0, path, &[("origin", "http://elsewhere.test")]).await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
        assert_eq!(answer.header("access-control-expose-headers"), None, "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    }
}

#[tokio::test]
async fn only_a_name_that_the_server_knows_is_answered() {
    let mock = start(Mock::builder().regions(1).advertise_host("http://mock.example")).await;
    for (host, known) in [
        ("127.0.0.1:9999", true),
        ("[::1]:9999", true),
        ("localhost", true),
        ("LOCALHOST:1", true),
        ("livekit-mock:9999", true),
        ("app.localhost:1", true),
        ("mock.example:9999", true),
        ("mock.example.", true),
        ("elsewhere.test:9999", false),
        ("127.0.0.1.elsewhere.test", false),
        ("localhost.elsewhere.test", false),
        ("", false),
    ] {
        let head =
            format!("GET /_mock/calls HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = support::raw::exchange(address(&mock, 0), head.as_bytes()).await;
        let status = if known { "HTTP/1.1 200 OK" } else { "HTTP/1.1 403 Forbidden" };
        assert!(answer.starts_with(status), "{host}: {answer}");
        assert_eq!(
            answer.contains("start it with this name in --advertise-host"),
            !known,
            "{host}"
        );
    }
}

#[tokio::test]
async fn the_server_tells_of_itself() {
    let mock = start(Mock::builder().regions(2).journal(7)).await;
    let about = get(&mock, 0, "/_mock/server", &[]).await.json();
    assert_eq!(
        (&about["version"], &about["journal"]),
        (&json!(env!("CARGO_PKG_VERSION")), &json!(7))
    );
    assert_eq!(about["regions"][1], json!({"index": 1, "name": "region-1", "url": mock.url(1)}));
    let fields: Vec<&str> = about["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .map(|field| field["name"].as_str().expect("a name"))
        .collect();
    assert!(fields.contains(&"failRegions") && fields.contains(&"script"), "{fields:?}");
    assert!(about["scenarios"].as_array().expect("scenarios").contains(&json!("no_pong")));
    assert!(
        about["methods"].as_array().expect("methods").contains(&json!("RoomService/CreateRoom"))
    );
}

#[tokio::test]
async fn a_control_is_told_what_the_server_makes_of_it() {
    let mock = start(Mock::builder().regions(1)).await;
    let check = async |control: &str| post(&mock, 0, "/_mock/control", &[], control).await.json();
    let control = Control::new().fail_regions([0]).fail_message("tea \u{2615}");
    let checked = check(&control.json()).await;
    let (_, header) = control.header();
    assert_eq!(
        checked,
        json!({
            "control": {"failRegions": [0], "failMessage": "tea \u{2615}"}, "problems": [],
            "header": format!("X-Lk-Mock: {header}"), "key": control.api_key(), "attribute": control.json(),
        })
    );
    for (control, problem) in [
        (
            r#"{"failRegins":[0]}"#,
            "control: unknown field \"failRegins\", did you mean \"failRegions\"?",
        ),
        (
            r#"{"signal":"no_pog"}"#,
            "signal: there is no scenario \"no_pog\", did you mean \"no_pong\"?; happy is played",
        ),
        (
            r#"{"failStatus":500}"#,
            "failStatus has no effect without failRegions, failTimes or failRate",
        ),
        (
            "[]",
            "control: ignored, it must be one JSON object such as {\"failRegions\":[0]}: it is a list",
        ),
        (
            "",
            "control: ignored, it must be one JSON object such as {\"failRegions\":[0]}: expected a value at byte 1",
        ),
    ] {
        let checked = check(control).await;
        assert_eq!(checked["problems"], json!([problem]), "{control}");
    }
}
