//! Every scenario of the table in `docs/SIGNALLING.md`, frame by frame: on both paths, each with
//! and without permessage-deflate.

mod support;

use std::{
    io::Write as _,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use livekit_mock::Mock;
use livekit_protocol::{
    DisconnectReason, JoinResponse, LeaveRequest, ParticipantInfo, Ping, ReconnectResponse,
    RequestResponse, Room, ServerInfo, UpdateParticipantMetadata, leave_request, participant_info,
    request_response, server_info, signal_request::Message as Request,
    signal_response::Message as Response,
};
use serde_json::json;
use support::{
    Answer,
    socket::{Dial, Frame, PATHS, Seen, Socket, everywhere, sign_with},
};

fn start() -> Mock {
    Mock::builder().regions(2).start_blocking().expect("a server on free ports")
}

fn server_info(region: &str) -> ServerInfo {
    ServerInfo {
        edition: server_info::Edition::Standard.into(),
        version: "mock".into(),
        protocol: 15,
        region: region.into(),
        node_id: "MOCK_NODE".into(),
        ..ServerInfo::default()
    }
}

fn join() -> Response {
    Response::Join(JoinResponse {
        room: Some(Room { sid: "RM_MOCK".into(), name: "my-room".into(), ..Room::default() }),
        participant: Some(ParticipantInfo {
            sid: "PA_MOCK".into(),
            identity: "alice".into(),
            name: "Alice".into(),
            state: participant_info::State::Joined.into(),
            ..ParticipantInfo::default()
        }),
        server_version: "mock".into(),
        server_region: "region-0".into(),
        ping_interval: 1,
        ping_timeout: 3,
        server_info: Some(server_info("region-0")),
        ..JoinResponse::default()
    })
}

fn reconnect() -> Response {
    Response::Reconnect(ReconnectResponse {
        server_info: Some(server_info("region-0")),
        ..ReconnectResponse::default()
    })
}

fn leave(action: leave_request::Action) -> Response {
    Response::Leave(LeaveRequest {
        reason: DisconnectReason::ServerShutdown.into(),
        action: action.into(),
        ..LeaveRequest::default()
    })
}

fn disconnect() -> Response {
    leave(leave_request::Action::Disconnect)
}

fn millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
    since.as_millis().try_into().expect("a date before the year 292 million")
}

/// Asserts that every kind of request that `happy` answers is answered.
fn answers(socket: &mut Socket) {
    let before = millis();
    socket.request(Request::Ping(before - 5));
    let Response::Pong(pong) = socket.message() else { panic!("no pong") };
    assert!((before..=millis()).contains(&pong), "{pong} is not now");

    socket.request(Request::PingReq(Ping { timestamp: 1_234_567, rtt: 20 }));
    let Response::PongResp(pong) = socket.message() else { panic!("no pong_resp") };
    assert_eq!(pong.last_ping_timestamp, 1_234_567);
    assert!((before..=millis()).contains(&pong.timestamp), "{} is not now", pong.timestamp);

    acknowledges_metadata(socket);

    socket.send(&Frame::ping("payload"));
    assert_eq!(socket.next(), Seen::Pong(b"payload".to_vec()));
}

fn acknowledges_metadata(socket: &mut Socket) {
    let (name, request_id) = ("Bob".to_owned(), 77);
    let update = UpdateParticipantMetadata { name, request_id, ..Default::default() };
    socket.request(Request::UpdateMetadata(update));
    let ok = request_response::Reason::Ok.into();
    let expected = RequestResponse { request_id: 77, reason: ok, ..Default::default() };
    assert_eq!(socket.message(), Response::RequestResponse(expected));
}

/// Asserts that no request is answered, while WebSocket pings are.
fn answers_nothing(socket: &mut Socket) {
    socket.request(Request::Ping(1));
    socket.request(Request::PingReq(Ping { timestamp: 1, rtt: 0 }));
    socket.request(Request::UpdateMetadata(UpdateParticipantMetadata::default()));
    socket.says_nothing();
}

fn closes_on_leave(socket: &mut Socket) {
    socket.request(Request::Leave(LeaveRequest::default()));
    socket.closes(1000, "");
}

fn echoes_close(socket: &mut Socket) {
    socket.send(&Frame::close(4321, b"enough"));
    socket.closes(4321, "");
}

fn validates(dial: &Dial) {
    let answer = dial.validate();
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "success"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert!(answer.warnings().is_empty(), "{:?}", answer.warnings());
}

/// Plays a scenario with and without a reconnect; most of them do the same in both cases.
fn played(mock: &Mock, scenario: &str, check: impl Fn(Socket, Response) + Sync) {
    everywhere(mock, |dial| {
        let dial = dial.scenario(scenario);
        validates(&dial);
        for (dial, greeting) in [(dial.clone(), join()), (dial.reconnecting(), reconnect())] {
            let socket = dial.connect();
            assert_eq!(socket.deflate, dial.offer.is_some());
            assert!(socket.head.warnings().is_empty(), "{:?}", socket.head.warnings());
            check(socket, greeting);
        }
    });
}

fn refused(scenario: &str, status: u16, text: &str) {
    let mock = start();
    everywhere(&mock, |dial| {
        let dial = dial.scenario(scenario);
        let answer = dial.validate();
        assert_eq!((answer.status.as_u16(), answer.text()), (status, text));
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
        let answer = dial.refused();
        assert_eq!((answer.status.as_u16(), answer.text()), (status, ""));
        // This refusal comes before that of a request without an upgrade.
        assert_eq!(dial.get(dial.path).expect("an answer").status.as_u16(), status);
    });
}

#[test]
fn happy() {
    played(&start(), "happy", |mut socket, greeting| {
        assert_eq!(socket.message(), greeting);
        answers(&mut socket);
        closes_on_leave(&mut socket);
    });
}

#[test]
fn happy_echoes_a_close() {
    played(&start(), "happy", |mut socket, greeting| {
        assert_eq!(socket.message(), greeting);
        echoes_close(&mut socket);
    });
}

#[test]
fn without_a_scenario_happy_is_played() {
    let mock = start();
    for dial in PATHS.map(|path| Dial::to(&mock).path(path)) {
        validates(&dial);
        assert_eq!(dial.connect().message(), join());
    }
}

#[test]
fn for_an_unknown_or_broken_scenario_happy_is_played_with_a_warning() {
    let mock = start();
    everywhere(&mock, |dial| {
        for (control, warning) in [
            (r#"{"signal":"no_pon"}"#, "did you mean \"no_pong\"?"),
            (r#"{"signal":"NO_PONG"}"#, "there is no scenario \"NO_PONG\""),
            (r#"{"signal":7}"#, "\"signal\" must be a string"),
            ("no JSON", "lk.mock: ignored, it must be one JSON object"),
            ("[]", "lk.mock: ignored, it must be one JSON object"),
        ] {
            let dial = dial.clone().control_text(control);
            let mut socket = dial.connect();
            for warnings in [socket.head.warnings(), dial.validate().warnings()] {
                assert_eq!(warnings.len(), 1, "{control}: {warnings:?}");
                assert!(warnings[0].contains(warning), "{control}: {warnings:?}");
            }
            assert_eq!(socket.message(), join(), "{control}");
            answers(&mut socket);
        }
    });
}

#[test]
fn validate_500() {
    refused("validate_500", 500, "internal server error");
}

#[test]
fn validate_service_not_found() {
    refused("validate_service_not_found", 404, "404 page not found");
}

#[test]
fn room_not_found() {
    refused("room_not_found", 404, "requested room does not exist");
}

#[test]
fn no_first_message() {
    played(&start(), "no_first_message", |mut socket, _| {
        answers_nothing(&mut socket);
        socket.request(Request::Leave(LeaveRequest::default()));
        socket.says_nothing();
        echoes_close(&mut socket);
    });
}

#[test]
fn no_pong() {
    played(&start(), "no_pong", |mut socket, greeting| {
        assert_eq!(socket.message(), greeting);
        socket.request(Request::Ping(1));
        socket.request(Request::PingReq(Ping { timestamp: 1, rtt: 0 }));
        socket.says_nothing();
        acknowledges_metadata(&mut socket);
        closes_on_leave(&mut socket);
    });
}

#[test]
fn close_before_join() {
    played(&start(), "close_before_join", |mut socket, _| {
        socket.closes(1011, "");
        socket.took(50);
    });
}

#[test]
fn close_when_connected() {
    played(&start(), "close_when_connected", |mut socket, greeting| {
        assert_eq!(socket.message(), greeting);
        socket.closes(1011, "mock close_when_connected");
        socket.took(200);
    });
}

#[test]
fn drop_when_connected() {
    played(&start(), "drop_when_connected", |mut socket, greeting| {
        assert_eq!(socket.message(), greeting);
        assert_eq!(socket.next(), Seen::Fin);
        socket.took(200);
    });
}

#[test]
fn drop_when_connected_closes_normally_whatever_the_client_has_sent() {
    let mock = start();
    let mut socket = Dial::to(&mock).scenario("drop_when_connected").connect();
    assert_eq!(socket.message(), join());
    // The first half of a message. The server waits for the rest.
    let half = &Frame::binary(vec![0; 100_000]).encode()[..50_000];
    socket.stream.write_all(half).expect("a socket that takes it");
    assert_eq!(socket.next(), Seen::Fin);
}

#[test]
fn leave_when_connected() {
    played(&start(), "leave_when_connected", |mut socket, greeting| {
        assert_eq!(socket.message(), greeting);
        assert_eq!(socket.message(), disconnect());
        socket.took(200);
        answers(&mut socket);
        closes_on_leave(&mut socket);
    });
}

#[test]
fn leave_first_message() {
    played(&start(), "leave_first_message", |mut socket, _| {
        assert_eq!(socket.message(), disconnect());
        answers_nothing(&mut socket);
        echoes_close(&mut socket);
    });
}

#[test]
fn leave_during_reconnect() {
    let mock = start();
    everywhere(&mock, |dial| {
        let dial = dial.scenario("leave_during_reconnect");
        validates(&dial);
        let mut socket = dial.connect();
        assert_eq!(socket.message(), join());
        answers(&mut socket);
        closes_on_leave(&mut socket);
        let mut socket = dial.reconnecting().connect();
        assert_eq!(socket.message(), disconnect());
        answers_nothing(&mut socket);
    });
}

#[test]
fn drop_on_close() {
    played(&start(), "drop_on_close", |mut socket, greeting| {
        assert_eq!(socket.message(), greeting);
        answers(&mut socket);
        socket.send(&Frame::close(1000, b"bye"));
        assert_eq!(socket.next(), Seen::Fin);
    });
    played(&start(), "drop_on_close", |mut socket, greeting| {
        assert_eq!(socket.message(), greeting);
        closes_on_leave(&mut socket);
    });
}

#[test]
fn a_leave_has_the_action_of_the_control() {
    use leave_request::Action::{Disconnect, Reconnect, Resume};
    let mock = start();
    for (given, action) in [
        (json!(0), Disconnect),
        (json!(1), Resume),
        (json!(2), Reconnect),
        (json!("DISCONNECT"), Disconnect),
        (json!("RESUME"), Resume),
        (json!("RECONNECT"), Reconnect),
        (json!("reconnect"), Reconnect),
        (json!("rEsUmE"), Resume),
    ] {
        for dial in PATHS.map(|path| Dial::to(&mock).path(path)) {
            let control = json!({"signal": "leave_first_message", "leaveAction": given});
            let mut socket = dial.control(&control).connect();
            assert_eq!(socket.message(), leave(action), "{given}");
            assert!(socket.head.warnings().is_empty(), "{given}");
        }
    }
}

#[test]
fn only_a_bad_leave_action_is_ignored() {
    let mock = start();
    for given in [json!(3), json!(-1), json!(1.5), json!("AGAIN"), json!(true), json!([1])] {
        let control = json!({"signal": "leave_first_message", "leaveAction": given});
        let mut socket = Dial::to(&mock).control(&control).connect();
        assert_eq!(socket.message(), disconnect(), "{given}");
        assert_eq!(socket.head.warnings().len(), 1, "{given}");
    }
}

#[test]
fn only_reconnect_1_is_a_reconnect() {
    let mock = start();
    for value in ["0", "true", "", "2", "01"] {
        let mut socket = Dial::to(&mock).query("reconnect", value).connect();
        assert_eq!(socket.message(), join(), "{value:?}");
    }
}

#[test]
fn a_join_holds_participant_and_room() {
    let mock = start();
    let identity = |dial: &Dial| match dial.connect().message() {
        Response::Join(join) => join.participant.expect("a participant").identity,
        other => panic!("{other:?} in place of a join"),
    };
    let dial = Dial::to(&mock).claim("jti", json!("ticket"));
    assert_eq!(identity(&dial), "alice");
    assert_eq!(identity(&dial.clone().without_claim("sub")), "ticket");
    assert_eq!(identity(&dial.claim("sub", json!(""))), "ticket");
    assert_eq!(identity(&Dial::to(&mock).without_claim("sub")), "mock-participant");

    let Response::Join(join) = Dial::to(&mock).region(&mock, 1).connect().message() else {
        panic!("no join");
    };
    assert_eq!(join.server_region, "region-1");
    assert_eq!(join.server_info, Some(server_info("region-1")));
}

#[test]
fn no_grant_is_needed() {
    let mock = start();
    let dial = Dial::to(&mock).without_claim("video");
    validates(&dial);
    let Response::Join(join) = dial.connect().message() else { panic!("no join") };
    assert_eq!(join.room.expect("a room").name, "");
}

#[test]
fn a_bad_token_is_refused() {
    let mock = start();
    let claims = |exp: i64| json!({"sub": "alice", "exp": millis() / 1000 + exp});
    let mut wrong_type = claims(600);
    wrong_type["attributes"] = json!({"lk.mock": {"signal": "happy"}});
    let tokens = [
        (String::new(), "the request has no token"),
        ("test-token".to_owned(), "the token is not a JWT"),
        ("a.b.c".to_owned(), "the token does not decode"),
        (sign_with("HS256", "wrong", &claims(600)), "not signed with this server's API secret"),
        (sign_with("HS512", "secret", &claims(600)), "alg is \"HS512\""),
        (sign_with("none", "secret", &claims(600)), "alg is \"none\""),
        (
            sign_with("HS256", "secret", &wrong_type),
            "attributes holds an object, it must be an object of strings",
        ),
        (sign_with("HS256", "secret", &claims(-120)), "has expired"),
        (sign_with("HS256", "secret", &json!({"sub": "alice"})), "no claim exp"),
    ];
    everywhere(&mock, |dial| {
        for (token, why) in &tokens {
            let dial = dial.clone().token(token);
            let answer = dial.validate();
            assert_eq!(answer.status.as_u16(), 401);
            let text = answer.text();
            assert!(text.starts_with("invalid token: ") && text.contains(why), "{token}: {text}");
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
            for answer in [dial.refused(), dial.get(dial.path).expect("an answer")] {
                assert_eq!((answer.status.as_u16(), answer.text()), (401, "invalid token"));
                let [warning] = &answer.warnings()[..] else { panic!("{:?}", answer.warnings()) };
                assert!(warning.contains(why), "{token}: {warning}");
            }
        }
    });
}

#[test]
fn a_token_is_verified_whatever_auth_says() {
    for auth in [livekit_mock::Auth::Off, livekit_mock::Auth::Lenient] {
        let mock = Mock::builder().auth(auth).start_blocking().expect("a server");
        assert_eq!(Dial::to(&mock).token("test-token").refused().status.as_u16(), 401);
        assert_eq!(Dial::to(&mock).token("test-token").validate().status.as_u16(), 401);
    }
}

#[test]
fn the_query_token_wins_over_the_header() {
    let mock = start();
    let token = Dial::to(&mock).signed();
    let bearer = |token: &str| format!("Bearer {token}");
    everywhere(&mock, |dial| {
        let by_header = dial.clone().token("").header("authorization", &bearer(&token));
        validates(&by_header);
        assert_eq!(by_header.connect().message(), join());
        let good_and_bad = dial.clone().header("authorization", &bearer("bad"));
        assert_eq!(good_and_bad.connect().message(), join());
        let bad_and_good = dial.token("bad").header("authorization", &bearer(&token));
        assert_eq!(bad_and_good.refused().status.as_u16(), 401);
    });
}

fn bad_request(answer: &Answer, why: &str) {
    assert_eq!((answer.status.as_u16(), answer.text()), (400, "Bad Request\n"), "{why}");
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    let [warning] = &answer.warnings()[..] else { panic!("{why}: {:?}", answer.warnings()) };
    assert!(warning.contains(why), "{why}: {warning}");
}

#[test]
fn a_request_without_an_upgrade_is_bad() {
    let mock = start();
    for path in PATHS {
        let answer = Dial::to(&mock).get(path).expect("an answer");
        bad_request(&answer, "Connection must hold upgrade");
    }
}

#[test]
fn an_upgrade_is_a_get_of_http_1_1() {
    let mock = start();
    everywhere(&mock, |dial| {
        for method in ["POST", "PUT", "OPTIONS", "DELETE", "get"] {
            let answer = dial.clone().request_line(method, "HTTP/1.1").refused();
            bad_request(&answer, &format!("must be a GET, not {method}"));
        }
        bad_request(
            &dial.clone().request_line("GET", "HTTP/1.0").refused(),
            "must come over HTTP/1.1",
        );
        // The token is checked first, and then the scenario.
        let dial = dial.request_line("POST", "HTTP/1.0");
        assert_eq!(dial.clone().token("test-token").refused().status.as_u16(), 401);
        assert_eq!(dial.clone().scenario("room_not_found").refused().status.as_u16(), 404);
        // On other paths, the method does not count.
        assert_eq!(dial.validate().text(), "success");
    });
}

#[test]
fn any_origin_may_connect() {
    let mock = start();
    let dial = Dial::to(&mock).header("origin", "https://anywhere.example");
    assert_eq!(dial.connect().message(), join());
}

#[test]
fn frames_that_are_not_requests_are_skipped() {
    played(&start(), "happy", |mut socket, greeting| {
        assert_eq!(socket.message(), greeting);
        socket.send(&Frame::text("{\"ping\":1}"));
        socket.send(&Frame::text(""));
        socket.send(&Frame::text("in two ").open());
        socket.send(&Frame::new(0, "parts"));
        socket.send(&Frame::binary([0xff; 20]));
        socket.send(&Frame::binary([]));
        // A field that no SignalRequest has.
        socket.send(&Frame::binary([0xf8, 0x7f, 1]));
        socket.send(&Frame::new(10, "a pong that nobody asked for"));
        socket.says_nothing();
        answers(&mut socket);
    });
}

#[test]
fn long_messages_are_compressed_if_the_client_offers_it() {
    let mock = start();
    for (offer, compressed) in [
        (None, false),
        (Some(support::socket::CHROMIUM), true),
        (Some("permessage-deflate"), true),
        (Some("x-webkit-deflate-frame, permessage-deflate"), true),
        (Some("x-webkit-deflate-frame"), false),
        // All sockets share an encoder with a full window. Who asks for a smaller one gets plain
        // frames.
        (Some("permessage-deflate; server_max_window_bits=10"), false),
    ] {
        let mut socket = Dial::to(&mock).offer(offer).connect();
        let Seen::Binary { compressed: seen, .. } = socket.next() else { panic!("no join") };
        assert_eq!(seen, compressed, "{offer:?}");
        answers(&mut socket);
        let agreed = socket.head.header("sec-websocket-extensions");
        if compressed {
            let all = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
            assert_eq!(agreed, Some(all));
        }
    }
}

#[test]
fn frames_are_read_in_parts_of_any_size() {
    let mock = start();
    let mut socket = Dial::to(&mock).early(&Frame::ping("with the request")).connect();
    assert_eq!(socket.message(), join());
    assert_eq!(socket.next(), Seen::Pong(b"with the request".to_vec()));

    let two = [Frame::ping("one").encode(), Frame::ping("two").encode()].concat();
    socket.stream.write_all(&two).expect("a socket that takes it");
    assert_eq!(socket.next(), Seen::Pong(b"one".to_vec()));
    assert_eq!(socket.next(), Seen::Pong(b"two".to_vec()));

    for byte in Frame::ping("byte by byte").encode() {
        socket.stream.write_all(&[byte]).expect("a socket that takes it");
        thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(socket.next(), Seen::Pong(b"byte by byte".to_vec()));
}
