//! A WebSocket client that shows everything: every frame with its bits, and how TCP ends.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use livekit_mock::Mock;
use livekit_protocol::{
    JoinRequest, SignalRequest, SignalResponse, WrappedJoinRequest, signal_request, signal_response,
};
use prost::Message as _;
use serde_json::{Value, json};

use super::{
    Answer,
    jwt::{self, now},
};

/// The extensions that Chromium offers.
pub const CHROMIUM: &str = "permessage-deflate; client_max_window_bits";
pub const PATHS: [&str; 2] = ["/rtc", "/rtc/v1"];

/// Longer than anything that the tests wait for.
const PATIENCE: Duration = Duration::from_secs(20);
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// The answer to that key, from RFC 6455.
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A connection that is to be opened.
#[derive(Debug, Clone)]
pub struct Dial {
    address: SocketAddr,
    pub path: &'static str,
    /// The request's method and version.
    line: (&'static str, &'static str),
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    claims: Value,
    token: Option<String>,
    pub offer: Option<&'static str>,
    early: Vec<u8>,
}

/// A frame that a client sends, right or wrong.
#[derive(Debug, Clone)]
pub struct Frame {
    pub opcode: u8,
    pub fin: bool,
    /// RSV1 is 0x40.
    pub rsv: u8,
    pub masked: bool,
    /// The length to announce, if not the payload's own.
    pub length: Option<u64>,
    pub payload: Vec<u8>,
}

/// Something that comes from the server.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// A binary message, inflated.
    Binary {
        compressed: bool,
        payload: Vec<u8>,
    },
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
    /// The normal end of the stream.
    Fin,
    /// The end of the stream by a RST.
    Rst,
}

/// An open WebSocket.
#[derive(Debug)]
pub struct Socket {
    pub stream: TcpStream,
    unread: Vec<u8>,
    pub head: Answer,
    pub deflate: bool,
    /// Taken before the first byte was sent, and so before the server measures any time.
    pub started: Instant,
}

// === impl Dial ===

impl Dial {
    /// `/rtc` of the first region, with a token that may join.
    pub fn to(mock: &Mock) -> Self {
        Self::at(mock.addresses()[0])
    }

    pub fn at(address: SocketAddr) -> Self {
        let claims = json!({
            "iss": "devkey", "sub": "alice", "name": "Alice", "nbf": now() - 10, "exp": now() + 600,
            "video": {"roomJoin": true, "room": "my-room"},
        });
        let (query, headers) = (Vec::new(), Vec::new());
        Self {
            address,
            path: "/rtc",
            line: ("GET", "HTTP/1.1"),
            query,
            headers,
            claims,
            token: None,
            offer: None,
            early: Vec::new(),
        }
    }

    pub fn region(mut self, mock: &Mock, region: usize) -> Self {
        self.address = mock.addresses()[region];
        self
    }

    pub fn path(mut self, path: &'static str) -> Self {
        self.path = path;
        self
    }

    pub fn v1(self) -> Self {
        self.path("/rtc/v1")
    }

    /// Another method, or another version of HTTP.
    pub fn request_line(mut self, method: &'static str, version: &'static str) -> Self {
        self.line = (method, version);
        self
    }

    pub fn offer(mut self, extensions: impl Into<Option<&'static str>>) -> Self {
        self.offer = extensions.into();
        self
    }

    /// A frame in the same segment as the request, before the server has agreed to anything.
    pub fn early(mut self, frame: &Frame) -> Self {
        self.early = frame.encode();
        self
    }

    /// The attribute `lk.mock`.
    pub fn control(self, control: &Value) -> Self {
        self.control_text(&control.to_string())
    }

    pub fn control_text(self, control: &str) -> Self {
        self.claim("attributes", json!({"lk.mock": control}))
    }

    pub fn scenario(self, name: &str) -> Self {
        self.control(&json!({"signal": name}))
    }

    pub fn script(self, script: &Value) -> Self {
        self.control(&json!({"script": script}))
    }

    pub fn claim(mut self, name: &str, value: Value) -> Self {
        self.claims[name] = value;
        self
    }

    pub fn without_claim(mut self, name: &str) -> Self {
        self.claims.as_object_mut().expect("claims").remove(name);
        self
    }

    /// A token that replaces the signed claims. An empty one is not sent.
    pub fn token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn reconnecting(self) -> Self {
        self.query("reconnect", "1")
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A `join_request`, uncompressed and in base64url.
    pub fn join_request(self, request: &JoinRequest) -> Self {
        let wrapped = WrappedJoinRequest { compression: 0, join_request: request.encode_to_vec() };
        self.query("join_request", &URL_SAFE.encode(wrapped.encode_to_vec()))
    }

    pub fn signed(&self) -> String {
        self.token.clone().unwrap_or_else(|| sign(&self.claims))
    }

    /// Asks for a WebSocket. Returns it or a refusal; `None` if the server closes without an
    /// answer.
    pub fn upgrade(&self) -> Option<Result<Socket, Answer>> {
        let mut head = self.head(self.path);
        head += "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n";
        head += &line("sec-websocket-key", KEY);
        if let Some(offer) = self.offer {
            head += &line("sec-websocket-extensions", offer);
        }
        let (started, mut stream) = (Instant::now(), self.open());
        let (head, unread) = exchange(&mut stream, &head, &self.early)?;
        if head.status != StatusCode::SWITCHING_PROTOCOLS {
            return Some(Err(head));
        }
        assert_eq!(head.header("sec-websocket-accept"), Some(ACCEPT));
        let deflate = head.header("sec-websocket-extensions").is_some();
        assert!(self.offer.is_some() || !deflate, "an extension that was not offered");
        Some(Ok(Socket { stream, unread, head, deflate, started }))
    }

    /// A WebSocket; the upgrade must succeed.
    pub fn connect(&self) -> Socket {
        match self.upgrade() {
            Some(Ok(socket)) => socket,
            other => panic!("{} was not upgraded: {other:?}", self.path),
        }
    }

    /// The answer to an upgrade that must be refused.
    pub fn refused(&self) -> Answer {
        match self.upgrade() {
            Some(Err(answer)) => answer,
            other => panic!("{} was not refused: {other:?}", self.path),
        }
    }

    /// The answer of the path's `validate`; `None` if the server closes without an answer.
    pub fn try_validate(&self) -> Option<Answer> {
        self.get(&format!("{}/validate", self.path))
    }

    pub fn validate(&self) -> Answer {
        self.try_validate().expect("an answer")
    }

    /// A plain request to this path, with the query and the headers.
    pub fn get(&self, path: &str) -> Option<Answer> {
        let head = self.head(path) + "connection: close\r\n";
        exchange(&mut self.open(), &head, &[]).map(|(answer, _)| answer)
    }

    pub fn open(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("a listening server");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_nodelay(true).expect("no delay");
        stream
    }

    /// A request without its last, empty line.
    fn head(&self, path: &str) -> String {
        let headers: String = self.headers.iter().map(|(name, value)| line(name, value)).collect();
        let (target, host, (method, version)) = (self.target(path), self.address, self.line);
        format!("{method} {target} {version}\r\nhost: {host}\r\n{headers}")
    }

    /// The path with the query, for other clients.
    pub fn target(&self, path: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let token = self.signed();
        if !token.is_empty() {
            query.append_pair("access_token", &token);
        }
        query.extend_pairs(&self.query);
        format!("{path}?{}", query.finish())
    }
}

/// A line of a request's head.
fn line(name: &str, value: &str) -> String {
    format!("{name}: {value}\r\n")
}

/// Runs a check on both paths, each with and without compression, at the same time.
pub fn everywhere(mock: &Mock, check: impl Fn(Dial) + Sync) {
    thread::scope(|scope| {
        for path in PATHS {
            for offer in [None, Some(CHROMIUM)] {
                let dial = Dial::to(mock).path(path).offer(offer);
                let name = format!("{path}, {}", offer.unwrap_or("no extension"));
                let check = &check;
                thread::Builder::new().name(name).spawn_scoped(scope, || check(dial)).unwrap();
            }
        }
    });
}

/// Sends a head and what follows it, and reads an answer. Returns also the bytes after the answer.
fn exchange(stream: &mut TcpStream, head: &str, early: &[u8]) -> Option<(Answer, Vec<u8>)> {
    stream
        .write_all(&[head.as_bytes(), b"\r\n", early].concat())
        .expect("a request that can be sent");
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if !read_some(stream, &mut bytes).ok()? {
            assert!(bytes.is_empty(), "half an answer: {bytes:?}");
            return None;
        }
    };
    let mut rest = bytes.split_off(end);
    let (status, headers) = parse_head(&bytes);
    let length = headers.get("content-length").map(|length| length.to_str().expect("a length"));
    let length = length.map_or(0, |length| length.parse().expect("a length"));
    while rest.len() < length {
        assert!(read_some(stream, &mut rest).expect("a body"), "half a body: {rest:?}");
    }
    let body = rest.drain(..length).collect::<Vec<u8>>().into();
    Some((Answer { status, headers, body }, rest))
}

fn parse_head(bytes: &[u8]) -> (StatusCode, HeaderMap) {
    let mut lines = std::str::from_utf8(bytes).expect("an ASCII head").lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status");
    let headers = lines.filter_map(|line| {
        let (name, value) = line.split_once(": ")?;
        Some((name.parse::<HeaderName>().ok()?, value.parse::<HeaderValue>().ok()?))
    });
    (status.parse().expect("a status"), headers.collect())
}

/// Whether anything came before the end of the stream.
fn read_some(stream: &mut TcpStream, into: &mut Vec<u8>) -> io::Result<bool> {
    let mut chunk = [0; 16 << 10];
    let read = stream.read(&mut chunk)?;
    into.extend_from_slice(&chunk[..read]);
    Ok(read > 0)
}

// === impl Frame ===

impl Frame {
    pub fn new(opcode: u8, payload: impl Into<Vec<u8>>) -> Self {
        let payload = payload.into();
        Self { opcode, fin: true, rsv: 0, masked: true, length: None, payload }
    }

    pub fn text(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(1, payload)
    }

    pub fn binary(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(2, payload)
    }

    /// A compressed binary message.
    pub fn deflated(payload: &[u8]) -> Self {
        Self { rsv: 0x40, ..Self::binary(deflate(payload)) }
    }

    pub fn close(code: u16, reason: &[u8]) -> Self {
        Self::new(8, [&code.to_be_bytes(), reason].concat())
    }

    pub fn ping(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(9, payload)
    }

    /// The message continues in another frame.
    pub fn open(self) -> Self {
        Self { fin: false, ..self }
    }

    pub fn encode(&self) -> Vec<u8> {
        let mask_bit = if self.masked { 0x80 } else { 0 };
        let mut bytes = vec![u8::from(self.fin) << 7 | self.rsv | self.opcode];
        let length = self.length.unwrap_or(self.payload.len() as u64);
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(short @ 0..=0x7d), _) => bytes.push(mask_bit | short),
            (_, Ok(medium)) => {
                bytes.push(mask_bit | 0x7e);
                bytes.extend(medium.to_be_bytes());
            }
            _ => {
                bytes.push(mask_bit | 0x7f);
                bytes.extend(length.to_be_bytes());
            }
        }
        if !self.masked {
            bytes.extend(&self.payload);
            return bytes;
        }
        let mask = [0x37, 0xfa, 0x21, 0x3d];
        bytes.extend(mask);
        bytes.extend(self.payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        bytes
    }
}

pub fn deflate(payload: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::with_capacity(payload.len() + 64);
    let mut deflate = Compress::new(Compression::default(), false);
    deflate.compress_vec(payload, &mut compressed, FlushCompress::Sync).expect("compressible");
    assert_eq!(deflate.total_in(), payload.len() as u64);
    // Every flush ends with these bytes, so permessage-deflate leaves them out.
    assert_eq!(compressed.split_off(compressed.len() - 4), [0, 0, 0xff, 0xff]);
    compressed
}

/// Inflates each message by itself: that it needs no context of earlier ones is part of the test.
fn inflate(payload: &[u8]) -> Vec<u8> {
    let mut inflated = Vec::with_capacity(4 << 20);
    let input = [payload, &[0, 0, 0xff, 0xff]].concat();
    let mut inflate = Decompress::new(false);
    inflate.decompress_vec(&input, &mut inflated, FlushDecompress::Sync).expect("sound deflate");
    assert_eq!(inflate.total_in(), input.len() as u64);
    inflated
}

// === impl Seen ===

impl Seen {
    pub fn close(code: u16, reason: &str) -> Self {
        Self::Close(Some(code), reason.to_owned())
    }
}

// === impl Socket ===

impl Socket {
    pub fn send(&mut self, frame: &Frame) {
        self.stream.write_all(&frame.encode()).expect("a socket that takes a frame");
    }

    /// Sends a request, compressed if that was negotiated.
    pub fn request(&mut self, message: signal_request::Message) {
        let bytes = SignalRequest { message: Some(message) }.encode_to_vec();
        let frame = if self.deflate { Frame::deflated(&bytes) } else { Frame::binary(bytes) };
        self.send(&frame);
    }

    /// The next frame, or the end of the stream.
    pub fn next(&mut self) -> Seen {
        match self.try_next() {
            Ok(seen) => seen,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Seen::Fin,
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Seen::Rst,
            Err(error) => panic!("nothing came: {error}"),
        }
    }

    fn try_next(&mut self) -> io::Result<Seen> {
        let head = self.take(2)?;
        let (opcode, rsv1) = (head[0] & 15, head[0] & 0x40 != 0);
        assert_eq!(head[0] & 0xb0, 0x80, "FIN is set, RSV2 and RSV3 are not");
        assert_eq!(head[1] & 0x80, 0, "a server does not mask");
        assert!(!rsv1 || self.deflate && opcode == 2, "RSV1 without need");
        let length = match head[1] {
            126 => usize::from(u16::from_be_bytes(self.array()?)),
            127 => usize::try_from(u64::from_be_bytes(self.array()?)).expect("a length"),
            short => usize::from(short),
        };
        let payload = self.take(length)?;
        Ok(match opcode {
            2 if rsv1 => Seen::Binary { compressed: true, payload: inflate(&payload) },
            2 => Seen::Binary { compressed: false, payload },
            8 if payload.is_empty() => Seen::Close(None, String::new()),
            8 => Seen::Close(
                Some(u16::from_be_bytes([payload[0], payload[1]])),
                String::from_utf8(payload[2..].to_vec()).expect("a UTF-8 reason"),
            ),
            9 => Seen::Ping(payload),
            10 => Seen::Pong(payload),
            other => panic!("a frame of opcode {other}"),
        })
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        Ok(self.take(N)?.try_into().expect("so many bytes"))
    }

    fn take(&mut self, count: usize) -> io::Result<Vec<u8>> {
        while self.unread.len() < count {
            if !read_some(&mut self.stream, &mut self.unread)? {
                assert!(self.unread.is_empty(), "half a frame: {:?}", self.unread);
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.unread.drain(..count).collect())
    }

    /// The next frame, which must be a message of the server.
    pub fn message(&mut self) -> signal_response::Message {
        match self.next() {
            Seen::Binary { payload, .. } => {
                SignalResponse::decode(&payload[..]).expect("a response").message.expect("a field")
            }
            other => panic!("{other:?} in place of a message"),
        }
    }

    /// Sends a WebSocket ping, whose answer must come next. So what was sent before it was read,
    /// but not answered.
    pub fn says_nothing(&mut self) {
        self.send(&Frame::ping("are you there?"));
        assert_eq!(self.next(), Seen::Pong(b"are you there?".to_vec()));
    }

    /// The server closes like this, and then ends TCP in order.
    pub fn closes(&mut self, code: u16, reason: &str) {
        assert_eq!(self.next(), Seen::close(code, reason));
        assert_eq!(self.next(), Seen::Fin);
    }

    /// Asserts that this much time has passed since the connection was opened, and not much more.
    pub fn took(&self, least: u64) {
        let elapsed = self.started.elapsed();
        assert!(elapsed >= Duration::from_millis(least), "after {elapsed:?}, before {least} ms");
        assert!(elapsed < Duration::from_millis(least + 3000), "not before {elapsed:?}");
    }
}

// === Tokens ===

/// Signs claims with the server's default secret.
pub fn sign(claims: &Value) -> String {
    sign_with("HS256", "secret", claims)
}

pub fn sign_with(algorithm: &str, secret: &str, claims: &Value) -> String {
    jwt::signed(&jwt::header(algorithm), claims.to_string(), secret)
}

/// A `WrappedJoinRequest` in base64url with padding, as a real server requires it.
pub fn wrapped(compression: i32, join_request: Vec<u8>) -> String {
    URL_SAFE.encode(WrappedJoinRequest { compression, join_request }.encode_to_vec())
}
