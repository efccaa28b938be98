//! Clients of HTTP/2 that wear a server down: each leaves it as light as before, and answering others.
#![cfg(all(feature = "http2", target_os = "linux"))]

mod support;

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use support::{
    CREATE_ROOM, call_at,
    frames::{
        CONTINUATION, DATA, END_HEADERS, END_STREAM, Frame, GOAWAY, HEADERS, PING, PREFACE,
        RST_STREAM, SETTINGS, WINDOW_UPDATE, all, frame, head, header, setting,
    },
    program::Program,
    soon,
};

/// How much more it may use after a flood than before, in KiB.
const FLAT: usize = 12 << 10;
/// How much more it may use for streams that are held open, each with its task, in KiB.
const HELD: usize = 36 << 10;
/// How much more it may use for a thousand connections, each with what fits into its window, in KiB.
const THOUSAND: usize = 72 << 10;
/// A call's head, with this delay.
fn post(delay_ms: u32) -> Vec<u8> {
    let control = header("x-lk-mock", &format!(r#"{{"delayMs":{delay_ms}}}"#));
    [head("POST", CREATE_ROOM), control].concat()
}

/// A client that writes whatever it likes.
struct Attacker(TcpStream);

impl Attacker {
    fn connect(to: SocketAddr) -> Self {
        let stream = TcpStream::connect(to).expect("a listening server");
        stream.set_nodelay(true).expect("an option");
        stream.set_write_timeout(Some(Duration::from_secs(5))).expect("an option");
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("an option");
        let mut attacker = Self(stream);
        attacker.says(&[PREFACE, &frame(SETTINGS, 0, 0, b"")].concat());
        attacker
    }

    /// Returns whether the server still takes what is written.
    fn says(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).is_ok()
    }

    /// Writes this so many times, until the server ends the connection or takes no more.
    fn floods(&mut self, times: u32, bytes: impl Fn(u32) -> Vec<u8>) {
        for begin in (0..times).step_by(100) {
            let many: Vec<u8> = (begin..begin + 100).flat_map(&bytes).collect();
            if !self.says(&many) {
                return;
            }
        }
    }

    /// What the server has said, until it ends the connection or is silent for 5 s.
    fn heard(&mut self) -> Vec<Frame> {
        let mut said = Vec::new();
        let _ = self.0.read_to_end(&mut said);
        all(&said)
    }
}

const REFUSED_STREAM: u32 = 7;
const ENHANCE_YOUR_CALM: u32 = 11;

/// Runs an attack on a server of its own, which must stay light, and answer others meanwhile and after.
async fn leaves_it_unharmed<T: Send + 'static>(
    most: usize,
    attack: impl FnOnce(SocketAddr) -> T + Send + 'static,
) -> T {
    let program = Program::start(&["--log-level", "off"]).await;
    let to = program.address(0);
    let answers = || async {
        let answer = soon(call_at(to, "GET", "/", &[], "")).await.expect("an answer");
        assert_eq!(answer.status, 200);
    };
    answers().await;
    let before = program.memory("VmHWM");
    let attacked = tokio::task::spawn_blocking(move || attack(to));
    answers().await;
    let outcome = soon(attacked).await.expect("no panic");
    answers().await;
    let after = program.memory("VmHWM");
    println!("{before} KiB before, at most {after} KiB");
    assert!(after - before < most, "{before} KiB before, {after} KiB");
    outcome
}

#[tokio::test]
async fn rapid_resets_end_the_connection_or_cost_nothing() {
    leaves_it_unharmed(FLAT, |to| {
        let mut attacker = Attacker::connect(to);
        attacker.floods(50_000, |number| {
            let stream = 2 * number + 1;
            [
                frame(HEADERS, END_HEADERS | END_STREAM, stream, &post(60_000)),
                frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()),
            ]
            .concat()
        });
    })
    .await;
}

#[tokio::test]
async fn continuations_without_an_end_end_the_connection() {
    let heard = leaves_it_unharmed(FLAT, |to| {
        let mut attacker = Attacker::connect(to);
        attacker.says(&frame(HEADERS, END_STREAM, 1, &post(0)));
        let header = [&[0, 1, b'a', 100], &[b'x'; 100][..]].concat();
        let headers = header.repeat(100);
        attacker.floods(5_000, |_| frame(CONTINUATION, 0, 1, &headers));
        attacker.heard()
    })
    .await;
    // It may have been reset before that could be read.
    assert!(heard.iter().all(|frame| frame.kind != HEADERS), "{heard:?}");
}

#[tokio::test]
async fn empty_continuations_end_the_connection() {
    leaves_it_unharmed(FLAT, |to| {
        let mut attacker = Attacker::connect(to);
        attacker.says(&frame(HEADERS, END_STREAM, 1, &post(0)));
        attacker.floods(200_000, |_| frame(CONTINUATION, 0, 1, b""));
        assert!(!attacker.says(&frame(CONTINUATION, 0, 1, b"")), "the connection is ended");
    })
    .await;
}

#[tokio::test]
async fn settings_and_pings_without_an_end_cost_nothing() {
    leaves_it_unharmed(FLAT, |to| {
        let mut attacker = Attacker::connect(to);
        // Nobody reads what is answered to them.
        attacker.floods(300_000, |_| [setting(1, 4096), frame(PING, 0, 0, &[0; 8])].concat());
    })
    .await;
}

#[tokio::test]
async fn empty_data_costs_nothing() {
    leaves_it_unharmed(FLAT, |to| {
        let mut attacker = Attacker::connect(to);
        attacker.says(&frame(HEADERS, END_HEADERS, 1, &post(60_000)));
        attacker.floods(500_000, |_| frame(DATA, 0, 1, b""));
    })
    .await;
}

#[tokio::test]
async fn more_streams_than_allowed_are_refused() {
    let heard = leaves_it_unharmed(FLAT, |to| {
        let mut attacker = Attacker::connect(to);
        attacker.floods(20_000, |number| {
            frame(HEADERS, END_HEADERS | END_STREAM, 2 * number + 1, &post(60_000))
        });
        attacker.heard()
    })
    .await;
    let refused = heard.iter().any(|frame| {
        frame.kind == RST_STREAM && frame.error() == Some(REFUSED_STREAM)
            || frame.kind == GOAWAY && frame.error() == Some(ENHANCE_YOUR_CALM)
    });
    assert!(refused, "REFUSED_STREAM, or the end: {:?}", heard.last());
}

#[tokio::test]
async fn answers_that_are_never_let_through_hold_little() {
    leaves_it_unharmed(HELD, |to| {
        let mut attackers: Vec<Attacker> = (0..20).map(|_| Attacker::connect(to)).collect();
        for attacker in &mut attackers {
            // A window of nothing for every stream.
            attacker.says(&setting(4, 0));
            for number in 0..100 {
                let stream = 2 * number + 1;
                attacker.says(&frame(HEADERS, END_HEADERS | END_STREAM, stream, &post(0)));
            }
            attacker.says(&frame(WINDOW_UPDATE, 0, 0, &1_u32.to_be_bytes()));
        }
        // Each is still there, and has got heads.
        for attacker in &mut attackers {
            let mut some = [0; 4096];
            assert!(attacker.0.read(&mut some).expect("frames") > 0);
        }
    })
    .await;
}

#[tokio::test]
async fn bodies_that_stall_hold_little() {
    leaves_it_unharmed(HELD, |to| {
        let mut attackers: Vec<Attacker> = (0..50).map(|_| Attacker::connect(to)).collect();
        for attacker in &mut attackers {
            for number in 0..100 {
                let stream = 2 * number + 1;
                attacker.says(&frame(HEADERS, END_HEADERS, stream, &post(0)));
                attacker.says(&frame(DATA, 0, stream, &[0; 600]));
            }
        }
        attackers
    })
    .await;
}

/// A thousand clients that each send this after the preface, and wait. Nearly all of them may: few have a
/// turn, which is taken away from those who send nothing.
fn thousand(to: SocketAddr, bytes: &[u8]) -> Vec<Attacker> {
    let mut attackers: Vec<Attacker> = (0..1000).map(|_| Attacker::connect(to)).collect();
    for attacker in &mut attackers {
        // What the server does not read waits with the system.
        attacker.0.set_nonblocking(true).expect("an option");
        let _ = attacker.0.write(bytes);
    }
    std::thread::sleep(Duration::from_secs(2));
    attackers.retain_mut(|attacker| {
        let read = attacker.0.read_to_end(&mut Vec::new());
        read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    });
    assert!(attackers.len() > 900, "{} connections are left", attackers.len());
    attackers
}

/// A head of a call with 100 KiB of headers, in frames, the last of them with these flags.
fn large_head(flags: u8) -> Vec<u8> {
    let header = |number: usize| header(&format!("x-{number}"), &"x".repeat(100));
    let headers: Vec<u8> = (0..1000).flat_map(header).collect();
    let mut bytes = frame(HEADERS, 0, 1, &post(0));
    let mut parts = headers.chunks(16_000).peekable();
    while let Some(part) = parts.next() {
        let flags = if parts.peek().is_none() { flags } else { 0 };
        bytes.extend(frame(CONTINUATION, flags, 1, part));
    }
    bytes
}

#[tokio::test]
async fn a_thousand_half_heads_wait_for_their_turns() {
    leaves_it_unharmed(THOUSAND, |to| thousand(to, &large_head(0))).await;
}

#[tokio::test]
async fn a_thousand_large_heads_whose_bodies_do_not_come_wait_for_their_turns() {
    leaves_it_unharmed(THOUSAND, |to| thousand(to, &large_head(END_HEADERS))).await;
}

#[tokio::test]
async fn a_thousand_half_bodies_wait_for_their_turns() {
    leaves_it_unharmed(THOUSAND, |to| {
        let data = frame(DATA, 0, 1, &[0; 16_000]).repeat(4);
        thousand(to, &[frame(HEADERS, END_HEADERS, 1, &post(0)), data].concat())
    })
    .await;
}
