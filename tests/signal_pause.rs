//! Times in which nothing is read: in three scenarios after the join, in `close_before_join` before
//! it, and in the step `pause`.

mod support;

use std::{
    io::{self, Read as _},
    time::{Duration, Instant},
};

use livekit_mock::Mock;
use livekit_protocol::{
    LeaveRequest, Ping, UpdateParticipantMetadata, signal_request::Message as Request,
    signal_response::Message as Response,
};
use serde_json::json;
use support::socket::{Dial, Frame, Seen, Socket, everywhere};

fn start() -> Mock {
    Mock::builder().regions(1).start_blocking().expect("a server on a free port")
}

/// Plays a scenario, and a script that does the same, on both paths, with and without compression.
fn played(scenario: &str, script: &serde_json::Value, check: impl Fn(Socket) + Sync) {
    everywhere(&start(), |dial| {
        for dial in [dial.clone().scenario(scenario), dial.script(script)] {
            let socket = dial.connect();
            assert!(socket.head.warnings().is_empty(), "{:?}", socket.head.warnings());
            check(socket);
        }
    });
}

fn joined(socket: &mut Socket) {
    assert!(matches!(socket.message(), Response::Join(_)));
}

/// Sends one of every request that is normally answered.
fn asks(socket: &mut Socket) {
    socket.request(Request::Ping(1));
    socket.request(Request::PingReq(Ping { timestamp: 7, rtt: 0 }));
    let (name, request_id) = ("Bob".to_owned(), 77);
    let update = UpdateParticipantMetadata { name, request_id, ..Default::default() };
    socket.request(Request::UpdateMetadata(update));
    socket.send(&Frame::ping("are you there?"));
}

/// Asserts that all of them are answered, in their order.
fn answered(socket: &mut Socket) {
    assert!(matches!(socket.message(), Response::Pong(_)));
    let Response::PongResp(pong) = socket.message() else { panic!("no pong_resp") };
    assert_eq!(pong.last_ping_timestamp, 7);
    let Response::RequestResponse(response) = socket.message() else { panic!("no response") };
    assert_eq!(response.request_id, 77);
    assert_eq!(socket.next(), Seen::Pong(b"are you there?".to_vec()));
}

fn close() -> serde_json::Value {
    json!([{"greet": {}}, {"pause": 200},
        {"close": {"code": 1011, "reason": "mock close_when_connected"}}])
}

fn drops() -> serde_json::Value {
    json!([{"greet": {}}, {"pause": 200}, {"drop": {}}])
}

fn leave() -> serde_json::Value {
    json!([{"greet": {}}, {"pause": 200}, {"send": {"leave": {}}}])
}

#[test]
fn close_when_connected_answers_nothing_before_its_close() {
    played("close_when_connected", &close(), |mut socket| {
        joined(&mut socket);
        asks(&mut socket);
        socket.closes(1011, "mock close_when_connected");
        socket.took(200);
    });
}

#[test]
fn close_when_connected_does_not_read_the_clients_close() {
    played("close_when_connected", &close(), |mut socket| {
        joined(&mut socket);
        socket.send(&Frame::close(4321, b"enough"));
        socket.closes(1011, "mock close_when_connected");
        socket.took(200);
    });
}

#[test]
fn drop_when_connected_answers_nothing_before_its_end() {
    played("drop_when_connected", &drops(), |mut socket| {
        joined(&mut socket);
        asks(&mut socket);
        assert_eq!(socket.next(), Seen::Fin);
        socket.took(200);
    });
    played("drop_when_connected", &drops(), |mut socket| {
        joined(&mut socket);
        socket.send(&Frame::close(4321, b"enough"));
        assert_eq!(socket.next(), Seen::Fin);
        socket.took(200);
    });
}

#[test]
fn leave_when_connected_answers_earlier_requests_after_its_leave() {
    played("leave_when_connected", &leave(), |mut socket| {
        joined(&mut socket);
        asks(&mut socket);
        assert!(matches!(socket.message(), Response::Leave(_)));
        socket.took(200);
        answered(&mut socket);
        asks(&mut socket);
        answered(&mut socket);
        socket.request(Request::Leave(LeaveRequest::default()));
        socket.closes(1000, "");
    });
}

#[test]
fn leave_when_connected_reads_a_close_after_its_leave() {
    for (frame, code) in [(Frame::close(4321, b"enough"), 4321), (Frame::text([0xff]), 1007)] {
        played("leave_when_connected", &leave(), |mut socket| {
            joined(&mut socket);
            socket.send(&frame);
            assert!(matches!(socket.message(), Response::Leave(_)));
            let Seen::Close(Some(seen), _) = socket.next() else { panic!("no close") };
            assert_eq!(seen, code);
            assert_eq!(socket.next(), Seen::Fin);
        });
    }
}

#[test]
fn close_before_join_reads_nothing() {
    let script = json!([{"pause": 50}, {"close": {"code": 1011}}]);
    for first in [Frame::ping("at once"), Frame::close(4321, b"at once")] {
        played("close_before_join", &script, |mut socket| {
            socket.send(&first);
            socket.closes(1011, "");
            socket.took(50);
        });
    }
}

#[test]
fn a_request_that_comes_with_the_upgrade_waits_too() {
    let mock = start();
    let dial = Dial::to(&mock).scenario("leave_when_connected").early(&Frame::ping("early"));
    let mut socket = dial.connect();
    joined(&mut socket);
    assert!(matches!(socket.message(), Response::Leave(_)));
    assert_eq!(socket.next(), Seen::Pong(b"early".to_vec()));
}

#[test]
fn a_wait_goes_on_answering() {
    let script = json!([{"greet": {}}, {"wait": 200}, {"drop": {}}]);
    everywhere(&start(), |dial| {
        let mut socket = dial.script(&script).connect();
        joined(&mut socket);
        asks(&mut socket);
        answered(&mut socket);
        assert_eq!(socket.next(), Seen::Fin);
        socket.took(200);
    });
}

#[tokio::test]
async fn a_stop_of_the_server_ends_a_pause() {
    let mock = start();
    let mut socket = Dial::to(&mock).script(&json!([{"greet": {}}, {"pause": 600_000}])).connect();
    joined(&mut socket);
    // A drop does not wait for anything, not even for the close frame.
    mock.shutdown().await;
    socket.closes(1001, "the server is shutting down");
}

/// The server notices the end of the connection, although a pause reads nothing.
#[cfg(target_os = "linux")]
#[test]
fn a_client_that_disconnects_ends_a_pause() {
    let mock = start();
    for unread in [None, Some(Frame::ping("unread"))] {
        let mut socket = Dial::to(&mock).script(&json!([{"pause": 600_000}])).connect();
        if let Some(frame) = unread {
            socket.send(&frame);
        }
        // Closes only this side, to see the other side's end.
        socket.stream.shutdown(std::net::Shutdown::Write).expect("an open socket");
        let begun = Instant::now();
        let end = socket.stream.read(&mut [0; 16]);
        let ended = matches!(&end, Ok(0))
            || end.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::ConnectionReset);
        assert!(ended, "{end:?}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }
}
