//! Clients that begin something large and do not finish it use little memory together, and do not
//! keep others waiting for long. `just hold` does the same with a thousand clients.

#![cfg(target_os = "linux")] // Memory is read from /proc.

mod support;

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

use support::{CREATE_ROOM, call_at, program::Program, raw, soon, token_of};

const MIB: usize = 1 << 20;
/// How much memory the program may use at most, in KiB, beside the pages of its own file: those of an
/// unoptimized program are many.
const MEMORY: usize = 58 << 10;
/// How many clients: with half a megabyte each, they would exceed that.
const CLIENTS: usize = 150;
const SMALL_TIME: Duration = Duration::from_secs(1);
const LARGE_TIME: Duration = Duration::from_secs(5);

fn upgrade(path: &str) -> Vec<u8> {
    let token = token_of("devkey", "secret");
    format!(
        "GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    .into_bytes()
}

/// The head of a frame of this many bytes, masked with zeros.
fn frame(first: u8, length: usize) -> Vec<u8> {
    [&[first, 0xff][..], &(length as u64).to_be_bytes(), &[0; 4]].concat()
}

fn post(rest: &str) -> Vec<u8> {
    format!("POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{rest}")
        .into_bytes()
}

fn half_message() -> Vec<u8> {
    [upgrade("/rtc"), frame(0x82, MIB), vec![0; MIB / 2]].concat()
}

fn half_fragmented_message() -> Vec<u8> {
    let fragment = |first| [frame(first, 4096), vec![0; 4096]].concat();
    [upgrade("/rtc"), fragment(0x02), fragment(0).repeat(MIB / 2 / 4096 - 1)].concat()
}

fn half_body() -> Vec<u8> {
    [post(&format!("Content-Length: {}\r\n\r\n", 8 * MIB)), vec![b' '; 4 * MIB]].concat()
}

fn half_chunked_body() -> Vec<u8> {
    let chunk = [b"10000\r\n".to_vec(), vec![b' '; 0x10000], b"\r\n".to_vec()].concat();
    [post("Transfer-Encoding: chunked\r\n\r\n"), chunk.repeat(4 * MIB / 0x10000)].concat()
}

fn half_head() -> Vec<u8> {
    format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}", "x".repeat(MIB / 2)).into_bytes()
}

/// Clients that send these bytes, as far as the server reads them, and then nothing.
async fn stall(to: SocketAddr, bytes: Vec<u8>) -> JoinSet<()> {
    let bytes: Arc<[u8]> = bytes.into();
    let mut stalled = JoinSet::new();
    for _ in 0..CLIENTS {
        let mut stream = TcpStream::connect(to).await.expect("a connection");
        let bytes = bytes.clone();
        stalled.spawn(async move {
            let _ = stream.write_all(&bytes).await;
            // Reads any answer, up to the end.
            let _ = raw::read_to_end(&mut stream).await;
            std::future::pending::<()>().await;
        });
    }
    stalled
}

async fn small_call(to: SocketAddr) {
    assert_eq!(soon(call_at(to, "GET", "/", &[], "")).await.expect("ok").text(), "ok");
}

async fn large_call(to: SocketAddr) {
    let body = format!("{{\"name\":\"{}\"}}", "a".repeat(7 * MIB));
    let json = [("content-type", "application/json")];
    let answer = soon(call_at(to, "POST", CREATE_ROOM, &json, body)).await.expect("an answer");
    assert_eq!(answer.status, 200, "{:.200}", answer.text());
    assert!(answer.body.len() > 7 * MIB);
}

async fn large_head(to: SocketAddr) {
    let header = "x".repeat(900 << 10);
    let answer = soon(call_at(to, "GET", "/", &[("x-long", &header)], "")).await;
    assert_eq!(answer.expect("an answer").text(), "ok");
}

/// Sends a message of a megabyte, and then one that is answered.
async fn large_message(to: SocketAddr) {
    let mut stream = TcpStream::connect(to).await.expect("a connection");
    let ping = [0x89, 0x84, 0, 0, 0, 0, b'p', b'i', b'n', b'g'];
    let bytes = [upgrade("/rtc"), frame(0x82, MIB), vec![0; MIB], ping.to_vec()].concat();
    soon(stream.write_all(&bytes)).await.expect("a reading server");
    let mut heard = Vec::new();
    while !heard.ends_with(b"\x8a\x04ping") {
        assert_ne!(soon(stream.read_buf(&mut heard)).await.expect("a pong"), 0, "{heard:?}");
    }
}

async fn timed(what: &str, most: Duration, work: impl Future<Output = ()>) {
    let begun = Instant::now();
    work.await;
    let took = begun.elapsed();
    println!("{what}: {took:?}");
    assert!(took <= most, "{what} took {took:?}");
}

async fn harms_nobody(bytes: Vec<u8>) {
    let program = Program::start(&["--log-level", "error"]).await;
    let to = program.address(0);
    let stalled = stall(to, bytes).await;
    for _ in 0..2 {
        timed("a small call", SMALL_TIME, small_call(to)).await;
        timed("a large call", LARGE_TIME, large_call(to)).await;
        timed("a large head", LARGE_TIME, large_head(to)).await;
        timed("a large message", LARGE_TIME, large_message(to)).await;
    }
    let most = program.most_memory();
    println!("{most} KiB");
    assert!(most <= MEMORY, "it held {most} KiB");
    drop(stalled);
}

#[tokio::test]
async fn half_messages() {
    harms_nobody(half_message()).await;
}

#[tokio::test]
async fn half_fragmented_messages() {
    harms_nobody(half_fragmented_message()).await;
}

#[tokio::test]
async fn half_bodies() {
    harms_nobody(half_body()).await;
}

#[tokio::test]
async fn half_chunked_bodies() {
    harms_nobody(half_chunked_body()).await;
}

#[tokio::test]
async fn half_heads() {
    harms_nobody(half_head()).await;
}

/// Short lines need much more memory once they are parsed.
#[tokio::test]
async fn heads_of_many_lines_before_half_a_body() {
    let lines = (0..8000).fold(String::new(), |lines, number| lines + &format!("a{number:x}:\r\n"));
    harms_nobody(post(&format!("{lines}Content-Length: 100\r\n\r\nhalf"))).await;
}

#[tokio::test]
async fn answers_that_nobody_reads() {
    // A room's name, in protobuf: four bytes say how long it is.
    let name = [b"\x0a\xf0\xff\xff\x03".to_vec(), vec![b'a'; 8 * MIB - 16]].concat();
    let head =
        format!("POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", name.len());
    let request = [head.into_bytes(), name];
    let program = Program::start(&["--log-level", "error"]).await;
    let to = program.address(0);
    let bytes: Arc<[u8]> = request.concat().into();
    let mut stalled = JoinSet::new();
    for _ in 0..20 {
        let (bytes, mut stream) =
            (bytes.clone(), TcpStream::connect(to).await.expect("a connection"));
        stalled.spawn(async move {
            let _ = stream.write_all(&bytes).await;
            std::future::pending::<()>().await;
            drop(stream);
        });
    }
    timed("a small call", SMALL_TIME, small_call(to)).await;
    timed("a large call", LARGE_TIME, large_call(to)).await;
    let most = program.most_memory();
    assert!(most <= MEMORY, "it held {most} KiB");
}

/// Clients that send at a normal speed are not refused, however many there are.
#[tokio::test]
async fn honest_clients_all_get_their_turn() {
    let program = Program::start(&["--log-level", "error"]).await;
    let to = program.address(0);
    let mut honest = JoinSet::new();
    for number in 0..CLIENTS {
        honest.spawn(async move {
            match number % 10 {
                0 => large_call(to).await,
                1..5 => large_head(to).await,
                _ => large_message(to).await,
            }
        });
    }
    while let Some(done) = honest.join_next().await {
        done.expect("served");
    }
    let most = program.most_memory();
    assert!(most <= MEMORY, "it held {most} KiB");
}

/// A client that stalls while others wait is told why it is ended.
#[tokio::test]
async fn a_client_that_loses_its_turn_is_told_why() {
    for (bytes, told) in [
        (half_body(), "HTTP/1.1 408 Request Timeout\r\n"),
        (half_chunked_body(), "HTTP/1.1 408 Request Timeout\r\n"),
        (half_head(), "HTTP/1.1 408 Request Timeout\r\n"),
        (half_message(), "message stalled while others waited"),
    ] {
        let mut program = Program::start(&[]).await;
        let to = program.address(0);
        let mut first = TcpStream::connect(to).await.expect("a connection");
        first.write_all(&bytes).await.expect("a reading server");
        let others = stall(to, half_body()).await;
        let heard = soon(raw::read_to_end(&mut first)).await;
        assert!(heard.contains(told), "{heard:.300}");
        program.logs("one that stalled is ended, because another waits").await;
        drop(others);
    }
}
