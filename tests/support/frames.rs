//! HTTP/2 as bytes, for what no client of it would send.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::soon;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PUSH_PROMISE: u8 = 5;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

/// Of SETTINGS and PING.
pub const ACK: u8 = 1;
pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The length of a frame's head.
const HEAD: usize = 9;

/// A frame as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

impl Frame {
    fn new(head: [u8; HEAD], payload: Vec<u8>) -> Self {
        Self { kind: head[3], flags: head[4], stream: number(&head[5..]), payload }
    }

    /// The code with which it ends a stream or the connection.
    pub fn error(&self) -> Option<u32> {
        let code = match self.kind {
            RST_STREAM => &self.payload[..4],
            GOAWAY => &self.payload[4..8],
            _ => return None,
        };
        Some(number(code))
    }
}

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short payload").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

pub fn setting(name: u16, value: u32) -> Vec<u8> {
    frame(SETTINGS, 0, 0, &[&name.to_be_bytes()[..], &value.to_be_bytes()].concat())
}

/// A header that is neither compressed nor kept.
pub fn header(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| {
        let length = u8::try_from(text.len()).ok().filter(|length| *length < 127);
        [&[length.expect("a short text")], text.as_bytes()].concat()
    };
    [vec![0], text(name), text(value)].concat()
}

/// The head of a request, without other headers.
pub fn head(method: &str, path: &str) -> Vec<u8> {
    [(":method", method), (":scheme", "http"), (":path", path), (":authority", "x")]
        .map(|(name, value)| header(name, value))
        .concat()
}

/// A request that has ended with its head.
pub fn get(stream: u32, path: &str) -> Vec<u8> {
    frame(HEADERS, END_STREAM | END_HEADERS, stream, &head("GET", path))
}

/// A connection, after its preface and these frames.
pub async fn begun(to: SocketAddr, frames: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(to).await.expect("a listening server");
    let bytes = [PREFACE, &frame(SETTINGS, 0, 0, b""), frames].concat();
    stream.write_all(&bytes).await.expect("a reading server");
    stream
}

/// The next frame; `None` once the server has closed.
pub async fn next(from: &mut (impl AsyncRead + Unpin)) -> Option<Frame> {
    let mut head = [0; HEAD];
    soon(from.read_exact(&mut head)).await.ok()?;
    let mut payload = vec![0; payload_length(head)];
    soon(from.read_exact(&mut payload)).await.ok()?;
    Some(Frame::new(head, payload))
}

/// The whole frames that these bytes begin with.
pub fn all(mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let Some((head, rest)) = bytes.split_first_chunk()
        && let Some((payload, rest)) = rest.split_at_checked(payload_length(*head))
    {
        frames.push(Frame::new(*head, payload.to_vec()));
        bytes = rest;
    }
    frames
}

fn payload_length(head: [u8; HEAD]) -> usize {
    number(&head[..3]) as usize
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}
