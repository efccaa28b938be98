//! The limits of the signalling: sizes, framing, queues and memory. Also how sockets are closed
//! when the server stops.

mod support;

use std::{
    io::{ErrorKind, Write as _},
    net::TcpStream,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use livekit_mock::Mock;
use livekit_protocol::{
    SignalRequest, UpdateParticipantMetadata, signal_request::Message as Request,
    signal_response::Message as Response,
};
use prost::Message as _;
use serde_json::{Value, json};
use support::socket::{CHROMIUM, Dial, Frame, PATHS, Seen, Socket, deflate};

const MEBIBYTE: usize = 1 << 20;

fn start() -> Mock {
    Mock::builder().regions(1).start_blocking().expect("a server on a free port")
}

/// Sockets of both paths, with and without compression, that have joined.
fn joined(mock: &Mock) -> Vec<Socket> {
    let dials = PATHS.into_iter().flat_map(|path| {
        [None, Some(CHROMIUM)].map(|offer| Dial::to(mock).path(path).offer(offer))
    });
    dials.map(|dial| join(&dial)).collect()
}

fn join(dial: &Dial) -> Socket {
    let mut socket = dial.connect();
    assert!(matches!(socket.message(), Response::Join(_)));
    socket
}

fn ping(socket: &mut Socket) {
    socket.request(Request::Ping(1));
    assert!(matches!(socket.message(), Response::Pong(_)));
}

/// A request of exactly this many bytes.
fn request_of(length: usize) -> Vec<u8> {
    let update = |metadata: usize| {
        let update = UpdateParticipantMetadata {
            metadata: "m".repeat(metadata),
            request_id: 5,
            ..UpdateParticipantMetadata::default()
        };
        SignalRequest { message: Some(Request::UpdateMetadata(update)) }.encode_to_vec()
    };
    let request = update(length - (update(length).len() - length));
    assert_eq!(request.len(), length);
    request
}

/// Sends each of these frames by itself, with and without compression.
fn close_with(code: u16, compression: bool, frames: &[(&str, Vec<Frame>)]) {
    let mock = start();
    for (name, frames) in frames {
        for mut socket in joined(&mock) {
            if compression && !socket.deflate {
                continue;
            }
            for frame in frames {
                socket.send(frame);
            }
            let Seen::Close(Some(seen), reason) = socket.next() else { panic!("{name}: no close") };
            assert_eq!(seen, code, "{name}: {reason}");
            assert!(!reason.is_empty(), "{name}: no reason");
            assert_eq!(socket.next(), Seen::Fin, "{name}");
        }
    }
    // An error of one socket does not affect the others.
    for mut socket in joined(&mock) {
        ping(&mut socket);
    }
}

#[test]
fn a_message_of_a_mebibyte_is_read() {
    let mock = start();
    let request = request_of(MEBIBYTE);
    let (start, end) = request.split_at(MEBIBYTE / 3);
    let compressed = deflate(&request);
    let (start_compressed, end_compressed) = compressed.split_at(compressed.len() / 3);
    for mut socket in joined(&mock) {
        let mut messages = vec![
            vec![Frame::binary(request.clone())],
            vec![Frame::binary(start).open(), Frame::new(0, end)],
        ];
        if socket.deflate {
            let open = Frame { rsv: 0x40, ..Frame::binary(start_compressed) }.open();
            messages.push(vec![Frame::deflated(&request)]);
            messages.push(vec![open, Frame::ping(""), Frame::new(0, end_compressed)]);
        }
        for frames in messages {
            for frame in &frames {
                socket.send(frame);
            }
            if frames.len() == 3 {
                assert_eq!(socket.next(), Seen::Pong(Vec::new()));
            }
            let Response::RequestResponse(answer) = socket.message() else { panic!("no answer") };
            assert_eq!(answer.request_id, 5);
        }
    }
}

#[test]
fn a_longer_message_closes_1009() {
    let announced = |length| Frame { length: Some(length), ..Frame::binary([]) };
    close_with(
        1009,
        false,
        &[
            ("a byte more", vec![announced((MEBIBYTE + 1) as u64)]),
            ("a byte more, and there it is", vec![Frame::binary(vec![0; MEBIBYTE + 1])]),
            ("a terabyte", vec![announced(1 << 40)]),
            ("the longest there is", vec![announced((1 << 63) - 1)]),
            ("in two parts", vec![Frame::binary(vec![0; MEBIBYTE]).open(), Frame::new(0, [0])]),
            (
                "in three parts of text",
                vec![
                    Frame::text(vec![b'a'; MEBIBYTE / 2]).open(),
                    Frame::new(0, vec![b'a'; MEBIBYTE / 2]).open(),
                    Frame::new(0, "a"),
                ],
            ),
        ],
    );
    close_with(
        1009,
        true,
        &[
            ("a byte more when inflated", vec![Frame::deflated(&vec![0; MEBIBYTE + 1])]),
            ("sixteen times as much", vec![Frame::deflated(&vec![0; 16 * MEBIBYTE])]),
        ],
    );
}

#[test]
fn broken_framing_closes_1002() {
    let unmasked = Frame { masked: false, ..Frame::binary("hi") };
    let reserved = [3, 4, 7, 11, 15].map(|opcode| Frame::new(opcode, "x"));
    let rsv = |rsv, frame| Frame { rsv, ..frame };
    let msb = Frame { length: Some(1 << 63), ..Frame::binary([]) };
    let mut frames = vec![
        ("an unmasked frame", vec![unmasked.clone()]),
        ("an unmasked ping", vec![Frame { masked: false, ..Frame::ping("") }]),
        ("RSV2", vec![rsv(0x20, Frame::binary("x"))]),
        ("RSV3", vec![rsv(0x10, Frame::binary("x"))]),
        ("RSV1 on a ping", vec![rsv(0x40, Frame::ping("x"))]),
        ("RSV1 on a continuation", vec![Frame::binary("x").open(), rsv(0x40, Frame::new(0, "x"))]),
        ("a ping in parts", vec![Frame::ping("x").open()]),
        ("a ping of 126 bytes", vec![Frame::ping([0; 126])]),
        ("a continuation of nothing", vec![Frame::new(0, "x")]),
        ("a message in a message", vec![Frame::binary("x").open(), Frame::binary("x")]),
        ("a negative length", vec![msb]),
        ("a close frame of one byte", vec![Frame::new(8, [3])]),
        ("a close code that none may send", vec![Frame::close(1005, b"")]),
        ("an invalid close code", vec![Frame::close(999, b"")]),
    ];
    frames.extend(reserved.map(|frame| ("a reserved opcode", vec![frame])));
    close_with(1002, false, &frames);
}

#[test]
fn rsv1_without_compression_closes_1002() {
    let mock = start();
    let mut socket = join(&Dial::to(&mock));
    socket.send(&Frame::deflated(&[0; 100]));
    let Seen::Close(Some(1002), _) = socket.next() else { panic!("no close") };
}

#[test]
fn text_that_is_none_closes_1007() {
    close_with(
        1007,
        false,
        &[
            ("a close reason", vec![Frame::close(1000, &[0xff, 0xfe])]),
            ("a text message", vec![Frame::text([0xff, 0xfe])]),
            ("a text in parts", vec![Frame::text([0xc3]).open(), Frame::new(0, "x")]),
        ],
    );
    close_with(
        1007,
        true,
        &[
            ("a compressed text", vec![Frame { rsv: 0x40, ..Frame::text(deflate(&[0xff; 9])) }]),
            ("no deflate", vec![Frame { rsv: 0x40, ..Frame::binary([0xff; 9]) }]),
        ],
    );
}

#[test]
fn a_flood_of_frames_starves_no_one() {
    let mock = start();
    let wait = json!([{"greet": {}}, {"wait": 300}, {"close": {"code": 4000}}]);
    let mut flooding = join(&Dial::to(&mock).script(&wait));
    let mut other = join(&Dial::to(&mock));
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let mut sink = flooding.stream.try_clone().expect("a second handle");
        let over = &over;
        scope.spawn(move || {
            // None of these are answered, so that the server does not wait for a full send buffer.
            let block = Frame::text("x").encode().repeat(20_000);
            let end = Instant::now() + Duration::from_secs(5);
            while !over.load(Relaxed) && Instant::now() < end && sink.write_all(&block).is_ok() {}
        });
        let mut slowest = Duration::ZERO;
        for _ in 0..20 {
            let started = Instant::now();
            ping(&mut other);
            slowest = slowest.max(started.elapsed());
        }
        // The script of the flooding socket goes on, too.
        assert_eq!(flooding.next(), Seen::close(4000, ""));
        let elapsed = flooding.started.elapsed();
        over.store(true, Relaxed);
        assert!(slowest < Duration::from_secs(1), "a pong took {slowest:?}");
        assert!(elapsed < Duration::from_secs(3), "the script took {elapsed:?}");
    });
}

// === A stop of the server ===

#[tokio::test]
async fn a_shutdown_closes_every_socket_with_1001() {
    let mock = start();
    let scripts = [
        json!([{"greet": {}}]),
        json!([{"greet": {}}, {"wait": 600_000}]),
        json!([{"greet": {}}, {"expect": "offer"}]),
        json!([{"greet": {}}, {"expect": "offer", "timeout": 600_000}]),
        json!([{"greet": {}}, {"expect": "close"}]),
        json!([{"greet": {}}, {"answer": false}]),
    ];
    let dial = |script: Value, offer| join(&Dial::to(&mock).offer(offer).script(&script));
    let mut sockets: Vec<Socket> = scripts
        .iter()
        .flat_map(|script| [None, Some(CHROMIUM)].map(|offer| dial(script.clone(), offer)))
        .collect();
    let started = Instant::now();
    // The clients keep their side open: the server must not wait for them.
    mock.shutdown().await;
    let elapsed = started.elapsed();
    assert!(elapsed < Duration::from_secs(5), "the shutdown took {elapsed:?}");
    for socket in &mut sockets {
        socket.closes(1001, "the server is shutting down");
    }
}

// === Memory ===

#[cfg(target_os = "linux")]
mod memory {
    use socket2::SockRef;
    use support::program::Program;

    use super::*;

    async fn program() -> Program {
        Program::start(&["--log-level", "error"]).await
    }

    fn dial(program: &Program) -> Dial {
        Dial::at(program.address(0)).offer(CHROMIUM)
    }

    /// Sends for a second without reading. Returns how many bytes the server has read.
    fn send_without_reading(stream: &mut TcpStream, block: &[u8]) -> usize {
        stream.set_nonblocking(true).expect("a socket");
        let (mut taken, mut rest, end) = (0, block, Instant::now() + Duration::from_secs(1));
        while Instant::now() < end {
            match stream.write(rest) {
                Ok(count) => {
                    taken += count;
                    rest = &rest[count..];
                    if rest.is_empty() {
                        rest = block;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    thread::sleep(Duration::from_millis(1));
                }
                Err(error) => panic!("{error}"),
            }
        }
        taken
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_fills_no_queue() {
        let program = program().await;
        let request = |message| SignalRequest { message: Some(message) }.encode_to_vec();
        let blocks = [
            Frame::ping([7; 125]).encode().repeat(200),
            Frame::binary(request(Request::Ping(1))).encode().repeat(2000),
        ];
        // Some memory is only allocated for the first socket.
        ping(&mut join(&dial(&program)));
        let before = program.memory("VmRSS");
        let mut stuck: Vec<Socket> = (0..4).map(|_| join(&dial(&program))).collect();
        for (socket, block) in stuck.iter_mut().zip(blocks.iter().cycle()) {
            let taken = send_without_reading(&mut socket.stream, block);
            assert!(taken > 1 << 16, "the server took {taken} bytes");
        }
        let grown = program.memory("VmHWM").saturating_sub(before);
        assert!(grown < 2048, "{grown} KiB more");
        // The others are still served.
        ping(&mut join(&dial(&program)));
    }

    #[tokio::test]
    async fn announced_and_inflated_bytes_take_no_memory() {
        let program = program().await;
        ping(&mut join(&dial(&program)));
        let before = program.memory("VmHWM");
        let bomb = Frame::deflated(&vec![0; 64 * MEBIBYTE]);
        for frame in [Frame { length: Some(1 << 40), ..Frame::binary([]) }, bomb] {
            let mut socket = join(&dial(&program));
            socket.send(&frame);
            assert!(matches!(socket.next(), Seen::Close(Some(1009), _)));
        }
        let grown = program.memory("VmHWM") - before;
        assert!(grown < 4096, "{grown} KiB more");
    }

    /// As many as a limit of a thousand descriptors allows, on either side.
    const SOCKETS: usize = 800;

    #[tokio::test]
    async fn an_idle_socket_takes_less_than_eight_kibibytes() {
        let program = program().await;
        let open = |count| -> Vec<Socket> {
            let dial = dial(&program);
            let sockets = (0..count).map(|_| join(&dial));
            // Each socket is used before it is idle.
            sockets
                .map(|mut socket| {
                    ping(&mut socket);
                    socket
                })
                .collect()
        };
        let _first = open(50);
        let before = program.memory("VmRSS");
        let idle = open(SOCKETS);
        let each = (program.memory("VmRSS") - before) * 1024 / idle.len();
        println!("{each} bytes a socket");
        assert!(each < 8 << 10, "{each} bytes a socket");
    }

    #[tokio::test]
    async fn a_client_that_disconnects_leaves_nothing() {
        // The journal is full after a round.
        let program = Program::start(&["--log-level", "error", "--journal", "300"]).await;
        let before = program.open_files();
        let mut after_a_round = None;
        for _ in 0..5 {
            let sockets: Vec<Socket> = (0..300).map(|_| join(&dial(&program))).collect();
            assert!(program.open_files() >= before + 300);
            for (number, socket) in sockets.into_iter().enumerate() {
                // Half of them normally, half by a RST.
                if number % 2 == 0 {
                    let linger = Some(Duration::ZERO);
                    SockRef::from(&socket.stream).set_linger(linger).expect("a socket");
                }
                drop(socket);
            }
            // One is for the log, which was opened with its first line.
            until(|| program.open_files() <= before + 1);
            after_a_round.get_or_insert_with(|| program.memory("VmRSS"));
        }
        let grown = program.memory("VmRSS").saturating_sub(after_a_round.expect("a round"));
        assert!(grown < 1024, "{grown} KiB more");
    }

    /// Waits until the server has noticed the end of a connection.
    fn until(done: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !done() {
            assert!(Instant::now() < deadline, "it does not happen");
            thread::sleep(Duration::from_millis(5));
        }
    }
}
