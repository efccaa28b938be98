//! What a strict client of another implementation sees: tungstenite, which fails on everything that
//! a server may not do, from the handshake to the end of TCP.

mod support;

use std::{
    io::{self, Write as _},
    net::TcpStream,
};

use flate2::{Compression, write::GzEncoder};
use livekit_mock::Mock;
use livekit_protocol::{
    JoinRequest, Ping, SignalRequest, SignalResponse, UpdateParticipantMetadata,
    signal_request::Message as Request, signal_response::Message as Response,
};
use prost::Message as _;
use serde_json::{Value, json};
use support::socket::{Dial, Frame as RawFrame, wrapped};
use tungstenite::{
    Error, Message, WebSocket,
    error::ProtocolError,
    protocol::{
        CloseFrame,
        frame::{
            Frame,
            coding::{Data, OpCode},
        },
    },
};

type Client = WebSocket<TcpStream>;

fn start() -> Mock {
    Mock::builder().regions(1).start_blocking().expect("a server on a free port")
}

fn connect(dial: &Dial) -> Client {
    let stream = dial.open();
    let address = stream.peer_addr().expect("an address");
    let (client, answer) =
        tungstenite::client(format!("ws://{address}{}", dial.target(dial.path)), stream)
            .expect("an upgrade that a strict client takes");
    assert!(!answer.headers().contains_key("sec-websocket-extensions"), "none was offered");
    client
}

fn joined(mock: &Mock) -> Client {
    let mut client = connect(&Dial::to(mock));
    assert!(matches!(response(&mut client), Response::Join(_)));
    client
}

fn response(client: &mut Client) -> Response {
    let message = client.read().expect("a message");
    assert!(message.is_binary(), "{message:?}");
    SignalResponse::decode(message.into_data()).expect("a response").message.expect("a field")
}

fn request(message: Request) -> Vec<u8> {
    SignalRequest { message: Some(message) }.encode_to_vec()
}

fn update(id: u32, metadata: usize) -> Vec<u8> {
    request(Request::UpdateMetadata(UpdateParticipantMetadata {
        metadata: "m".repeat(metadata),
        request_id: id,
        ..UpdateParticipantMetadata::default()
    }))
}

fn is_answered(client: &mut Client, id: u32) {
    let Response::RequestResponse(answer) = response(client) else { panic!("no answer") };
    assert_eq!(answer.request_id, id);
}

/// The server's close frame, as the client reads it. After it, TCP must end normally.
fn closed(client: &mut Client) -> Option<CloseFrame> {
    let frame = match client.read() {
        Ok(Message::Close(frame)) => frame,
        other => panic!("{other:?} in place of a close frame"),
    };
    assert!(matches!(client.read(), Err(Error::ConnectionClosed)), "TCP goes on after {frame:?}");
    frame
}

fn frame(code: u16, reason: &str) -> CloseFrame {
    CloseFrame { code: code.into(), reason: reason.into() }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn the_handshake_of_each_path() {
    let mock = start();
    for path in ["/rtc", "/rtc/v1"] {
        let mut client = connect(&Dial::to(&mock).path(path));
        assert!(matches!(response(&mut client), Response::Join(_)));
    }
    let refused = Dial::to(&mock).scenario("room_not_found");
    let url = format!("ws://{}{}", mock.addresses()[0], refused.target("/rtc"));
    match tungstenite::client(url, refused.open()) {
        Err(tungstenite::HandshakeError::Failure(Error::Http(answer))) => {
            assert_eq!(answer.status(), 404);
        }
        other => panic!("{other:?} in place of a refusal"),
    }
}

/// Tests every form of a length: a join holds what the client says about itself.
#[test]
fn messages_of_the_server_of_any_length() {
    let mock = start();
    for length in [0, 1, 100, 125, 126, 127, 65_000, 65_536, 500_000, 1_000_000] {
        let request = JoinRequest { metadata: "m".repeat(length), ..JoinRequest::default() };
        let request = wrapped(1, gzip(&request.encode_to_vec()));
        let mut client = connect(&Dial::to(&mock).v1().query("join_request", &request));
        let Response::Join(join) = response(&mut client) else { panic!("no join") };
        assert_eq!(join.participant.expect("a participant").metadata.len(), length);
    }
}

#[test]
fn messages_of_the_client_of_any_length() {
    let mock = start();
    let mut client = joined(&mock);
    for (id, length) in (1..).zip([0, 100, 125, 126, 127, 65_535, 65_536, (1 << 20) - 32]) {
        client.send(Message::binary(update(id, length))).expect("a server that reads");
        is_answered(&mut client, id);
    }
}

#[test]
fn pings_are_answered_in_order_and_to_the_byte() {
    let mock = start();
    let mut client = joined(&mock);
    let pings = [0, 1, 124, 125].map(|length| vec![0xfe; length]);
    for ping in &pings {
        client.send(Message::Ping(ping.clone().into())).expect("a server that reads");
    }
    client.send(Message::Pong("to nothing".into())).expect("a server that reads");
    for ping in pings {
        assert_eq!(client.read().expect("a pong"), Message::Pong(ping.into()));
    }
    let ping = Ping { timestamp: 7, rtt: 1 };
    client.send(Message::binary(request(Request::PingReq(ping)))).expect("a server that reads");
    let Response::PongResp(answer) = response(&mut client) else { panic!("no pong") };
    assert_eq!(answer.last_ping_timestamp, 7);
}

#[test]
fn a_ping_between_the_fragments_of_a_message() {
    let mock = start();
    let mut client = joined(&mock);
    let message = update(1, 1000);
    let (first, last) = message.split_at(400);
    let part = |data: &[u8], opcode, last| {
        Message::Frame(Frame::message(data.to_vec(), OpCode::Data(opcode), last))
    };
    let sent = [
        part(first, Data::Binary, false),
        Message::Ping("between".into()),
        part(last, Data::Continue, true),
        Message::text("skipped: the signalling is binary"),
    ];
    for message in sent {
        client.send(message).expect("a server that reads");
    }
    assert_eq!(client.read().expect("a pong"), Message::Pong("between".into()));
    is_answered(&mut client, 1);
}

#[test]
fn the_clients_close_is_echoed_without_its_reason() {
    let mock = start();
    for sent in [None, Some(frame(1000, "")), Some(frame(1001, "bye")), Some(frame(4999, "é"))] {
        let mut client = joined(&mock);
        client.close(sent.clone()).expect("a server that reads");
        let echo = sent.map(|sent| CloseFrame { reason: "".into(), ..sent });
        assert_eq!(closed(&mut client), echo);
    }
}

#[test]
fn a_leave_is_answered_by_a_close() {
    let mock = start();
    let mut client = joined(&mock);
    let leave = request(Request::Leave(livekit_protocol::LeaveRequest::default()));
    client.send(Message::binary(leave)).expect("a server that reads");
    assert_eq!(closed(&mut client), Some(frame(1000, "")));
}

#[test]
fn a_scripts_close_is_sent_unchanged() {
    let mock = start();
    let longest = "é".repeat(61) + "x";
    let codes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 4999];
    for code in codes {
        for reason in ["", "bye", "κόσμε 😀", &longest] {
            let close = json!([{"close": {"code": code, "reason": reason}}]);
            let mut client = connect(&Dial::to(&mock).script(&close));
            assert_eq!(closed(&mut client), Some(frame(code, reason)));
        }
    }
}

#[test]
fn the_connection_may_end_without_a_close_frame() {
    let mock = start();
    let ending = |script: &Value| {
        connect(&Dial::to(&mock).script(script)).read().expect_err("an end of the connection")
    };
    let dropped = ending(&json!([{"drop": {}}]));
    let without = ProtocolError::ResetWithoutClosingHandshake;
    assert!(matches!(&dropped, Error::Protocol(why) if *why == without), "{dropped:?}");
    let reset = ending(&json!([{"reset": {}}]));
    let kind = io::ErrorKind::ConnectionReset;
    assert!(matches!(&reset, Error::Io(error) if error.kind() == kind), "{reset:?}");
}

#[test]
fn a_violation_is_closed_with_its_code_and_a_reason() {
    let mock = start();
    let violations = [
        (1002, RawFrame::new(3, "")),
        (1002, RawFrame { rsv: 0x40, ..RawFrame::binary("x") }),
        (1007, RawFrame::text([0xff])),
        (1009, RawFrame { length: Some(1 << 40), ..RawFrame::binary([]) }),
    ];
    for (code, violation) in violations {
        let mut client = joined(&mock);
        client.get_mut().write_all(&violation.encode()).expect("a server that reads");
        let close = closed(&mut client).expect("a code");
        assert_eq!(u16::from(close.code), code);
        assert!(!close.reason.is_empty(), "{code} has no reason");
    }
}
