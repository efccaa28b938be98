//! What a client asks the server to pretend, as the `simulateScenario` of the SDKs does.
#![cfg(feature = "rtc")]

mod support;

use livekit_mock::Mock;
use livekit_protocol::{
    CandidateProtocol, DisconnectReason, SimulateScenario, leave_request::Action,
    request_response::Reason, signal_request::Message as Request,
    signal_response::Message as Response, simulate_scenario::Scenario,
};
use support::{
    peer::{Client, answer, described, joined, start},
    socket::{Dial, Frame, Seen, Socket},
};

fn ask(socket: &mut Socket, scenario: Scenario) {
    socket.request(Request::Simulate(SimulateScenario { scenario: Some(scenario) }));
}

/// A connected client that asks for this, and how it comes back: with the same token.
fn client(mock: &Mock, scenario: Scenario) -> (Client, Dial) {
    let dial = Dial::to(mock);
    let dial = dial.clone().token(&dial.signed());
    let mut client = Client::connect(&dial);
    ask(&mut client.socket, scenario);
    (client, dial.reconnecting())
}

fn left(socket: &mut Socket) -> (DisconnectReason, Action) {
    let Response::Leave(leave) = socket.message() else { panic!("no leave") };
    (leave.reason(), leave.action())
}

/// The client goes on with its peer connection.
fn resumes(client: &mut Client, mut socket: Socket) {
    let offer = client.peer.offers(|changes| {
        changes.ice_restart(true);
    });
    socket.request(Request::Offer(described(offer, 2)));
    let sdp = answer(&mut socket, 2);
    client.peer.takes(&sdp);
}

#[test]
fn the_client_is_heard_for_a_while() {
    let mock = start();
    let (mut client, _) = client(&mock, Scenario::SpeakerUpdate(1));
    for active in [true, false] {
        let Response::SpeakersChanged(changed) = client.socket.message() else { panic!("none") };
        let [speaker] = &changed.speakers[..] else { panic!("{changed:?}") };
        assert_eq!((speaker.sid.as_str(), speaker.active), ("PA_MOCK", active));
    }
}

#[test]
fn after_a_migration_the_client_resumes() {
    let mock = start();
    let (mut client, dial) = client(&mock, Scenario::Migration(true));
    assert_eq!(client.socket.next(), Seen::Fin);
    let mut socket = dial.connect();
    assert!(matches!(socket.message(), Response::Reconnect(_)));
    resumes(&mut client, socket);
}

#[test]
fn after_a_node_failure_the_client_joins_anew() {
    let mock = start();
    let (mut client, dial) = client(&mock, Scenario::NodeFailure(true));
    assert_eq!(client.socket.next(), Seen::Rst);
    assert_eq!(left(&mut dial.connect()), (DisconnectReason::StateMismatch, Action::Reconnect));
    joined(&mut Dial::to(&mock).connect());
}

#[test]
fn the_server_leaves() {
    for (scenario, action) in [
        (Scenario::ServerLeave(true), Action::Disconnect),
        (Scenario::LeaveRequestFullReconnect(true), Action::Reconnect),
    ] {
        let mock = start();
        let (mut client, _) = client(&mock, scenario);
        assert_eq!(left(&mut client.socket), (DisconnectReason::ServerShutdown, action));
    }
}

#[test]
fn the_signalling_ends_once_more_while_the_client_resumes() {
    for (scenario, greets) in [
        (Scenario::DisconnectSignalOnResume(true), true),
        (Scenario::DisconnectSignalOnResumeNoMessages(true), false),
    ] {
        let mock = start();
        let (mut client, dial) = client(&mock, scenario);
        // What was asked for has been read once this is answered.
        client.socket.request(Request::Ping(1));
        assert!(matches!(client.socket.message(), Response::Pong(_)));
        client.socket.send(&Frame::close(1000, b""));
        assert_eq!(client.socket.next(), Seen::Close(Some(1000), String::new()));
        let mut first = dial.connect();
        if greets {
            assert!(matches!(first.message(), Response::Reconnect(_)));
        }
        assert_eq!(first.next(), Seen::Fin);
        let mut second = dial.connect();
        assert!(matches!(second.message(), Response::Reconnect(_)));
        resumes(&mut client, second);
    }
}

#[test]
fn what_there_is_not_is_answered() {
    for scenario in [
        Scenario::SwitchCandidateProtocol(CandidateProtocol::Tcp.into()),
        Scenario::SubscriberBandwidth(1000),
    ] {
        let mock = start();
        let (mut client, _) = client(&mock, scenario);
        let Response::RequestResponse(response) = client.socket.message() else { panic!("none") };
        assert_eq!(response.reason(), Reason::UnsupportedType);
        assert!(response.message.contains("here"), "{response:?}");
    }
}

#[test]
fn without_rooms_nothing_is_pretended() {
    let mock = Mock::builder().regions(1).rtc(false).start_blocking().expect("a server");
    let mut socket = Dial::to(&mock).connect();
    joined(&mut socket);
    ask(&mut socket, Scenario::NodeFailure(true));
    socket.request(Request::Ping(1));
    assert!(matches!(socket.message(), Response::Pong(_)));
}
