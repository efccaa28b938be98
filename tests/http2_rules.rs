//! The rules of HTTP/2 (RFC 9113): a client that breaks one is told which, and its stream or its
//! connection ends.
#![cfg(feature = "http2")]

mod support;

use livekit_mock::Mock;
use support::{
    CREATE_ROOM,
    frames::{
        ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, Frame, GOAWAY, HEADERS, PING, PRIORITY,
        PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE, begun, frame, get, head, header, next,
        setting,
    },
};

const PROTOCOL_ERROR: u32 = 1;
const FLOW_CONTROL_ERROR: u32 = 3;
const STREAM_CLOSED: u32 = 5;
const FRAME_SIZE_ERROR: u32 = 6;
const COMPRESSION_ERROR: u32 = 9;

/// The first frame with which the server ends something; `None` if it only closes.
async fn verdict(mock: &Mock, frames: &[u8]) -> Option<Frame> {
    let mut stream = begun(mock.addresses()[0], frames).await;
    loop {
        let frame = next(&mut stream).await?;
        if frame.error().is_some() {
            return Some(frame);
        }
    }
}

fn request(extra: &[Vec<u8>], flags: u8) -> Vec<u8> {
    frame(HEADERS, flags, 1, &[head("POST", CREATE_ROOM), extra.concat()].concat())
}

const WHOLE: u8 = END_HEADERS | END_STREAM;

#[tokio::test]
async fn what_breaks_the_connection_is_answered_by_its_end() {
    let mock = Mock::start().await.expect("a mock");
    let most = i32::MAX.unsigned_abs();
    let too_long = frame(DATA, 0, 1, &vec![0; 0x4001]);
    for (rule, frames, exact) in [
        ("DATA needs a stream", frame(DATA, 0, 0, b"a"), PROTOCOL_ERROR),
        ("DATA needs an open one", frame(DATA, 0, 1, b"a"), STREAM_CLOSED),
        ("HEADERS need a stream", frame(HEADERS, WHOLE, 0, &head("GET", "/")), PROTOCOL_ERROR),
        ("a client's streams are odd", get(2, "/"), PROTOCOL_ERROR),
        ("streams rise", [get(5, "/"), get(3, "/")].concat(), STREAM_CLOSED),
        ("a frame has a greatest size", too_long, FRAME_SIZE_ERROR),
        ("a setting is six bytes", frame(SETTINGS, 0, 0, b"abc"), FRAME_SIZE_ERROR),
        ("settings have no stream", frame(SETTINGS, 0, 1, b""), PROTOCOL_ERROR),
        ("an ACK is empty", frame(SETTINGS, ACK, 0, &[0; 6]), FRAME_SIZE_ERROR),
        ("ENABLE_PUSH is 0 or 1", setting(2, 2), PROTOCOL_ERROR),
        ("a window has a most", setting(4, most + 1), FLOW_CONTROL_ERROR),
        ("MAX_FRAME_SIZE has a least", setting(5, 1), PROTOCOL_ERROR),
        ("a PING is eight bytes", frame(PING, 0, 0, b"seven b"), FRAME_SIZE_ERROR),
        ("a PING has no stream", frame(PING, 0, 1, &[0; 8]), PROTOCOL_ERROR),
        ("a window grows", frame(WINDOW_UPDATE, 0, 0, &[0; 4]), PROTOCOL_ERROR),
        (
            "a window has an end",
            frame(WINDOW_UPDATE, 0, 0, &most.to_be_bytes()),
            FLOW_CONTROL_ERROR,
        ),
        ("only what was begun is reset", frame(RST_STREAM, 0, 1, &[0; 4]), PROTOCOL_ERROR),
        ("only servers push", frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2]), PROTOCOL_ERROR),
        ("CONTINUATION continues", frame(CONTINUATION, END_HEADERS, 1, b""), PROTOCOL_ERROR),
        (
            "nothing comes amid a head",
            [request(&[], END_STREAM), frame(PING, 0, 0, &[0; 8])].concat(),
            PROTOCOL_ERROR,
        ),
        // What is wrong with one head may be held against its whole connection.
        ("names are in lower case", request(&[header("X-Loud", "a")], WHOLE), PROTOCOL_ERROR),
        ("pseudo-headers are known", request(&[header(":other", "a")], WHOLE), PROTOCOL_ERROR),
        ("an index exists", frame(HEADERS, WHOLE, 1, &[0xff, 0x7f]), COMPRESSION_ERROR),
    ] {
        let end = verdict(&mock, &frames).await.unwrap_or_else(|| panic!("{rule}: no reason"));
        assert_eq!(end.kind, GOAWAY, "{rule}: {end:?}");
        // The general code may always stand for an exact one.
        assert!([Some(exact), Some(PROTOCOL_ERROR)].contains(&end.error()), "{rule}: {end:?}");
    }
}

#[tokio::test]
async fn a_malformed_request_ends_its_stream_alone() {
    let mock = Mock::start().await.expect("a mock");
    let without = |name: &str| {
        let all = [(":method", "GET"), (":scheme", "http"), (":path", "/")];
        let rest = all.iter().filter(|(other, _)| *other != name);
        let head: Vec<u8> = rest.flat_map(|(name, value)| header(name, value)).collect();
        frame(HEADERS, WHOLE, 1, &head)
    };
    let body = |length: &str| {
        [
            request(&[header("content-length", length)], END_HEADERS),
            frame(DATA, END_STREAM, 1, b"ab"),
        ]
        .concat()
    };
    for (rule, frames) in [
        ("the connection has no headers", request(&[header("connection", "close")], WHOLE)),
        ("nor is anything upgraded", request(&[header("upgrade", "websocket")], WHOLE)),
        ("nor are there chunks", request(&[header("transfer-encoding", "chunked")], WHOLE)),
        ("TE is for trailers", request(&[header("te", "gzip")], WHOLE)),
        ("a status is for answers", request(&[header(":status", "200")], WHOLE)),
        ("a path comes once", request(&[header(":path", "/")], WHOLE)),
        (
            "pseudo-headers come first",
            request(&[header("a", "b"), header(":protocol", "c")], WHOLE),
        ),
        ("a request has a method", without(":method")),
        ("a request has a path", without(":path")),
        ("a body is as long as it says", body("3")),
        ("and no longer", body("1")),
        ("no extended CONNECT is offered", request(&[header(":protocol", "websocket")], WHOLE)),
    ] {
        let frames = [frames, get(3, "/")].concat();
        let mut stream = begun(mock.addresses()[0], &frames).await;
        let (mut reset, mut answered) = (None, false);
        while reset.is_none() || !answered {
            let heard = next(&mut stream).await.unwrap_or_else(|| panic!("{rule}: closed"));
            assert_ne!(heard.kind, GOAWAY, "{rule}: {heard:?}");
            assert_ne!((heard.kind, heard.stream), (HEADERS, 1), "{rule}: answered");
            if heard.kind == RST_STREAM {
                reset = Some((heard.stream, heard.error()));
            }
            answered |= heard.stream == 3 && heard.kind == HEADERS;
        }
        assert_eq!(reset, Some((1, Some(PROTOCOL_ERROR))), "{rule}");
    }
}

#[tokio::test]
async fn settings_and_pings_are_acknowledged_and_what_is_unknown_is_not_read() {
    let mock = Mock::start().await.expect("a mock");
    let frames = [
        frame(0xee, 0xff, 0, b"of a later version"),
        setting(0xeeee, 7),
        frame(PRIORITY, 0, 1, &[0, 0, 0, 0, 7]),
        frame(PING, ACK, 0, b"not sent"),
        frame(PING, 0, 0, b"the same"),
    ];
    let mut stream = begun(mock.addresses()[0], &frames.concat()).await;
    let (mut settings, mut pong) = (0, None);
    while settings < 2 || pong.is_none() {
        let heard = next(&mut stream).await.expect("an open connection");
        match (heard.kind, heard.flags) {
            (SETTINGS, ACK) => settings += 1,
            (PING, ACK) => pong = Some(heard.payload),
            _ => assert_eq!(heard.error(), None),
        }
    }
    assert_eq!(pong.as_deref(), Some(&b"the same"[..]));
}

#[tokio::test]
async fn a_request_to_connect_elsewhere_is_answered() {
    let mock = Mock::start().await.expect("a mock");
    let connect = [header(":method", "CONNECT"), header(":authority", "x:1")].concat();
    let frames = frame(HEADERS, WHOLE, 1, &connect);
    let mut stream = begun(mock.addresses()[0], &frames).await;
    loop {
        let heard = next(&mut stream).await.expect("an open connection");
        assert_eq!(heard.error(), None, "{heard:?}");
        if (heard.kind, heard.stream) == (HEADERS, 1) {
            break;
        }
    }
}
