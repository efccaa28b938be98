//! The examples of `docs/SIGNALLING.md`, read from there.

mod support;

use std::{fs, time::Duration};

use livekit_mock::Mock;
use livekit_protocol::{
    AddTrackRequest, LeaveRequest, Ping, leave_request, participant_info,
    signal_request::Message as Request, signal_response::Message as Response,
};
use support::socket::{Dial, Seen, Socket, everywhere};

fn document() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/SIGNALLING.md");
    fs::read_to_string(path).expect("the document")
}

/// Plays the example of this number, which must have no mistakes.
fn example(number: usize, check: impl Fn(&Mock, Dial) + Sync) {
    let document = document();
    let example = document.split("```json\n").nth(number).expect("an example");
    let (control, _) = example.split_once("```").expect("the end of the example");
    let mock = Mock::builder().regions(2).start_blocking().expect("a server on free ports");
    everywhere(&mock, |dial| {
        let dial = dial.control_text(control);
        let last = dial.clone().region(&mock, 1).validate();
        assert_eq!((last.text(), &last.warnings()[..]), ("success", &[][..]));
        check(&mock, dial);
    });
}

fn joined(socket: &mut Socket) {
    assert!(matches!(socket.message(), Response::Join(_)));
}

#[test]
fn a_second_participant_comes_and_goes() {
    example(1, |_, dial| {
        let mut socket = dial.connect();
        joined(&mut socket);
        for state in [participant_info::State::Active, participant_info::State::Disconnected] {
            let Response::Update(update) = socket.message() else { panic!("no update") };
            let [bob] = &update.participants[..] else { panic!("{update:?}") };
            assert_eq!((&*bob.identity, bob.state()), ("bob", state));
        }
        socket.took(200);
    });
}

#[test]
fn the_server_goes_down_and_the_client_resumes() {
    example(2, |_, dial| {
        let mut socket = dial.connect();
        joined(&mut socket);
        let Response::Leave(leave) = socket.message() else { panic!("no leave") };
        assert_eq!(leave.action(), leave_request::Action::Resume);
        assert_eq!(socket.next(), Seen::Fin);
        let mut socket = dial.reconnecting().connect();
        assert!(matches!(socket.message(), Response::Reconnect(_)));
        socket.says_nothing();
    });
}

#[test]
fn the_server_hangs_after_the_first_ping() {
    example(3, |_, dial| {
        let mut socket = dial.connect();
        joined(&mut socket);
        socket.request(Request::PingReq(Ping::default()));
        assert!(matches!(socket.message(), Response::PongResp(_)));
        socket.request(Request::PingReq(Ping::default()));
        socket.request(Request::Leave(LeaveRequest::default()));
        socket.says_nothing();
    });
}

#[test]
fn the_connection_breaks_in_the_middle_of_publishing() {
    example(4, |_, dial| {
        let mut socket = dial.connect();
        joined(&mut socket);
        socket.request(Request::AddTrack(AddTrackRequest::default()));
        assert_eq!(socket.next(), Seen::Rst);
    });
}

#[test]
fn region_0_is_overloaded() {
    example(5, |mock, dial| {
        let started = std::time::Instant::now();
        assert_eq!(dial.validate().status.as_u16(), 503);
        assert_eq!(dial.refused().status.as_u16(), 503);
        assert!(started.elapsed() >= Duration::from_millis(200));
        joined(&mut dial.region(mock, 1).connect());
    });
}

#[test]
fn every_documented_scenario_exists() {
    let document = document();
    let (_, table) = document.split_once("| scenario |").expect("the table");
    let (table, _) = table.split_once("\n\n").expect("its end");
    let names: Vec<&str> = table.lines().skip(2).filter_map(|row| row.split('`').nth(1)).collect();
    assert_eq!(names.len(), 17);
    let mock = Mock::builder().regions(1).start_blocking().expect("a server on a free port");
    for name in names {
        assert!(Dial::to(&mock).scenario(name).validate().warnings().is_empty(), "{name}");
    }
}
