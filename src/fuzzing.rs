//! Entrances for the targets of `fuzz/`: each reads any bytes as one parser's input and panics where
//! something that must always hold does not. No part of the API; it changes without notice.

use crate::{api, auth, control, exchange, signal, transport::http1, websocket};

/// The value of `X-Lk-Mock`.
pub fn control(data: &[u8]) {
    control::invariants::header(data);
}

/// Lines of `X-Lk-Mock-*` headers: what follows `X-Lk-Mock` in the name, a colon, the value.
pub fn legacy(data: &[u8]) {
    control::invariants::legacy(data);
}

/// The control in an API key, behind `mock:`.
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

/// A method's number, how to read on (0 protobuf, 1 JSON, else a scripted response), a body.
pub fn body(data: &[u8]) {
    api::invariants::body(data);
}

/// A token.
pub fn token(data: &[u8]) {
    text(data, auth::invariants::token);
}

/// Whether there is compression (odd), then what a client sends over a WebSocket.
pub fn websocket(data: &[u8]) {
    websocket::invariants::websocket(data);
}

/// How what follows is parted, then what comes as HTTP/1: a head, or a chunked body.
pub fn http1(data: &[u8]) {
    http1::invariants::http1(data);
}

fn text(data: &[u8], check: impl FnOnce(&str)) {
    if let Ok(text) = std::str::from_utf8(data) {
        check(text);
    }
}
