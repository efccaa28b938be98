//! Whatever a malicious client does, the program answers the next request and does not use much
//! memory.

#![cfg(target_os = "linux")] // Memory is read from /proc.

mod support;

use std::{
    io::Write as _,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder},
};
use livekit_protocol::{JoinRequest, wrapped_join_request::Compression as Wrapping};
use prost::Message as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};

use support::{
    CREATE_ROOM, call_at, post_at,
    program::Program,
    raw,
    socket::{Frame, wrapped},
    soon, token_of,
};

/// How much memory the program may have used at most, in KiB.
const MEMORY: usize = 64 << 10;
/// How long one hostile request may delay the others, in a build without optimization.
const PAUSE: Duration = Duration::from_secs(2);

struct Victim {
    program: Program,
    address: SocketAddr,
}

impl Victim {
    async fn start() -> Self {
        Self::with(&[]).await
    }

    async fn with(arguments: &[&str]) -> Self {
        // Nobody reads the log.
        let program = Program::start(&[&["--log-level", "error"], arguments].concat()).await;
        let address = program.address(0);
        let victim = Self { program, address };
        victim.answers().await;
        victim
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("a listening server")
    }

    /// Sends the bytes, or as many as the server reads, and then reads until the server closes or
    /// sends nothing for a second.
    async fn suffers(&self, bytes: &[u8]) -> String {
        let (mut from, mut into) = self.connect().await.into_split();
        let writing = async {
            let _ = timeout(Duration::from_secs(20), into.write_all(bytes)).await;
        };
        let reading = async {
            let (mut answer, mut chunk) = (Vec::new(), vec![0; 64 << 10]);
            let patience = if bytes.len() > 1 << 20 { 3 } else { 1 };
            while let Ok(Ok(read @ 1..)) =
                timeout(Duration::from_secs(patience), from.read(&mut chunk)).await
            {
                answer.extend_from_slice(&chunk[..read]);
            }
            String::from_utf8_lossy(&answer).into_owned()
        };
        tokio::join!(writing, reading).1
    }

    async fn answers(&self) {
        let answer = post_at(self.address, CREATE_ROOM, &[], r#"{"name":"a"}"#);
        assert_eq!(soon(answer).await.json()["name"], "a");
    }

    /// Asserts that a plain request is answered, and that memory was never high.
    async fn survived(&self) {
        self.answers().await;
        let most = self.program.memory("VmHWM");
        assert!(most < MEMORY, "it held {most} KiB");
    }

    /// A WebSocket after its handshake.
    async fn upgraded(&self, path: &str, key: &str) -> TcpStream {
        self.upgraded_with("permessage-deflate", path, key).await
    }

    async fn upgraded_with(&self, extensions: &str, path: &str, key: &str) -> TcpStream {
        let token = token_of(key, "secret");
        let mut stream = self.connect().await;
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
             Sec-WebSocket-Extensions: {extensions}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.expect("a reading server");
        let (mut answer, mut byte) = (Vec::new(), [0]);
        while !answer.ends_with(b"\r\n\r\n") {
            soon(stream.read_exact(&mut byte)).await.expect("an answer");
            answer.push(byte[0]);
        }
        let answer = String::from_utf8(answer).expect("text");
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        stream
    }

    /// Sends these bytes over a WebSocket. Returns the code of the close frame that is received, if
    /// any.
    async fn closes(&self, bytes: &[u8]) -> Option<u16> {
        let (mut from, mut into) =
            self.upgraded("/rtc", r#"mock:{"signal":"no_first_message"}"#).await.into_split();
        let (_, answer) = tokio::join!(into.write_all(bytes), async {
            let mut answer = Vec::new();
            let _ = timeout(Duration::from_secs(3), from.read_to_end(&mut answer)).await;
            answer
        });
        match *answer {
            [0x88, _, high, low, ..] => Some(u16::from_be_bytes([high, low])),
            _ => None,
        }
    }
}

/// A client's frame with this first byte.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    begun(first, payload).encode()
}

/// The head of a frame that announces this many bytes.
fn announced(first: u8, length: u64) -> Vec<u8> {
    Frame { length: Some(length), ..begun(first, &[]) }.encode()
}

fn begun(first: u8, payload: &[u8]) -> Frame {
    Frame { fin: first & 0x80 != 0, rsv: first & 0x70, ..Frame::new(first & 0x0f, payload) }
}

fn deflated(plain: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

fn gzipped(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

fn joining_with(request: &[u8]) -> String {
    let wrapped = wrapped(Wrapping::Gzip.into(), gzipped(request));
    format!("/rtc/v1?join_request={wrapped}")
}

// === Connections and heads ===

#[tokio::test]
async fn half_heads_by_the_thousand() {
    let victim = Victim::start().await;
    let mut held = Vec::new();
    for number in 0..1000 {
        let mut stream = victim.connect().await;
        let half = format!("POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nX-Number: {number}");
        stream.write_all(half.as_bytes()).await.expect("a reading server");
        held.push(stream);
    }
    victim.survived().await;
    // They send more, byte by byte.
    for stream in &mut held {
        stream.write_all(b"0").await.expect("a reading server");
    }
    victim.survived().await;
}

#[tokio::test]
async fn connections_that_come_and_go() {
    let victim = Victim::start().await;
    let before = victim.program.open_files();
    for round in 0..4 {
        let mut held = Vec::new();
        for _ in 0..1000 {
            held.push(victim.connect().await);
        }
        for stream in held.iter_mut().filter(|_| round % 2 == 1) {
            let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
            stream.set_zero_linger().expect("a socket");
        }
        drop(held);
        victim.answers().await;
    }
    victim.survived().await;
    soon(async {
        while victim.program.open_files() > before + 8 {
            victim.answers().await;
        }
    })
    .await;
}

#[tokio::test]
async fn heads_without_an_end() {
    let victim = Victim::start().await;
    let megabytes = "a".repeat(4 << 20);
    let fields = "X-Header: 1\r\n".repeat(100_000);
    for (name, head) in [
        ("a method", megabytes.clone()),
        ("a path", format!("GET /{megabytes}")),
        ("a query", format!("GET /rtc?access_token={megabytes}")),
        ("a header's name", format!("GET / HTTP/1.1\r\n{megabytes}")),
        ("a header's value", format!("GET / HTTP/1.1\r\nAuthorization: {megabytes}")),
        ("headers", format!("GET / HTTP/1.1\r\n{fields}")),
        ("line ends", "\r\n".repeat(2 << 20)),
    ] {
        let answer = victim.suffers(head.as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{name}: {answer}");
        victim.survived().await;
    }
}

#[tokio::test]
async fn queries_of_every_kind() {
    let victim = Victim::start().await;
    let long = "x".repeat(60_000);
    for query in [
        format!("access_token={long}"),
        format!("join_request={long}&access_token=x"),
        "a=1&".repeat(15_000),
        "&".repeat(60_000),
        "%".repeat(60_000),
        "access_token=%00%ff%fe&".repeat(2000),
    ] {
        for path in ["/rtc", "/rtc/v1/validate", CREATE_ROOM, "/settings/regions"] {
            let head =
                format!("GET {path}?{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            let answer = victim.suffers(head.as_bytes()).await;
            assert!(answer.starts_with("HTTP/1.1 "), "{path}: {answer}");
        }
    }
    victim.survived().await;
}

#[tokio::test]
async fn garbage_after_a_request() {
    let victim = Victim::start().await;
    let sound = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    let noise: Vec<u8> =
        (0..100_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for garbage in [
        &noise[..],
        b"\0\0\0\0",
        b"GET\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
    ] {
        let answer = victim.suffers(&[sound, garbage].concat()).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1 200").count(), 1, "{answer}");
    }
    let answer = victim.suffers(&sound.repeat(20_000)).await;
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 20_000);
    victim.survived().await;
}

#[tokio::test]
async fn no_file_is_opened() {
    let victim = Victim::start().await;
    victim.answers().await;
    let descriptors = format!("/proc/{}/fd", victim.program.id());
    for descriptor in std::fs::read_dir(descriptors).expect("its descriptors") {
        let Ok(target) = descriptor.and_then(|it| std::fs::read_link(it.path())) else { continue };
        let target = target.to_string_lossy();
        let harmless = ["socket:", "pipe:", "anon_inode:", "/dev/null"];
        assert!(harmless.iter().any(|kind| target.starts_with(kind)), "{target}");
    }
}

// === Bodies ===

fn head(fields: &str) -> String {
    format!(
        "POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{fields}\r\n"
    )
}

#[tokio::test]
async fn lengths_that_contradict_each_other() {
    let victim = Victim::start().await;
    for fields in [
        "Content-Length: 2\r\nContent-Length: 3\r\n",
        "Content-Length: 2, 3\r\n",
        "Content-Length: -2\r\n",
        "Content-Length: +2\r\n",
        "Content-Length: 0x2\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    ] {
        let request = format!("{}{{}}", head(fields));
        let answer = victim.suffers(request.as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{fields:?}: {answer}");
    }
    // Both at once: the chunks count, if anything, and what follows them is not a second request.
    let both = head("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n");
    let request = format!("{both}2\r\n{{}}\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
    let answer = victim.suffers(request.as_bytes()).await;
    assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{answer}");
    victim.survived().await;
}

#[tokio::test]
async fn invalid_chunks() {
    let victim = Victim::start().await;
    let long = "a".repeat(1 << 20);
    for chunks in [
        "ffffffffffffffff\r\n".to_owned(),
        "fffffffffffffffff\r\n".to_owned(),
        "10000000000000000\r\n{}".to_owned(),
        "-1\r\n".to_owned(),
        "0x2\r\n{}\r\n".to_owned(),
        "zz\r\n".to_owned(),
        "2 {}".to_owned(),
        "2\r\n{}xx0\r\n\r\n".to_owned(),
        format!("2;{long}\r\n{{}}\r\n0\r\n\r\n"),
        format!("{}2\r\n{{}}\r\n0\r\n\r\n", "0".repeat(1 << 20)),
        format!("0\r\nX-Trailer: {long}\r\n\r\n"),
        format!("0\r\n{}\r\n", "X-Trailer: 1\r\n".repeat(100_000)),
    ] {
        let request = format!("{}{chunks}", head("Transfer-Encoding: chunked\r\n"));
        let answer = victim.suffers(request.as_bytes()).await;
        assert!(!answer.starts_with("HTTP/1.1 5"), "{answer}");
        victim.survived().await;
    }
}

#[tokio::test]
async fn chunks_without_an_end() {
    let victim = Victim::start().await;
    for (chunk, times) in [("1\r\n \r\n", 3_000_000), ("ffff\r\n", 1)] {
        let mut request = head("Transfer-Encoding: chunked\r\n").into_bytes();
        match times {
            1 => (0..400).for_each(|_| {
                request.extend_from_slice(chunk.as_bytes());
                request.extend(vec![b' '; 0xffff]);
                request.extend_from_slice(b"\r\n");
            }),
            times => request.extend(chunk.repeat(times).into_bytes()),
        }
        let _ = victim.suffers(&request).await;
        victim.survived().await;
    }
}

#[tokio::test]
async fn bodies_that_never_end() {
    let victim = Victim::start().await;
    let head = head("Content-Length: 8000000\r\n").into_bytes();
    let request = Arc::new([head, vec![b' '; 7_900_000]].concat());
    let mut stalled = JoinSet::new();
    for _ in 0..24 {
        let (request, mut stream) = (request.clone(), victim.connect().await);
        stalled.spawn(async move {
            // The server may stop reading before the end.
            let _ = timeout(Duration::from_secs(5), stream.write_all(&request)).await;
            stream
        });
    }
    let stalled = stalled.join_all().await;
    victim.survived().await;
    drop(stalled);
}

/// Bodies of eight megabytes that consist of very short values.
#[tokio::test]
async fn bodies_of_many_small_values() {
    const SIZE: usize = 8 << 20;
    let json = |open: &str, value: &str, close: &str| {
        format!("{open}{}{close}", value.repeat((SIZE - 100) / value.len())).into_bytes()
    };
    let repeated = |bytes: &[u8]| bytes.repeat(SIZE / bytes.len());
    // A nested message: its key, its length, its fields.
    let inside = |key: u8, bytes: &[u8]| {
        let inner = bytes.repeat((SIZE - 10) / bytes.len());
        let mut outer = vec![key];
        prost::encoding::encode_varint(inner.len() as u64, &mut outer);
        [outer, inner].concat()
    };
    let keys = |close: &str| {
        let fields: Vec<String> = (0..600_000).map(|number| format!("\"{number}\":0,")).collect();
        let fields = fields.concat();
        format!("{{{fields}{close}").into_bytes()
    };
    let room = "/twirp/livekit.RoomService";
    for (name, path, content, body) in [
        ("names", format!("{room}/ListRooms"), "protobuf", repeated(&[0x0a, 0])),
        ("names", format!("{room}/ListRooms"), "json", json("{\"names\":[", "\"\",", "\"\"]}")),
        ("numbers", format!("{room}/ListRooms"), "json", json("{\"names\":[", "0,", "0]}")),
        ("unknown varints", format!("{room}/ListRooms"), "protobuf", repeated(&[0x78, 0])),
        ("unknown groups", format!("{room}/ListRooms"), "protobuf", repeated(&[0x7b, 0x7c])),
        ("agents", format!("{room}/CreateRoom"), "protobuf", repeated(&[0x72, 0])),
        ("agents", format!("{room}/CreateRoom"), "json", json("{\"agents\":[", "{},", "{}]}")),
        ("unknown lists", format!("{room}/CreateRoom"), "json", json("{\"nope\":[", "{},", "{}]}")),
        ("unknown keys", format!("{room}/CreateRoom"), "json", keys("\"name\":\"a\"}")),
        ("deep", format!("{room}/CreateRoom"), "json", vec![b'['; SIZE]),
        ("tracks", format!("{room}/UpdateSubscriptions"), "protobuf", repeated(&[0x22, 0])),
        (
            "packed",
            "/twirp/livekit.Egress/ListEgress".to_owned(),
            "protobuf",
            repeated(&[0x0a, 0x7f]),
        ),
        (
            "an inner message",
            format!("{room}/UpdateParticipant"),
            "protobuf",
            inside(0x22, &[0x4a, 0]),
        ),
    ] {
        let victim = Victim::start().await;
        let content = format!("application/{content}");
        let answer =
            call_at(victim.address, "POST", &path, &[("content-type", &content)], body).await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 200, "{name} as {content}");
        victim.survived().await;
    }
}

// === Controls ===

#[tokio::test]
async fn controls_of_many_mistakes() {
    let names = |length: usize| -> String {
        let fields = (0..60_000 / (length + 4)).map(|_| format!("\"{}\":1,", "f".repeat(length)));
        format!("{{{}\"strict\":false}}", fields.collect::<String>())
    };
    let victim = Victim::with(&["--strict"]).await;
    for control in [
        names(12),
        names(20),
        names(90),
        names(50_000),
        format!("{{\"pinnedRegions\":[{}\"\"]}}", "\"region-9\",".repeat(5000)),
        format!("{{\"failRegions\":[{}0]}}", "9,".repeat(30_000)),
        format!("{{{}\"signal\":1}}", "\"signal\":1,".repeat(5000)),
        "[".repeat(60_000),
        format!("{{\"response\":{}{}}}", "[".repeat(120), "]".repeat(120)),
        format!("{{\"response\":{{\"enabledCodecs\":[{}{{}}]}}}}", "{},".repeat(20_000)),
    ] {
        let begun = Instant::now();
        let request = format!(
            "POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nX-Lk-Mock: {control}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        );
        let answer = raw::exchange(victim.address, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
        let start: String = control.chars().take(60).collect();
        assert!(begun.elapsed() < PAUSE, "{start}: {:?}", begun.elapsed());
    }
    for path in [
        "/twirp/livekit.RoomService/".to_owned() + &"x".repeat(60_000),
        "/twirp/".to_owned() + &"x".repeat(60_000),
    ] {
        let begun = Instant::now();
        let answer = post_at(victim.address, &path, &[], "{}").await;
        assert_eq!(answer.status, 404);
        assert!(begun.elapsed() < PAUSE, "a long path: {:?}", begun.elapsed());
    }
    victim.survived().await;
}

// === WebSockets ===

#[tokio::test]
async fn frames_larger_than_any_memory() {
    let victim = Victim::start().await;
    for (first, length) in
        [(0x82, 1 << 40), (0x81, 1 << 62), (0x02, 1 << 40), (0xc2, 1 << 40), (0x82, (1 << 20) + 1)]
    {
        assert_eq!(
            victim.closes(&announced(first, length)).await,
            Some(1009),
            "{first:x} {length}"
        );
    }
    for bytes in [
        announced(0x82, u64::MAX),
        frame(0x89, &[0; 126]),
        frame(0x09, &[]),
        frame(0xa2, &[]),
        frame(0x83, &[]),
        frame(0x80, &[]),
        vec![0x82, 1, 0],
        [frame(0x02, &[0]), frame(0x82, &[0])].concat(),
        frame(0x88, &[3]),
    ] {
        assert_eq!(victim.closes(&bytes).await, Some(1002), "{bytes:?}");
    }
    victim.survived().await;
}

#[tokio::test]
async fn messages_in_endless_fragments() {
    let victim = Victim::start().await;
    let mut bytes = frame(0x02, &[]);
    bytes.extend(frame(0x00, &[0; 1000]).repeat(2000));
    assert_eq!(victim.closes(&bytes).await, Some(1009));
    let mut bytes = frame(0x02, &[]);
    bytes.extend(frame(0x00, &[]).repeat(500_000));
    assert_eq!(victim.closes(&bytes).await, None, "it waits for more");
    victim.survived().await;
}

#[tokio::test]
async fn messages_that_inflate() {
    let victim = Victim::start().await;
    let bomb = deflated(&vec![0; 16 << 20]);
    assert!(bomb.len() < 1 << 20);
    assert_eq!(victim.closes(&frame(0xc2, &bomb)).await, Some(1009));
    let fragmented = [frame(0x42, &bomb[..1000]), frame(0x80, &bomb[1000..])].concat();
    assert_eq!(victim.closes(&fragmented).await, Some(1009));
    assert_eq!(victim.closes(&frame(0xc2, &[0xff; 1000])).await, Some(1007));
    // Many messages that are small enough.
    let small = frame(0xc1, &deflated(&vec![b'a'; (1 << 20) - 1]));
    assert_eq!(victim.closes(&small.repeat(50)).await, None);
    // Empty stored blocks.
    let nothing = [0, 0, 0, 0xff, 0xff].repeat(200_000);
    let code = victim.closes(&frame(0xc2, &nothing)).await;
    assert!(matches!(code, None | Some(1007 | 1009)), "{code:?}");
    victim.survived().await;
}

/// Messages of a megabyte that consist of very short values.
#[tokio::test]
async fn messages_of_many_small_values() {
    let inside = |key: &[u8], element: &[u8]| {
        let inner = element.repeat(((1 << 20) - 20) / element.len());
        let mut outer = key.to_vec();
        prost::encoding::encode_varint(inner.len() as u64, &mut outer);
        [outer, inner].concat()
    };
    for (name, message) in [
        ("subscription.track_sids", inside(&[0x32], &[0x0a, 0])),
        ("subscription.participant_tracks", inside(&[0x32], &[0x1a, 0])),
        ("add_track.layers", inside(&[0x22], &[0x4a, 0])),
        ("sync_state.publish_tracks", inside(&[0x62], &[0x1a, 0])),
        ("sync_state.publish_tracks.track", inside(&[0x62], &[0x1a, 2, 0x12, 0])),
        ("sync_state.data_channels", inside(&[0x62], &[0x22, 0])),
        ("unknown", [0x9a, 0x06, 0].repeat(340_000)),
    ] {
        for script in [
            r#"mock:{"signal":"no_first_message"}"#,
            "plain",
            r#"mock:{"script":[{"expect":"leave"}]}"#,
        ] {
            let victim = Victim::start().await;
            let mut stream = victim.upgraded("/rtc", script).await;
            let ping = livekit_protocol::SignalRequest {
                message: Some(livekit_protocol::signal_request::Message::Ping(1)),
            };
            let leave = livekit_protocol::SignalRequest {
                message: Some(livekit_protocol::signal_request::Message::Leave(
                    livekit_protocol::LeaveRequest::default(),
                )),
            };
            stream.write_all(&frame(0x82, &message)).await.expect("a reading server");
            stream.write_all(&frame(0x82, &ping.encode_to_vec())).await.expect("a reading server");
            stream.write_all(&frame(0x82, &leave.encode_to_vec())).await.expect("a reading server");
            stream.write_all(&frame(0x88, &[3, 0xe8])).await.expect("a reading server");
            let mut rest = Vec::new();
            let ended = soon(stream.read_to_end(&mut rest)).await;
            assert!(ended.is_ok(), "{name}, {script}: {ended:?}");
            victim.survived().await;
        }
    }
}

#[tokio::test]
async fn pings_whose_pongs_nobody_reads() {
    let victim = Victim::start().await;
    let stream = victim.upgraded("/rtc", "plain").await;
    let (_unread, mut into) = stream.into_split();
    let pings = frame(0x89, &[0; 125]).repeat(100_000);
    let _ = timeout(Duration::from_secs(3), into.write_all(&pings)).await;
    victim.survived().await;
}

#[tokio::test]
async fn join_requests_that_inflate() {
    let victim = Victim::start().await;
    let token = token_of("devkey", "secret");
    let bearer = format!("Bearer {token}");
    for (request, ignored) in [
        (vec![0; 8 << 20], true),
        ([0x2a, 0].repeat(1 << 19), true),
        ([0x2a, 2, 0x4a, 0].repeat(1 << 18), true),
        (
            JoinRequest { metadata: "m".repeat((1 << 20) - 10), ..JoinRequest::default() }
                .encode_to_vec(),
            false,
        ),
    ] {
        let path = joining_with(&request).replace("/rtc/v1?", "/rtc/v1/validate?");
        let answer = call_at(victim.address, "GET", &path, &[("authorization", &bearer)], "").await;
        let answer = answer.expect("an answer");
        assert_eq!((answer.status.as_u16(), answer.text()), (200, "success"));
        let warned = answer.warnings();
        assert_eq!(!warned.is_empty(), ignored, "{warned:?}");
    }
    victim.survived().await;
}

/// A short script may send much.
#[tokio::test]
async fn scripts_that_send_much_again_and_again() {
    let victim = Victim::start().await;
    let metadata = "m".repeat((1 << 20) - 1000);
    let path = joining_with(&JoinRequest { metadata, ..JoinRequest::default() }.encode_to_vec());
    let joins = vec![r#"{"send":{"join":{}}}"#; 900].join(",");
    let key = format!("mock:{{\"script\":[{joins},{{\"wait\":60000}}]}}");
    let mut held = Vec::new();
    for _ in 0..4 {
        // Without compression, which would take minutes in a debug build.
        held.push(victim.upgraded_with("none", &path, &key).await);
    }
    victim.survived().await;
}
