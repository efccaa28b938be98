//! Entry points for the targets of `fuzz/`. Each gives any bytes to one parser, and panics if something
//! does not hold that must always hold. They are not part of the API, and change without notice.

#[cfg(feature = "rtc")]
use crate::rtc;
use crate::{api, auth, control, exchange, signal, transport::http1, websocket};

/// The value of `X-Lk-Mock`.
pub fn control(data: &[u8]) {
    control::invariants::header(data);
}

/// Lines of `X-Lk-Mock-*` headers: the rest of the name after `X-Lk-Mock`, a colon, the value.
pub fn legacy(data: &[u8]) {
    control::invariants::legacy(data);
}

/// The control in an API key, after `mock:`.
pub fn key(data: &[u8]) {
    text(data, control::invariants::key);
}

/// The attribute `lk.mock`.
pub fn attribute(data: &[u8]) {
    text(data, control::invariants::attribute);
}

/// A signalling script.
pub fn script(data: &[u8]) {
    text(data, signal::invariants::script);
}

/// The parameter `join_request`, and the bytes of a request inside it.
pub fn join_request(data: &[u8]) {
    text(data, exchange::invariants::join_request);
    exchange::invariants::joining(data);
}

/// A method's number, what follows (0 protobuf, 1 JSON, else a scripted response), and a body.
pub fn body(data: &[u8]) {
    api::invariants::body(data);
}

/// A token.
pub fn token(data: &[u8]) {
    text(data, auth::invariants::token);
}

/// What a client sends over a WebSocket. An odd first byte means compression.
pub fn websocket(data: &[u8]) {
    websocket::invariants::websocket(data);
}

/// What a client sends over HTTP/1, a head or a chunked body. The first byte is the size of its parts.
pub fn http1(data: &[u8]) {
    http1::invariants::http1(data);
}

/// What comes for a room: an odd first byte, then a datagram or a packet of SCTP; an even one, then SDP.
#[cfg(feature = "rtc")]
pub fn rtc(data: &[u8]) {
    match data.split_first() {
        Some((kind, datagram)) if kind % 2 == 1 => {
            rtc::invariants::datagram(datagram);
            rtc::invariants::sctp(datagram);
        }
        Some((_, sdp)) => text(sdp, rtc::invariants::sdp),
        None => {}
    }
}

fn text(data: &[u8], check: impl FnOnce(&str)) {
    if let Ok(text) = std::str::from_utf8(data) {
        check(text);
    }
}
