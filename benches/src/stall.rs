//! Clients that begin something large and do not end it: they take little memory together, and keep
//! nobody else waiting for long.

use std::{
    cell::Cell,
    io,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::spawn_local,
    time::sleep,
};

use crate::{
    failure::Failure,
    load::{self, Client},
    process::{Programs, Server},
    report::verdict,
    requests::{self, CREATE_ROOM},
};

const MIB: usize = 1 << 20;
/// What of a body comes. A thousand with more would fill all that the system holds for TCP, and then every
/// connection is slow, whatever the server does.
const BODY: usize = MIB;
/// What the server may hold at its worst, in bytes.
const MEMORY: u64 = 64 << 20;
const SMALL_TIME: Duration = Duration::from_secs(1);
const LARGE_TIME: Duration = Duration::from_secs(5);
/// How long no client may move for all of them to stall, and how long that is waited for.
const QUIET: Duration = Duration::from_millis(200);
const LONGEST_FILLING: Duration = Duration::from_secs(15);
/// How often each of the calls beside them is made.
const ROUNDS: usize = 3;

/// Every way to stall, each with a server of its own; whether all of them held.
pub(crate) fn all(programs: &Programs, clients: usize) -> Result<bool, Failure> {
    let mut held = true;
    for (what, bytes) in [
        ("half messages", half_message()),
        ("half fragmented messages", half_fragmented_message()),
        ("half bodies", half_body()),
        ("half chunked bodies", half_chunked_body()),
        ("half heads", half_head()),
        ("whole messages", whole_message()),
    ] {
        held &= stalled(programs, what, bytes, clients)?;
    }
    Ok(held)
}

fn half_message() -> Vec<u8> {
    [requests::join(), requests::frame(0x82, MIB), vec![0; MIB / 2]].concat()
}

/// At an honest pace, and again and again.
fn whole_message() -> Vec<u8> {
    let message = [requests::frame(0x82, MIB), vec![0; MIB]].concat();
    [requests::join(), message.repeat(3)].concat()
}

fn half_fragmented_message() -> Vec<u8> {
    let fragment = |first| [requests::frame(first, 4096), vec![0; 4096]].concat();
    [requests::join(), fragment(0x02), fragment(0).repeat(MIB / 2 / 4096 - 1)].concat()
}

fn half_body() -> Vec<u8> {
    let head =
        format!("POST {CREATE_ROOM} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", 2 * BODY);
    [head.into_bytes(), vec![0; BODY]].concat()
}

fn half_chunked_body() -> Vec<u8> {
    let head =
        format!("POST {CREATE_ROOM} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    let chunk = [b"10000\r\n".to_vec(), vec![0; 0x10000], b"\r\n".to_vec()].concat();
    [head.into_bytes(), chunk.repeat(BODY / 0x10000)].concat()
}

fn half_head() -> Vec<u8> {
    format!("GET / HTTP/1.1\r\nhost: x\r\nx-long: {}", "x".repeat(MIB / 2)).into_bytes()
}

fn stalled(
    programs: &Programs,
    what: &str,
    bytes: Vec<u8>,
    clients: usize,
) -> Result<bool, Failure> {
    let server = programs.start_mock(1)?;
    let (small, large) = load::block_on(beside(&server, bytes.into(), clients))?;
    let peak = server.peak()?;
    let held = peak <= MEMORY && small <= SMALL_TIME && large <= LARGE_TIME;
    println!(
        "{clients} clients with {what}: at most {} KiB; beside them a small call took at most {} ms, a large \
         one {} ms: {}",
        peak >> 10,
        small.as_millis(),
        large.as_millis(),
        verdict(held)
    );
    Ok(held)
}

/// The slowest small and the slowest large call beside so many clients that send this.
async fn beside(
    server: &Server,
    bytes: Rc<[u8]>,
    clients: usize,
) -> io::Result<(Duration, Duration)> {
    let address = server.addresses[0];
    let moved = Rc::new(Cell::new(Instant::now()));
    for _ in 0..clients {
        let mut stream = TcpStream::connect(address).await?;
        let (bytes, moved) = (bytes.clone(), moved.clone());
        spawn_local(async move {
            // In pieces, so that a client that is no part of it comes to its turn as well.
            for piece in bytes.chunks(64 << 10) {
                if stream.write_all(piece).await.is_err() {
                    break;
                }
                moved.set(Instant::now());
            }
            let mut heard = [0; 512];
            while stream.read(&mut heard).await.is_ok_and(|read| read > 0) {}
            std::future::pending::<()>().await;
        });
    }
    settled(&moved).await;
    let (mut small, mut large) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..ROUNDS {
        small = small.max(timed(address, &requests::create_room()).await?);
        let name = "a".repeat(7 * MIB);
        large = large.max(timed(address, &requests::create_room_with(&[], &name)).await?);
        let metadata = "a".repeat(900 << 10);
        let long_head = requests::create_room_with(&[("x-long", &metadata)], "my-room");
        large = large.max(timed(address, &long_head).await?);
        small = small.max(timed(address, &requests::regions()).await?);
        sleep(Duration::from_millis(300)).await;
    }
    Ok((small, large))
}

/// Waits until the clients have filled what the system holds for them: until then this process is busy
/// with them, and its own calls would be late by no fault of the server.
async fn settled(moved: &Cell<Instant>) {
    let begun = Instant::now();
    sleep(Duration::from_secs(1)).await;
    while moved.get().elapsed() < QUIET && begun.elapsed() < LONGEST_FILLING {
        sleep(QUIET / 4).await;
    }
}

async fn timed(address: SocketAddr, request: &[u8]) -> io::Result<Duration> {
    let begun = Instant::now();
    let mut client = Client::connect(address).await?;
    let status = client.ask(request).await?;
    if status != 200 {
        return Err(io::Error::other(format!("it answered {status}")));
    }
    Ok(begun.elapsed())
}
