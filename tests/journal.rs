//! What happened, as an embedding test reads it (`docs/BEHAVIOUR.md`, What happened).

mod support;

use std::time::Duration;

use livekit_mock::{AccessToken, Auth, Call, CallKind, CallOutcome, Control, Grants, Mock, Side};
use livekit_protocol::{CreateRoomRequest, Room, signal_request};
use prost::Message as _;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use support::{
    CREATE_ROOM, address, all_grants, call, create_room, get, post, raw,
    socket::{Dial, Frame, Seen},
    start,
};

/// Longer than any test waits for a call.
const PATIENCE: Duration = Duration::from_secs(30);

fn json_of(call: &Call) -> Value {
    serde_json::from_str(&call.json()).expect("JSON")
}

#[tokio::test]
async fn a_call_that_fails_over_leaves_its_journey() {
    let mock = start(Mock::builder().regions(2).auth(Auth::Strict)).await;
    let token = all_grants(&mock);
    for region in [0, 1] {
        let headers = [
            ("authorization", token.as_str()),
            ("x-lk-mock", r#"{"failRegions":[0],"failStatus":502}"#),
            ("x-livekit-request-id", "one-call"),
        ];
        post(&mock, region, CREATE_ROOM, &headers, r#"{"name":"lobby","emptyTimeout":7}"#).await;
    }
    let calls = mock.calls().method("CreateRoom").call_id("one-call").all();
    let facts = |call: &Call| (call.region(), call.attempt(), call.outcome(), call.status());
    assert_eq!(
        calls.iter().map(facts).collect::<Vec<_>>(),
        [
            (0, Some(1), CallOutcome::Failed, Some(502)),
            (1, Some(2), CallOutcome::Answered, Some(200))
        ]
    );
    let last = &calls[1];
    assert_eq!((last.kind(), last.method()), (CallKind::Api, Some("RoomService/CreateRoom")));
    assert_eq!(last.path(), CREATE_ROOM);
    let request: CreateRoomRequest = last.request().expect("a request");
    assert_eq!((request.name.as_str(), request.empty_timeout), ("lobby", 7));
    let room: Room = last.response().expect("an answer");
    assert_eq!((room.name.as_str(), room.empty_timeout), ("lobby", 7));
    let caller = last.caller().expect("a token");
    assert_eq!(
        (caller.identity.as_str(), caller.api_key.as_deref()),
        ("mock-user", Some("devkey"))
    );
    assert_eq!(caller.grants, Grants::all("my-room"));
    assert!(last.took().is_some() && last.wait() == Duration::ZERO);
    assert_eq!(
        last.control().map(Control::json).as_deref(),
        Some(r#"{"failRegions":[0],"failStatus":502}"#)
    );
    assert_eq!(last.control_source("failStatus"), Some("X-Lk-Mock"));
    let journey = mock.calls().to_string();
    let lines: Vec<&str> = journey.lines().collect();
    assert!(
        lines[0].starts_with(
            "#1 region 0 RoomService/CreateRoom, try 1 of one-call: failed 502 after "
        ),
        "{journey}"
    );
    assert!(
        lines[1].starts_with(
            "#2 region 1 RoomService/CreateRoom, try 2 of one-call: answered 200 after "
        ),
        "{journey}"
    );
}

#[tokio::test]
async fn a_request_in_protobuf_is_read_as_one_in_json_is() {
    let mock = start(Mock::builder().regions(1)).await;
    let room =
        CreateRoomRequest { name: "lobby".into(), max_participants: 3, ..Default::default() };
    let headers = [("content-type", "application/protobuf")];
    call(&mock, 0, "POST", CREATE_ROOM, &headers, room.encode_to_vec()).await.expect("an answer");
    let call = mock.calls().one();
    assert_eq!(call.request(), Ok(room.clone()));
    assert_eq!(call.response::<Room>().map(|room| room.max_participants), Ok(3));
    let json = json_of(&call);
    assert_eq!(json["request"], json!({"name": "lobby", "maxParticipants": 3}));
    assert_eq!(
        (&json["requestFormat"], &json["requestBytes"]),
        (&json!("protobuf"), &json!(room.encoded_len()))
    );
    assert_eq!(json["response"]["maxParticipants"], 3);
}

#[tokio::test]
async fn every_end_has_its_name() {
    let mock = start(Mock::builder().regions(1).auth(Auth::Strict)).await;
    for (control, outcome, status) in [
        ("{}", "answered", Some(200)),
        (r#"{"failRegions":[0]}"#, "failed", Some(503)),
        (r#"{"pinnedRegions":["region-1"]}"#, "failed", Some(451)),
        (r#"{"strict":true,"nope":1}"#, "refused", Some(400)),
        (r#"{"failRegions":[0],"failMode":"drop"}"#, "dropped", None),
        (r#"{"failRegions":[0],"failMode":"reset"}"#, "reset", None),
        (r#"{"failRegions":[0],"failMode":"truncate"}"#, "truncated", Some(200)),
        (r#"{"failRegions":[0],"failMode":"garbage"}"#, "garbage", None),
        (r#"{"failRegions":[0],"failMode":"drip","dripMs":1}"#, "answered", Some(200)),
    ] {
        let token = all_grants(&mock);
        let headers = [("authorization", token.as_str()), ("x-lk-mock", control)];
        let _ = call(&mock, 0, "POST", CREATE_ROOM, &headers, "").await;
        let last = mock.calls().last().expect("a call");
        assert_eq!((last.outcome().name(), last.status()), (outcome, status), "{control}");
    }
    post(&mock, 0, CREATE_ROOM, &[], "{}").await;
    let last = json_of(&mock.calls().last().expect("a call"));
    assert_eq!((&last["outcome"], &last["status"]), (&json!("refused"), &json!(401)));
    assert_eq!(last["response"]["code"], "unauthenticated");
    assert!(last.get("caller").is_none(), "{last}");
}

#[tokio::test]
async fn a_call_that_waits_is_there_before_its_end() {
    let mock = start(Mock::builder().regions(1)).await;
    let delayed = create_room(&mock, 0, r#"{"delayMs":300}"#);
    let waiting = async {
        let calls = mock.calls().method("CreateRoom");
        let call = mock.wait_for_call(&calls, PATIENCE).await.expect("a call");
        assert_eq!((call.took(), call.wait()), (None, Duration::from_millis(300)));
        let line = "#1 region 0 RoomService/CreateRoom: answered 200, not ended yet";
        assert_eq!(call.to_string(), line);
    };
    tokio::join!(delayed, waiting);
    let took = mock.calls().one().took().expect("an end");
    assert!(took >= Duration::from_millis(300), "{took:?}");
}

#[tokio::test]
async fn a_client_that_leaves_is_gone_and_one_that_hangs_has_hung() {
    let mock = start(Mock::builder().regions(1)).await;
    for (control, outcome) in [
        (r#"{"delayMs":60000}"#, CallOutcome::Gone),
        (r#"{"failRegions":[0],"failMode":"hang"}"#, CallOutcome::Hung),
    ] {
        let calls = mock.calls().after(mock.calls().count() as u64);
        let mut stream = TcpStream::connect(address(&mock, 0)).await.expect("a server");
        let request = format!(
            "POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nX-Lk-Mock: {control}\r\nContent-Length: 0\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("a reading server");
        mock.wait_for_call(&calls, PATIENCE).await.expect("a call");
        drop(stream);
        let ended = mock.wait_for_call(&calls.ended(), PATIENCE).await.expect("an end");
        assert_eq!(ended.outcome(), outcome, "{control}");
    }
    // One that leaves in the middle of its body has not said what it wants.
    let mut stream = TcpStream::connect(address(&mock, 0)).await.expect("a server");
    let head = format!("POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{{");
    stream.write_all(head.as_bytes()).await.expect("a reading server");
    drop(stream);
    let calls = mock.calls().after(2);
    let call = mock.wait_for_call(&calls, PATIENCE).await.expect("a call");
    assert_eq!((call.outcome(), call.status()), (CallOutcome::Gone, None));
}

#[tokio::test]
async fn calls_are_found_by_what_they_are() {
    let mock = start(Mock::builder().regions(2)).await;
    for (region, key) in [(0, "a"), (1, "a"), (1, "b")] {
        create_room(&mock, region, &format!(r#"{{"key":"{key}"}}"#)).await;
    }
    let list = "/twirp/livekit.RoomService/ListRooms";
    post(&mock, 0, list, &[("x-lk-mock", r#"{"failRegions":[0]}"#)], "{}").await;
    get(&mock, 0, "/settings/regions", &[]).await;
    get(&mock, 0, "/rtc/validate", &[]).await;
    let calls = || mock.calls();
    for (found, expected) in [
        (calls(), 6),
        (calls().method("CreateRoom"), 3),
        (calls().method("RoomService/CreateRoom"), 3),
        (calls().method("livekit.RoomService/CreateRoom"), 3),
        (calls().method("Room"), 0),
        (calls().region(1), 2),
        (calls().key("a"), 2),
        (calls().key("a").region(1), 1),
        (calls().call_id("b"), 1),
        (calls().kind(CallKind::Regions), 1),
        (calls().kind(CallKind::Validate), 1),
        (calls().outcome(CallOutcome::Failed), 1),
        (calls().after(4), 2),
        (calls().after(100), 0),
    ] {
        assert_eq!(found.count(), expected, "{found:?}");
        assert_eq!(found.all().len(), expected);
    }
    assert_eq!(calls().key("a").first().map(|call| call.seq()), Some(1));
    assert_eq!(calls().key("a").last().map(|call| call.seq()), Some(2));
}

#[tokio::test]
#[should_panic(expected = "one call was expected, not 2:\n#1 region 0 RoomService/CreateRoom")]
async fn an_assertion_that_fails_tells_the_journey() {
    let mock = start(Mock::builder().regions(1)).await;
    create_room(&mock, 0, "{}").await;
    create_room(&mock, 0, "{}").await;
    mock.calls().one();
}

#[tokio::test]
async fn a_wait_in_vain_says_what_came() {
    let mock = start(Mock::builder().regions(1)).await;
    create_room(&mock, 0, "{}").await;
    let calls = mock.calls().method("DeleteRoom");
    let error = mock.wait_for_call(&calls, Duration::from_millis(10)).await.expect_err("no call");
    let error = error.to_string();
    assert!(error.starts_with("no such call came within 10 ms; these came:\n#1 region 0 RoomService/CreateRoom: answered 200"), "{error}");
}

#[tokio::test]
async fn only_the_last_calls_are_kept() {
    let mock = start(Mock::builder().regions(1).journal(3)).await;
    for _ in 0..5 {
        create_room(&mock, 0, "{}").await;
    }
    let kept: Vec<u64> = mock.calls().all().iter().map(Call::seq).collect();
    assert_eq!(kept, [3, 4, 5]);
    let answer = get(&mock, 0, "/_mock/calls?after=1", &[]).await.json();
    assert_eq!((&answer["lost"], &answer["next"]), (&json!(1), &json!(5)));
}

#[tokio::test]
async fn none_are_kept_where_none_are_wanted() {
    let mock = start(Mock::builder().regions(1).journal(0)).await;
    create_room(&mock, 0, r#"{"delayMs":1}"#).await;
    assert_eq!(mock.calls().count(), 0);
    let answer = get(&mock, 0, "/_mock/calls", &[]).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.text(), "this server keeps no calls: its setting `journal` is 0\n");
}

#[tokio::test]
async fn what_is_no_call_is_not_kept() {
    let mock = start(Mock::builder().regions(1)).await;
    let preflight = [("access-control-request-method", "POST")];
    call(&mock, 0, "OPTIONS", CREATE_ROOM, &preflight, "").await.expect("an answer");
    for path in ["/", "/_test/health", "/_mock/calls", "/nowhere", "/%zz"] {
        get(&mock, 0, path, &[]).await;
    }
    assert_eq!(mock.calls().count(), 0, "{}", mock.calls());
}

#[tokio::test]
async fn a_control_says_where_each_part_came_from() {
    let own = Control::new().delay_ms(0).seed(1);
    let mock = start(Mock::builder().regions(1).control(own)).await;
    let key = r#"mock:{"failMessage":"from the key","failStatus":500}"#;
    let token = AccessToken::new(key, "secret").grants(Grants::all("r")).to_jwt();
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("x-lk-mock-fail-regions", "0"),
        ("x-lk-mock-fail-status", "501"),
        ("x-lk-mock-delay-ms", "5"),
        ("x-lk-mock", r#"{"key":"mine","failMessage":"from the header"}"#),
    ];
    post(&mock, 0, CREATE_ROOM, &headers, "{}").await;
    let call = mock.calls().one();
    let json = json_of(&call);
    assert_eq!(
        json["control"],
        json!({
            "failRegions": [0], "failStatus": 500, "failMessage": "from the header", "key": "mine",
            "delayMs": 0, "seed": "1", "x-lk-mock-delay-ms": 5,
        })
    );
    assert_eq!(
        json["controlFrom"],
        json!({
            "failRegions": "X-Lk-Mock-*", "failStatus": "API key", "failMessage": "X-Lk-Mock",
            "key": "X-Lk-Mock", "delayMs": "--control", "seed": "--control", "x-lk-mock-delay-ms": "X-Lk-Mock-*",
        })
    );
    assert_eq!(
        json["caller"].get("apiKey"),
        None,
        "a key that is a control is shown as control: {json}"
    );
    assert_eq!(json["response"]["msg"], "from the header");
    // Where a request asks for nothing, the server's own control counts.
    post(&mock, 0, CREATE_ROOM, &[], "{}").await;
    let json = json_of(&mock.calls().last().expect("a call"));
    assert_eq!(json["controlFrom"], json!({"delayMs": "--control", "seed": "--control"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_leaves_what_was_said_on_it() {
    let mock = start(Mock::builder().regions(1)).await;
    let control = r#"{"script":[{"greet":{}},{"expect":"ping"},{"send":{"leave":{}}},{"close":{"code":1011,"reason":"enough"}}],"key":"talk"}"#;
    let calls = mock.calls().kind(CallKind::Signal);
    let dial = Dial::to(&mock).control_text(control);
    tokio::task::spawn_blocking(move || {
        let mut socket = dial.connect();
        socket.request(signal_request::Message::Ping(7));
        while !matches!(socket.next(), Seen::Close(..)) {}
        socket.send(&Frame::close(1011, b""));
    })
    .await
    .expect("a conversation");
    let call = mock.wait_for_call(&calls.ended(), PATIENCE).await.expect("an end");
    let ping = &call.messages()[1];
    assert_eq!((ping.from, &*ping.kind, &*ping.json), (Side::Client, "ping", "\"7\""));
    let close = call.close().expect("an end");
    assert_eq!((close.by, close.code, &*close.reason), (Side::Server, Some(1011), "enough"));
    let call = json_of(&call);
    assert_eq!(
        (&call["outcome"], &call["status"], &call["key"]),
        (&json!("answered"), &json!(101), &json!("talk"))
    );
    assert_eq!(call["controlFrom"]["script"], "lk.mock");
    let said = call["messages"].as_array().expect("messages");
    let said: Vec<(&str, &str)> = said
        .iter()
        .map(|message| (message["from"].as_str().unwrap(), message["kind"].as_str().unwrap()))
        .collect();
    assert_eq!(said, [("server", "join"), ("client", "ping"), ("server", "leave")]);
    assert_eq!(call["messages"][0]["message"]["participant"]["identity"], "alice");
    assert_eq!(call["messages"][1]["message"], "7");
    assert_eq!(
        call["close"],
        json!({"by": "server", "how": "close", "code": 1011, "reason": "enough"})
    );
}

#[tokio::test]
async fn a_body_that_is_too_long_is_told_by_its_length() {
    let mock = start(Mock::builder().regions(1)).await;
    let long = format!(r#"{{"name":"a","metadata":"{}"}}"#, "x".repeat(3 << 20));
    post(&mock, 0, CREATE_ROOM, &[], &long).await;
    let call = mock.calls().one();
    let error = call.request::<CreateRoomRequest>().expect_err("it is not kept").to_string();
    assert_eq!(error, format!("the request of {} bytes was too long to be kept", long.len()));
    let json = json_of(&call);
    assert_eq!((json.get("request"), &json["requestBytes"]), (None, &json!(long.len())));
}

#[tokio::test]
async fn the_last_calls_take_eight_mebibytes_at_most() {
    let mock = start(Mock::builder().regions(1)).await;
    let body = format!(r#"{{"metadata":"{}"}}"#, "x".repeat(1 << 20));
    for _ in 0..12 {
        // The answer repeats what the request says: both are kept.
        raw::exchange(address(&mock, 0), format!(
            "POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ).as_bytes()).await;
    }
    let kept: Vec<u64> = mock.calls().all().iter().map(Call::seq).collect();
    assert_eq!(kept, [10, 11, 12], "each takes two mebibytes and a little");
}

/// A client may put its secret anywhere.
#[tokio::test]
async fn no_secret_is_shown_wherever_it_stands() {
    const SECRET: &str = "Kq7vT2mXw9Lr4NfZ8bPd";
    let mock = start(Mock::builder().regions(1).api_secret(SECRET)).await;
    let token = mock.token().identity("someone").to_jwt();
    let mut secrets: Vec<&str> = token.split('.').collect();
    secrets.push(SECRET);
    for secret in [token.as_str(), SECRET] {
        let bearer = AccessToken::new(secret, SECRET).identity(secret).name(secret);
        let bearer = format!("Bearer {}", bearer.grants(Grants::all(secret)).to_jwt());
        let control = format!(r#"{{"key":"{secret}","failMessage":"{secret}","{secret}":1}}"#);
        let headers = [
            ("authorization", bearer.as_str()),
            ("x-lk-mock", control.as_str()),
            ("x-livekit-request-id", secret),
        ];
        let body = format!(r#"{{"name":"{secret}","{secret}":"{secret}"}}"#);
        for path in [CREATE_ROOM.to_owned(), format!("/twirp/{secret}/{secret}")] {
            post(&mock, 0, &path, &headers, &body).await;
        }
    }
    let answer = get(&mock, 0, "/_mock/calls", &[]).await;
    let calls = mock.calls();
    assert_eq!(calls.count(), 4);
    for shown in [answer.text(), &calls.to_string(), &format!("{:?}", calls.all())] {
        for secret in &secrets {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
