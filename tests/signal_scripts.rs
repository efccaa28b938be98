//! The script language: each step over a real socket, and scripts with mistakes.

mod support;

use livekit_mock::Mock;
use livekit_protocol::{
    DisconnectReason, LeaveRequest, MuteTrackRequest, Ping, Pong, SpeakersChanged,
    UpdateParticipantMetadata, leave_request, signal_request::Message as Request,
    signal_response::Message as Response,
};
use serde_json::{Value, json};
use support::socket::{Dial, Frame, Seen, Socket, everywhere};

fn start() -> Mock {
    Mock::builder().regions(1).start_blocking().expect("a server on a free port")
}

fn strict() -> Mock {
    Mock::builder().regions(1).strict(true).start_blocking().expect("a server on a free port")
}

/// Plays a script on both paths, with and without compression. There must be no warnings.
fn play(script: &Value, check: impl Fn(Socket) + Sync) {
    everywhere(&start(), |dial| {
        let socket = dial.script(script).connect();
        assert!(socket.head.warnings().is_empty(), "{:?}", socket.head.warnings());
        check(socket);
    });
}

fn ping(socket: &mut Socket) {
    socket.request(Request::Ping(1));
    assert!(matches!(socket.message(), Response::Pong(_)));
}

fn leave(socket: &mut Socket) {
    socket.request(Request::Leave(LeaveRequest::default()));
}

fn joined(socket: &mut Socket) {
    let Response::Join(join) = socket.message() else { panic!("no join") };
    assert_eq!(join.participant.expect("a participant").identity, "alice");
    assert_eq!(join.server_info.expect("an info").node_id, "MOCK_NODE");
}

fn reconnected(socket: &mut Socket) {
    let Response::Reconnect(reconnect) = socket.message() else { panic!("no reconnect") };
    assert_eq!(reconnect.server_info.expect("an info").node_id, "MOCK_NODE");
}

fn left(socket: &mut Socket, reason: DisconnectReason, action: leave_request::Action) {
    let expected =
        LeaveRequest { reason: reason.into(), action: action.into(), ..LeaveRequest::default() };
    assert_eq!(socket.message(), Response::Leave(expected));
}

#[test]
fn the_example_of_the_documentation() {
    let script = json!([{"send":{"join":{}}},{"wait":200},{"send":{"leave":{"action":"RECONNECT"}}},{"expect":"leave"},{"close":{"code":1011,"reason":"bye"}}]);
    play(&script, |mut socket| {
        joined(&mut socket);
        left(&mut socket, DisconnectReason::UnknownReason, leave_request::Action::Reconnect);
        socket.took(200);
        ping(&mut socket);
        leave(&mut socket);
        socket.closes(1011, "bye");
    });
}

#[test]
fn send_fills_what_is_empty() {
    let script = json!([
        {"send": {"join": {}}}, {"send": {"reconnect": {}}}, {"send": {"leave": {}}},
        {"send": {"pong": {}}}, {"send": {"pongResp": {}}}, {"send": {"pong_resp": {}}},
    ]);
    play(&script, |mut socket| {
        joined(&mut socket);
        reconnected(&mut socket);
        left(&mut socket, DisconnectReason::ServerShutdown, leave_request::Action::Disconnect);
        assert!(matches!(socket.message(), Response::Pong(1_700_000_000_000..)));
        for _ in 0..2 {
            let Response::PongResp(pong) = socket.message() else { panic!("no pong_resp") };
            assert!(pong.last_ping_timestamp == 0 && pong.timestamp > 1_700_000_000_000);
        }
        // After the script, it goes on as happy.
        ping(&mut socket);
        leave(&mut socket);
        socket.closes(1000, "");
    });
}

#[test]
fn send_fills_a_leave_with_the_action_of_the_control() {
    let mock = start();
    let control = json!({"leaveAction": "RESUME", "script": [{"send": {"leave": {}}}]});
    let mut socket = Dial::to(&mock).control(&control).connect();
    left(&mut socket, DisconnectReason::ServerShutdown, leave_request::Action::Resume);
}

#[test]
fn send_sends_any_response_unchanged() {
    let script = json!([
        {"send": {"pong": "42"}},
        {"send": {"pongResp": {"lastPingTimestamp": "7", "timestamp": 8}}},
        {"send": {"leave": {"reason": "ROOM_DELETED", "action": "RESUME"}}},
        {"send": {"refresh_token": "token"}},
        {"send": {"speakersChanged": {"speakers": [{"sid": "PA_1", "level": 0.5, "active": true}]}}},
        {"send": {"speakersChanged": {}}},
    ]);
    play(&script, |mut socket| {
        assert_eq!(socket.message(), Response::Pong(42));
        let pong = Pong { last_ping_timestamp: 7, timestamp: 8 };
        assert_eq!(socket.message(), Response::PongResp(pong));
        left(&mut socket, DisconnectReason::RoomDeleted, leave_request::Action::Resume);
        assert_eq!(socket.message(), Response::RefreshToken("token".into()));
        let Response::SpeakersChanged(changed) = socket.message() else { panic!("no speakers") };
        assert_eq!(changed.speakers[0].sid, "PA_1");
        assert_eq!(socket.message(), Response::SpeakersChanged(SpeakersChanged::default()));
    });
}

#[test]
fn wait_answers_in_the_meantime() {
    play(
        &json!([{"wait": 150}, {"send": {"pong": 1}}, {"wait": 0}, {"close": {"code": 3000}}]),
        |mut socket| {
            ping(&mut socket);
            assert_eq!(socket.message(), Response::Pong(1));
            socket.took(150);
            socket.closes(3000, "");
        },
    );
}

#[test]
fn wait_ends_when_the_client_leaves() {
    play(&json!([{"wait": u64::MAX}]), |mut socket| {
        leave(&mut socket);
        socket.closes(1000, "");
    });
}

#[test]
fn expect_waits_for_a_request_and_does_not_answer_it() {
    let script = json!([{"expect": "pingReq"}, {"send": {"pong": 1}}, {"expect": "ping_req"}, {"send": {"pong": 2}}]);
    play(&script, |mut socket| {
        ping(&mut socket);
        socket.request(Request::PingReq(Ping::default()));
        assert_eq!(socket.message(), Response::Pong(1));
        ping(&mut socket);
        socket.request(Request::PingReq(Ping::default()));
        assert_eq!(socket.message(), Response::Pong(2));
        socket.request(Request::PingReq(Ping::default()));
        assert!(matches!(socket.message(), Response::PongResp(_)));
    });
}

#[test]
fn expect_gives_up_after_its_timeout() {
    let script = json!([{"expect": "offer", "timeout": 100}, {"send": {"pong": 1}}]);
    play(&script, |mut socket| {
        ping(&mut socket);
        assert_eq!(socket.message(), Response::Pong(1));
        socket.took(100);
    });
}

#[test]
fn expect_before_its_timeout_goes_on_at_once() {
    let script = json!([{"expect": "ping", "timeout": 600_000}, {"send": {"pong": 1}}]);
    play(&script, |mut socket| {
        socket.request(Request::Ping(1));
        assert_eq!(socket.message(), Response::Pong(1));
    });
}

#[test]
fn expect_close_leaves_the_reply_to_the_script() {
    let script = json!([{"expect": "close"}, {"close": {"code": 1012, "reason": "later"}}]);
    play(&script, |mut socket| {
        socket.send(&Frame::close(1000, b""));
        socket.closes(1012, "later");
    });
}

#[test]
fn close_has_its_code_and_reason() {
    let longest = "é".repeat(61);
    for (code, reason) in [(1000, ""), (1011, "bye"), (1013, ""), (3999, &*longest), (4999, "x")] {
        play(&json!([{"close": {"code": code, "reason": reason}}]), |mut socket| {
            socket.closes(code, reason);
        });
    }
}

#[test]
fn drop_closes_normally_and_without_a_frame() {
    for nothing in [json!({}), json!(true), json!(null)] {
        play(&json!([{"greet": {}}, {"drop": nothing}]), |mut socket| {
            joined(&mut socket);
            assert_eq!(socket.next(), Seen::Fin);
        });
    }
}

#[test]
fn reset_is_a_rst() {
    play(&json!([{"greet": {}}, {"expect": "ping"}, {"reset": {}}]), |mut socket| {
        joined(&mut socket);
        socket.request(Request::Ping(1));
        assert_eq!(socket.next(), Seen::Rst);
    });
    play(&json!([{"reset": {}}]), |mut socket| assert_eq!(socket.next(), Seen::Rst));
}

#[test]
fn answer_switches_answers_off_and_on() {
    let script =
        json!([{"answer": false}, {"expect": "offer"}, {"answer": true}, {"send": {"pong": 1}}]);
    play(&script, |mut socket| {
        socket.request(Request::Ping(1));
        leave(&mut socket);
        socket.says_nothing();
        socket.request(Request::Offer(livekit_protocol::SessionDescription::default()));
        assert_eq!(socket.message(), Response::Pong(1));
        ping(&mut socket);
        leave(&mut socket);
        socket.closes(1000, "");
    });
}

#[test]
fn answer_may_name_what_is_answered() {
    play(&json!([{"answer": ["pingReq", "update_metadata"]}]), |mut socket| {
        socket.request(Request::Ping(1));
        leave(&mut socket);
        socket.request(Request::PingReq(Ping::default()));
        assert!(matches!(socket.message(), Response::PongResp(_)));
        socket.request(Request::UpdateMetadata(UpdateParticipantMetadata::default()));
        assert!(matches!(socket.message(), Response::RequestResponse(_)));
        socket.says_nothing();
    });
}

#[test]
fn refuse_says_the_same_to_validate() {
    let mock = start();
    for (script, status, body) in [
        (json!([{"refuse": {"status": 503, "body": "come back later"}}]), 503, "come back later"),
        (json!([{"refuse": {"status": 429}}, {"greet": {}}]), 429, ""),
        (json!([{"refuse": {"status": 200, "body": "no socket"}}]), 200, "no socket"),
        (json!([{"refuse": {"status": 204, "body": "can't have one"}}]), 204, ""),
    ] {
        everywhere(&mock, |dial| {
            let dial = dial.script(&script);
            for answer in [dial.refused(), dial.validate()] {
                assert_eq!((answer.status.as_u16(), answer.text()), (status, body));
                assert!(answer.warnings().is_empty(), "{:?}", answer.warnings());
            }
        });
    }
}

#[test]
fn refuse_may_say_more_to_validate() {
    let mock = start();
    let script = json!([{"refuse": {"status": 404, "body": "", "validateBody": "no such room"}}]);
    everywhere(&mock, |dial| {
        let dial = dial.script(&script);
        assert_eq!(dial.refused().text(), "");
        assert_eq!(dial.validate().text(), "no such room");
    });
}

#[test]
fn greet_joins_or_reconnects() {
    let mock = start();
    everywhere(&mock, |dial| {
        let dial = dial.script(&json!([{"greet": {}}]));
        joined(&mut dial.connect());
        reconnected(&mut dial.reconnecting().connect());
    });
}

#[test]
fn on_reconnect_plays_other_steps() {
    let script = json!([
        {"send": {"pong": 1}},
        {"onReconnect": [{"send": {"pong": 2}}, {"close": {"code": 4000}}]},
        {"send": {"pong": 3}},
    ]);
    let mock = start();
    everywhere(&mock, |dial| {
        let dial = dial.script(&script);
        let mut socket = dial.connect();
        assert_eq!(socket.message(), Response::Pong(1));
        assert_eq!(socket.message(), Response::Pong(3));
        let mut socket = dial.reconnecting().connect();
        assert_eq!(socket.message(), Response::Pong(1));
        assert_eq!(socket.message(), Response::Pong(2));
        socket.closes(4000, "");
    });
}

#[test]
fn a_reconnect_alone_may_be_refused_and_a_join_alone() {
    let mock = start();
    let dial = Dial::to(&mock)
        .script(&json!([{"onReconnect": [{"refuse": {"status": 500}}]}, {"greet": {}}]));
    joined(&mut dial.connect());
    assert_eq!(dial.validate().status.as_u16(), 200);
    let dial = dial.reconnecting();
    assert_eq!(dial.refused().status.as_u16(), 500);
    assert_eq!(dial.validate().status.as_u16(), 500);

    let dial = Dial::to(&mock)
        .script(&json!([{"onReconnect": [{"greet": {}}]}, {"refuse": {"status": 500}}]));
    assert_eq!(dial.refused().status.as_u16(), 500);
    reconnected(&mut dial.reconnecting().connect());
}

#[test]
fn an_empty_script_only_answers() {
    play(&json!([]), |mut socket| {
        socket.says_nothing();
        ping(&mut socket);
    });
}

/// Scripts that can't be played, and the warning about each.
fn broken() -> Vec<(Value, &'static str)> {
    vec![
        (json!("happy"), "a script is a list of steps"),
        (json!([{"wiat": 1}]), "step 1: unknown step \"wiat\", did you mean \"wait\"?"),
        (json!([{}]), "step 1: must be an object with one step"),
        (json!([{"greet": {}}, {"wait": "1"}]), "step 2: wait must be a number of milliseconds"),
        (json!([{"wait": 1.5}]), "step 1: wait must be a number of milliseconds, not 1.5"),
        (json!([{"wait": 1, "drop": {}}]), "does not belong to"),
        (json!([{"expect": "ping", "timeout": -1}]), "timeout must be a number of milliseconds"),
        (json!([{"expect": "png"}]), "no SignalRequest is named \"png\""),
        (json!([{"send": {"jion": {}}}]), "send must be a SignalResponse"),
        (json!([{"send": {"leave": {"action": "AGAIN"}}}]), "send must be a SignalResponse"),
        (json!([{"send": {}}]), "send must be a SignalResponse"),
        (json!([{"send": {"pong": 1, "leave": {}}}]), "send must be a SignalResponse"),
        (json!([{"close": {"code": 1005}}]), "a close frame can't hold the code 1005"),
        (json!([{"close": {"code": 1011, "reason": "x".repeat(124)}}]), "at most 123 bytes"),
        (json!([{"close": {"code": 1011, "why": "x"}}]), "unknown field `why`"),
        (json!([{"answer": "no"}]), "answer must be true, false or a list of requests"),
        (json!([{"answer": ["pong"]}]), "no SignalRequest is named \"pong\""),
        (json!([{"greet": {}}, {"refuse": {"status": 500}}]), "refuse must be the first step"),
        (
            json!([{"onReconnect": [{"greet": {}}, {"refuse": {"status": 500}}]}]),
            "refuse must be the first step",
        ),
        (
            json!([{"greet": {}}, {"onReconnect": [{"refuse": {"status": 500}}]}]),
            "refuse must be the first step",
        ),
        (json!([{"onReconnect": [{"wiat": 1}]}]), "step 1: onReconnect: step 1: unknown step"),
    ]
}

#[test]
fn for_a_broken_script_happy_is_played_with_a_warning() {
    let mock = start();
    for (script, problem) in broken() {
        let dial = Dial::to(&mock).script(&script);
        let mut socket = dial.connect();
        for warnings in [socket.head.warnings(), dial.validate().warnings()] {
            let [warning] = warnings[..] else { panic!("{script}: {warnings:?}") };
            assert!(warning.contains(problem), "{script}: {warning}");
            assert!(warning.starts_with("script: happy is played instead: "), "{warning}");
        }
        joined(&mut socket);
        ping(&mut socket);
    }
}

#[test]
fn a_broken_script_is_refused_where_the_server_is_strict() {
    let mock = strict();
    for (script, problem) in broken() {
        let dial = Dial::to(&mock).script(&script);
        for answer in [dial.refused(), dial.validate()] {
            assert_eq!(answer.status.as_u16(), 400, "{script}");
            assert!(answer.text().contains(problem), "{script}: {}", answer.text());
        }
    }
    joined(&mut Dial::to(&mock).script(&json!([{"greet": {}}])).connect());
}

#[test]
fn strictness_can_be_asked_for_by_the_control() {
    let mock = start();
    let control = json!({"strict": true, "script": [{"wiat": 1}]});
    let answer = Dial::to(&mock).control(&control).refused();
    assert_eq!(answer.status.as_u16(), 400);
    assert!(answer.text().contains("did you mean \"wait\"?"), "{}", answer.text());
}

#[test]
fn a_scenario_beside_a_script_is_warned_of() {
    let mock = start();
    let control = json!({"signal": "room_not_found", "script": [{"send": {"pong": 1}}]});
    let mut socket = Dial::to(&mock).control(&control).connect();
    assert_eq!(socket.message(), Response::Pong(1));
    let warnings = socket.head.warnings();
    assert_eq!(warnings, ["signal: has no effect beside a script"]);
}

#[test]
fn a_long_script_is_played_to_its_end() {
    let steps: Vec<Value> = (0..500).map(|number| json!({"send": {"pong": number}})).collect();
    let mock = start();
    let mut socket = Dial::to(&mock).script(&json!(steps)).connect();
    for number in 0..500 {
        assert_eq!(socket.message(), Response::Pong(number));
    }
}

/// Also those that come in the moment that a round takes at least.
#[test]
fn a_repeated_step_misses_no_request() {
    const REQUESTS: i64 = 20;
    let script = json!([{"repeat": [{"expect": "mute"}, {"send": {"pong": "7"}}]}]);
    play(&script, |mut socket| {
        for _ in 0..REQUESTS {
            socket.request(Request::Mute(MuteTrackRequest::default()));
        }
        for _ in 0..REQUESTS {
            assert_eq!(socket.message(), Response::Pong(7));
        }
    });
}
