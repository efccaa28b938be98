//! `join_request`: what a client says about itself, on `/rtc/v1` and, since October's reference, on
//! `/rtc`.

mod support;

use std::{collections::HashMap, io::Write as _};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use flate2::{Compression, write::GzEncoder};
use livekit_mock::{Mock, Reference};
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

/// Why a real server refuses the base64 of a parameter.
const ALPHABET: &str = "its base64 is of the standard alphabet (+ and /)";
const PADDING: &str = "its base64 lacks its padding (=)";
const BOTH: &str = "its base64 is of the standard alphabet (+ and /) and lacks its padding (=)";

/// A request in every kind of base64, and the warning about each.
fn spellings(bytes: &[u8]) -> [(String, Option<&'static str>); 6] {
    let (standard, bare) = (STANDARD.encode(bytes), STANDARD_NO_PAD.encode(bytes));
    [
        (URL_SAFE.encode(bytes), None),
        (URL_SAFE_NO_PAD.encode(bytes), Some(PADDING)),
        // A plus that is not escaped arrives as a space.
        (standard.replace('+', " "), Some(ALPHABET)),
        (standard, Some(ALPHABET)),
        (bare.replace('+', " "), Some(BOTH)),
        (bare, Some(BOTH)),
    ]
}

#[test]
fn is_read_in_every_wrapping() {
    let mock = start();
    // With bytes that differ between the alphabets, and a length that needs padding.
    let request = JoinRequest { metadata: "\u{7ff}\u{fffd}?>~".repeat(9), ..reconnecting() };
    for (compression, inner) in [(0, request.encode_to_vec()), (1, gzip(&request.encode_to_vec()))]
    {
        let mut bytes = WrappedJoinRequest { compression, join_request: inner }.encode_to_vec();
        while bytes.len().is_multiple_of(3) {
            // An unknown field, to change the length.
            bytes.extend([0x78, 1]);
        }
        for (parameter, problem) in spellings(&bytes) {
            for path in PATHS {
                for offer in [None, Some(CHROMIUM)] {
                    let dial = Dial::to(&mock).path(path).offer(offer);
                    let dial = dial.query("join_request", &parameter);
                    let mut socket = dial.connect();
                    assert!(matches!(socket.message(), Response::Reconnect(_)));
                    for warnings in [socket.head.warnings(), dial.validate().warnings()] {
                        let expected = problem.map(|what| format!(
                            "join_request: {what}; a real server takes base64url with padding alone and answers 400"
                        ));
                        assert_eq!(warnings, Vec::from_iter(expected.as_deref()), "{parameter}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_strict_server_refuses_the_base64_that_a_real_one_refuses() {
    let mock = Mock::builder().regions(1).strict(true).start_blocking().expect("a server");
    let request = JoinRequest { metadata: "\u{7ff}\u{fffd}?>~".to_owned(), ..reconnecting() };
    let mut bytes = WrappedJoinRequest { compression: 0, join_request: request.encode_to_vec() }
        .encode_to_vec();
    while bytes.len().is_multiple_of(3) {
        bytes.extend([0x78, 1]);
    }
    for (parameter, problem) in spellings(&bytes) {
        for path in PATHS {
            let dial = Dial::to(&mock).path(path).query("join_request", &parameter);
            if problem.is_none() {
                reconnects(&mut dial.connect());
                continue;
            }
            for answer in [dial.refused(), dial.validate()] {
                let text = "cannot base64 decode wrapped join request";
                assert_eq!((answer.status.as_u16(), answer.text()), (400, text), "{parameter}");
                assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
            }
        }
    }
}

#[test]
fn what_a_real_server_accepts_is_accepted_without_a_warning() {
    let mock = Mock::builder().regions(1).strict(true).start_blocking().expect("a server");
    // Line ends between the digits, and surplus bits after the last one.
    let parameter = wrapped(0, reconnecting().encode_to_vec());
    let parted = format!("{}\r\n{}\n", &parameter[..5], &parameter[5..]);
    for path in PATHS {
        reconnects(&mut Dial::to(&mock).path(path).query("join_request", &parted).connect());
        // Two empty messages, with one digit more than necessary.
        let loose = Dial::to(&mock).path(path).query("join_request", "CAB=");
        joins(&mut loose.connect());
        joins(&mut Dial::to(&mock).path(path).query("join_request", "").connect());
    }
}

#[test]
fn a_join_is_not_a_reconnect() {
    let mock = start();
    let client_info = Some(ClientInfo { version: "2.16.0".to_owned(), ..ClientInfo::default() });
    let request = JoinRequest { client_info, ..JoinRequest::default() };
    let mut socket = Dial::to(&mock).v1().join_request(&request).connect();
    assert_eq!(joins(&mut socket).participant.expect("a participant").identity, "alice");
    // The query may still ask for a reconnect.
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
    // Without the attribute, that of the token stays.
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
    let large = "join request too large";
    let garbled = "cannot read decompressed join request";
    for (parameter, why, answer) in [
        ("%%%".to_owned(), "it is no base64", "cannot base64 decode wrapped join request"),
        (
            URL_SAFE.encode([0xff; 9]),
            "it holds no WrappedJoinRequest",
            "cannot unmarshal wrapped join request",
        ),
        (wrapped(0, vec![0xff; 9]), "it holds no JoinRequest", "cannot unmarshal join request"),
        (wrapped(1, sound.clone()), "its gzip is broken", garbled),
        (wrapped(1, cut), "its gzip is broken", garbled),
        (
            wrapped(1, gzip(&vec![0; (1 << 20) + 1])),
            "it inflates to more than 1048576 bytes",
            large,
        ),
        (wrapped(1, gzip(&vec![0; 40 << 20])), "it inflates to more than 1048576 bytes", large),
    ] {
        for path in PATHS {
            let dial = Dial::to(&mock).path(path).query("join_request", &parameter);
            let mut socket = dial.connect();
            for warnings in [socket.head.warnings(), dial.validate().warnings()] {
                let [warning] = warnings[..] else { panic!("{why}: {warnings:?}") };
                let expected = format!("join_request: ignored, {why}");
                assert!(warning.starts_with(&expected), "{why}: {warning}");
                let real = format!("; a real server answers 400 \"{answer}\"");
                assert!(warning.ends_with(&real), "{why}: {warning}");
            }
            joins(&mut socket);
            let dial = dial.control(&json!({"strict": true}));
            for strict in [dial.refused(), dial.validate()] {
                assert_eq!((strict.status.as_u16(), strict.text()), (400, answer), "{why}");
                assert!(strict.warnings()[0].contains(why), "{:?}", strict.warnings());
            }
        }
    }
}

#[test]
fn a_request_with_an_unknown_compression_is_ignored() {
    let mock = start();
    let dial =
        Dial::to(&mock).v1().query("join_request", &wrapped(7, reconnecting().encode_to_vec()));
    let mut socket = dial.connect();
    assert_eq!(socket.head.warnings(), ["join_request: ignored, there is no compression 7"]);
    joins(&mut socket);
    let strict = dial.control(&json!({"strict": true})).refused();
    assert!(strict.text().starts_with("strict refuses "), "{}", strict.text());
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
fn the_first_path_reads_it_too() {
    let mock = start();
    let mut request = bringing(r#"{"leaveAction":"RESUME"}"#);
    request.metadata = "client".to_owned();
    let mut socket = Dial::to(&mock).join_request(&request).connect();
    let participant = joins(&mut socket).participant.expect("a participant");
    assert_eq!(participant.metadata, "client");
    assert_eq!(participant.attributes, request.participant_attributes);
    reconnects(&mut Dial::to(&mock).join_request(&reconnecting()).connect());
    let refused = Dial::to(&mock).join_request(&bringing(r#"{"signal":"room_not_found"}"#));
    assert_eq!(refused.refused().status.as_u16(), 404);
    assert_eq!(refused.validate().text(), "requested room does not exist");
}

#[test]
fn it_reconnects_whatever_the_query_says() {
    let mock = start();
    for path in PATHS {
        for value in ["0", "1", "true"] {
            let dial = Dial::to(&mock).path(path).join_request(&reconnecting());
            reconnects(&mut dial.query("reconnect", value).connect());
        }
    }
}

#[test]
fn the_reference_of_august_ignores_it() {
    let august = Mock::builder().regions(1).reference(Reference::August2026);
    let mock = august.start_blocking().expect("a server on a free port");
    let mut request = reconnecting();
    request.metadata = "client".to_owned();
    request.participant_attributes = attributes([("own", "client")]);
    for path in PATHS {
        let mut socket = Dial::to(&mock).path(path).join_request(&request).connect();
        assert!(socket.head.warnings().is_empty(), "{:?}", socket.head.warnings());
        let participant = joins(&mut socket).participant.expect("a participant");
        assert!(participant.metadata.is_empty() && participant.attributes.is_empty());
        reconnects(&mut Dial::to(&mock).path(path).join_request(&request).reconnecting().connect());
    }
    // A control in it counts with any reference, but not on /rtc, where August's reads nothing.
    let control = bringing(r#"{"signal":"room_not_found"}"#);
    assert_eq!(Dial::to(&mock).v1().join_request(&control).refused().status.as_u16(), 404);
    joins(&mut Dial::to(&mock).join_request(&control).connect());
    joins(&mut Dial::to(&mock).query("join_request", "%%%").connect());
}

#[test]
fn without_one_a_join_does_not_hold_the_tokens_attributes() {
    let mock = start();
    for dial in PATHS.map(|path| Dial::to(&mock).path(path)) {
        let mut socket = dial.scenario("happy").claim("metadata", json!("token")).connect();
        let participant = joins(&mut socket).participant.expect("a participant");
        assert!(participant.attributes.is_empty() && participant.metadata.is_empty());
    }
}
