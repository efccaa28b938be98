//! `join_request`: what a v1 client says of itself.

mod support;

use std::{collections::HashMap, io::Write as _};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use flate2::{Compression, write::GzEncoder};
use livekit_mock::Mock;
use livekit_protocol::{
    ClientInfo, JoinRequest, JoinResponse, LeaveRequest, WrappedJoinRequest,
    signal_request::Message as Request, signal_response::Message as Response,
};
use prost::Message as _;
use serde_json::json;
use support::socket::{CHROMIUM, Dial, PATHS, Socket, wrapped};

fn start() -> Mock {
    Mock::builder().regions(1).start_blocking().expect("a server on a free port")
}

fn attributes<const N: usize>(pairs: [(&str, &str); N]) -> HashMap<String, String> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn reconnecting() -> JoinRequest {
    let participant_sid = "PA_MOCK".to_owned();
    JoinRequest { reconnect: true, participant_sid, ..JoinRequest::default() }
}

fn bringing(control: &str) -> JoinRequest {
    let participant_attributes = attributes([("lk.mock", control)]);
    JoinRequest { participant_attributes, ..JoinRequest::default() }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("a vector takes anything");
    encoder.finish().expect("a vector takes anything")
}

fn joins(socket: &mut Socket) -> JoinResponse {
    match socket.message() {
        Response::Join(join) => join,
        other => panic!("{other:?} in place of a join"),
    }
}

fn reconnects(socket: &mut Socket) {
    assert!(socket.head.warnings().is_empty(), "{:?}", socket.head.warnings());
    let Response::Reconnect(reconnect) = socket.message() else { panic!("no reconnect") };
    assert_eq!(reconnect.server_info.expect("an info").node_id, "MOCK_NODE");
}

#[test]
fn is_read_in_every_wrapping() {
    let mock = start();
    // With bytes that differ between the alphabets, in base64 of either kind.
    let request = JoinRequest { metadata: "\u{7ff}\u{fffd}?>~".repeat(9), ..reconnecting() };
    for (compression, inner) in [(0, request.encode_to_vec()), (1, gzip(&request.encode_to_vec()))]
    {
        let bytes = WrappedJoinRequest { compression, join_request: inner }.encode_to_vec();
        for parameter in [
            STANDARD.encode(&bytes),
            STANDARD_NO_PAD.encode(&bytes),
            URL_SAFE.encode(&bytes),
            URL_SAFE_NO_PAD.encode(&bytes),
            // A plus that was left as it is arrives as a space.
            STANDARD.encode(&bytes).replace('+', " "),
        ] {
            for offer in [None, Some(CHROMIUM)] {
                let dial = Dial::to(&mock).v1().offer(offer).query("join_request", &parameter);
                reconnects(&mut dial.connect());
            }
        }
    }
}

#[test]
fn a_join_is_no_reconnect() {
    let mock = start();
    let client_info = Some(ClientInfo { version: "2.16.0".to_owned(), ..ClientInfo::default() });
    let request = JoinRequest { client_info, ..JoinRequest::default() };
    let mut socket = Dial::to(&mock).v1().join_request(&request).connect();
    assert_eq!(joins(&mut socket).participant.expect("a participant").identity, "alice");
    // The query may still say it.
    reconnects(&mut Dial::to(&mock).v1().join_request(&request).reconnecting().connect());
}

#[test]
fn leave_during_reconnect_works() {
    let mock = start();
    let dial = Dial::to(&mock).v1().scenario("leave_during_reconnect");
    joins(&mut dial.clone().join_request(&JoinRequest::default()).connect());
    let mut socket = dial.join_request(&reconnecting()).connect();
    assert!(matches!(socket.message(), Response::Leave(_)));
    socket.request(Request::Leave(LeaveRequest::default()));
    socket.says_nothing();
}

#[test]
fn its_attributes_carry_the_control() {
    let mock = start();
    let request = bringing(r#"{"script":[{"send":{"pong":7}}]}"#);
    let mut socket = Dial::to(&mock).v1().join_request(&request).connect();
    assert_eq!(socket.message(), Response::Pong(7));
    let dial = Dial::to(&mock).v1().join_request(&bringing(r#"{"signal":"room_not_found"}"#));
    assert_eq!(dial.refused().status.as_u16(), 404);
    assert_eq!(dial.validate().text(), "requested room does not exist");
}

#[test]
fn its_attributes_win_over_the_tokens() {
    let mock = start();
    let in_token = json!({
        "lk.mock": r#"{"signal":"room_not_found"}"#, "kept": "token", "both": "token",
    });
    let mut request = bringing(r#"{"signal":"happy"}"#);
    request.participant_attributes.extend(attributes([("both", "client"), ("own", "client")]));
    let dial = Dial::to(&mock).v1().claim("attributes", in_token);
    let mut socket = dial.clone().join_request(&request).connect();
    let participant = joins(&mut socket).participant.expect("a participant");
    let expected = attributes([
        ("lk.mock", r#"{"signal":"happy"}"#),
        ("kept", "token"),
        ("both", "client"),
        ("own", "client"),
    ]);
    assert_eq!(participant.attributes, expected);
    // One without the attribute leaves the token's.
    assert_eq!(dial.join_request(&reconnecting()).refused().status.as_u16(), 404);
}

#[test]
fn its_metadata_wins_over_the_tokens() {
    let mock = start();
    let dial = Dial::to(&mock).v1().claim("metadata", json!("token"));
    for (metadata, expected) in [("client", "client"), ("", "token")] {
        let request = JoinRequest {
            metadata: metadata.to_owned(),
            participant_sid: "PA_1".to_owned(),
            ..JoinRequest::default()
        };
        let mut socket = dial.clone().join_request(&request).connect();
        let participant = joins(&mut socket).participant.expect("a participant");
        assert_eq!(participant.metadata, expected);
    }
}

#[test]
fn a_broken_one_is_ignored_and_warned_of() {
    let mock = start();
    let sound = reconnecting().encode_to_vec();
    let mut cut = gzip(&sound);
    cut.truncate(cut.len() / 2);
    for (parameter, why) in [
        ("%%%".to_owned(), "it is no base64"),
        (STANDARD.encode([0xff; 9]), "it holds no WrappedJoinRequest"),
        (wrapped(0, vec![0xff; 9]), "it holds no JoinRequest"),
        (wrapped(1, sound), "its gzip is broken"),
        (wrapped(1, cut), "its gzip is broken"),
        (wrapped(1, gzip(&vec![0; (1 << 20) + 1])), "it inflates to more than 1048576 bytes"),
        (wrapped(1, gzip(&vec![0; 40 << 20])), "it inflates to more than 1048576 bytes"),
    ] {
        let dial = Dial::to(&mock).v1().query("join_request", &parameter);
        let mut socket = dial.connect();
        for warnings in [socket.head.warnings(), dial.validate().warnings()] {
            let [warning] = warnings[..] else { panic!("{why}: {warnings:?}") };
            let expected = format!("join_request: ignored, {why}");
            assert!(warning.starts_with(&expected), "{why}: {warning}");
        }
        joins(&mut socket);
        let strict = dial.control(&json!({"strict": true})).refused();
        assert_eq!(strict.status.as_u16(), 400);
        assert!(strict.text().contains(why), "{}", strict.text());
        assert!(strict.text().starts_with("strict refuses "), "{}", strict.text());
    }
}

#[test]
fn one_of_a_mebibyte_is_read() {
    let mock = start();
    let mut request = reconnecting();
    request.metadata = "m".repeat((1 << 20) - 20);
    let inner = request.encode_to_vec();
    assert!(inner.len() <= 1 << 20);
    let dial = Dial::to(&mock).v1().query("join_request", &wrapped(1, gzip(&inner)));
    reconnects(&mut dial.connect());
}

#[test]
fn the_first_path_does_not_know_it() {
    let mock = start();
    let mut request = bringing(r#"{"signal":"room_not_found"}"#);
    request.reconnect = true;
    let dial = Dial::to(&mock).join_request(&request);
    joins(&mut dial.connect());
    assert_eq!(dial.validate().text(), "success");
    joins(&mut Dial::to(&mock).query("join_request", "%%%").connect());
}

#[test]
fn without_one_a_join_says_nothing_of_the_tokens_attributes() {
    let mock = start();
    for dial in PATHS.map(|path| Dial::to(&mock).path(path)) {
        let mut socket = dial.scenario("happy").claim("metadata", json!("token")).connect();
        let participant = joins(&mut socket).participant.expect("a participant");
        assert!(participant.attributes.is_empty() && participant.metadata.is_empty());
    }
}
