//! The requests with which the server is measured, as the SDKs send them.

use std::time::Duration;

use livekit_mock::{AccessToken, Grants, VideoGrants};
use serde_json::{Value, json};

use crate::{grants, load::request};

pub(crate) const CREATE_ROOM: &str = "/twirp/livekit.RoomService/CreateRoom";
const LIST_ROOMS: &str = "/twirp/livekit.RoomService/ListRooms";
/// How long a token is valid: longer than any measurement takes.
const LONG: Duration = Duration::from_secs(100_000);
const PROTOBUF: (&str, &str) = ("content-type", "application/protobuf");
const JSON: (&str, &str) = ("content-type", "application/json");
/// A table with a row for every method, whose first cell is its name. The protocol's own files are
/// harder to find, since a package manager has put them somewhere.
const METHODS: &str = include_str!("../../conformance/curl/methods.tsv");

/// A token as the SDKs sign it for a call: with the grants that the call needs, and no others.
fn rooms() -> String {
    bearer(VideoGrants::new().room_create().room_list())
}

fn every_grant() -> String {
    bearer(grants::of_every_method())
}

fn bearer(grants: impl Into<Grants>) -> String {
    let token = AccessToken::new("devkey", "secret").identity("bench").grants(grants);
    format!("Bearer {}", token.ttl(LONG).to_jwt())
}

pub(crate) fn create_room() -> Vec<u8> {
    create_room_with(&[], "my-room")
}

/// A protobuf `CreateRoom` with more headers. The answer repeats the room's name.
pub(crate) fn create_room_with(headers: &[(&str, &str)], name: &str) -> Vec<u8> {
    signed_create_room(&rooms(), headers, name)
}

pub(crate) fn create_room_with_every_grant() -> Vec<u8> {
    signed_create_room(&every_grant(), &[], "my-room")
}

fn signed_create_room(token: &str, headers: &[(&str, &str)], name: &str) -> Vec<u8> {
    let all = [&[("authorization", token), PROTOBUF], headers].concat();
    // Field 1, a string; then field 2, an integer.
    let mut body = vec![0x0a];
    varint(&mut body, name.len() as u64);
    body.extend_from_slice(name.as_bytes());
    body.extend_from_slice(&[0x10, 0x3c]);
    request(CREATE_ROOM, &all, &body)
}

pub(crate) fn delayed(ms: u64) -> Vec<u8> {
    create_room_with(&[("x-lk-mock", &format!("{{\"delayMs\":{ms}}}"))], "my-room")
}

/// A call that gets no answer as long as its client waits.
pub(crate) fn hanging() -> Vec<u8> {
    create_room_with(&[("x-lk-mock", r#"{"failRegions":[0,1,2,3],"failMode":"hang"}"#)], "my-room")
}

/// Calls of their own with a control that lets each fail no time, or with one of about the same length
/// and no id.
pub(crate) fn tried(count: usize, counted: bool) -> Vec<Vec<u8>> {
    let one = |number: usize| {
        let id = format!("5f0c1a2e-{number:08}");
        let headers = if counted {
            [("x-lk-mock", r#"{"failTimes":0}"#), ("x-livekit-request-id", id.as_str())]
        } else {
            [("x-lk-mock", r#"{"delayMs":0}"#), ("x-another-header-name", id.as_str())]
        };
        create_room_with(&headers, "my-room")
    };
    (0..count).map(one).collect()
}

pub(crate) fn failing() -> Vec<u8> {
    create_room_with(&[("x-lk-mock", r#"{"failRegions":[0]}"#)], "my-room")
}

pub(crate) fn create_room_json() -> Vec<u8> {
    let body = br#"{"name":"my-room","emptyTimeout":60}"#;
    request(CREATE_ROOM, &[("authorization", &rooms()), JSON], body)
}

pub(crate) fn list_rooms() -> Vec<u8> {
    request(LIST_ROOMS, &[("authorization", &rooms()), PROTOBUF], b"")
}

pub(crate) fn regions() -> Vec<u8> {
    b"GET /settings/regions HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: bench\r\n\r\n".to_vec()
}

/// The request with which a client joins.
pub(crate) fn join() -> Vec<u8> {
    upgrade(&every_grant())
}

/// The request with which a client joins to whom this script is played.
pub(crate) fn join_scripted(identity: &str, script: &Value) -> Vec<u8> {
    let token = AccessToken::new("devkey", "secret").identity(identity).grants(Grants::all("room"));
    let control = json!({"script": script}).to_string();
    upgrade(&format!("Bearer {}", token.attribute("lk.mock", control).ttl(LONG).to_jwt()))
}

fn upgrade(token: &str) -> Vec<u8> {
    format!(
        "GET /rtc HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: {token}\r\nconnection: Upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .into_bytes()
}

/// The head of a client's frame with this many bytes, masked with zeros.
pub(crate) fn frame(first: u8, length: usize) -> Vec<u8> {
    [&[first, 0xff][..], &(length as u64).to_be_bytes(), &[0; 4]].concat()
}

/// A client's `ping` with this time, as one binary frame, masked with zeros.
pub(crate) fn ping(now: u64) -> Vec<u8> {
    // Field 14, an integer.
    let mut message = vec![0x70];
    varint(&mut message, now);
    let mut frame = vec![0x82, 0x80 | low(message.len() as u64), 0, 0, 0, 0];
    frame.append(&mut message);
    frame
}

fn varint(into: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        into.push(low(number) | 0x80);
        number >>= 7;
    }
    into.push(low(number));
}

/// The lowest seven bits.
#[allow(clippy::cast_possible_truncation)]
fn low(number: u64) -> u8 {
    (number & 0x7f) as u8
}

/// A call to every method of the protocol, in both encodings, without latency.
pub(crate) fn every_method() -> Vec<Vec<u8>> {
    let token = every_grant();
    let calls = METHODS.lines().filter_map(|row| row.split('\t').next()).flat_map(|method| {
        [(PROTOBUF, &b""[..]), (JSON, b"{}")].map(|(content, body)| {
            let headers =
                [("authorization", token.as_str()), content, ("x-lk-mock", "{\"delayMs\":0}")];
            request(&format!("/twirp/livekit.{method}"), &headers, body)
        })
    });
    calls.collect()
}

#[cfg(test)]
mod tests {
    use super::every_method;

    /// Under load, an unknown method would be a cheap 404, and the soak would measure nothing.
    #[test]
    fn the_server_knows_every_method() {
        let mock = livekit_mock::Mock::builder().start_blocking().expect("a server");
        let calls = every_method();
        assert!(calls.len() >= 2 * 70, "only {} calls", calls.len());
        for call in calls {
            let answer = crate::load::once(mock.addresses()[0], &call).expect("an answer");
            let status = std::str::from_utf8(&answer[9..12]).expect("a status");
            let line = call.split(|byte| *byte == b'\r').next().expect("a request line");
            assert_eq!(status, "200", "{}", String::from_utf8_lossy(line));
        }
    }
}
