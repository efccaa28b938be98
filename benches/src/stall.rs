//! Tests with clients that begin something large and do not finish it. Together they must use little
//! memory, and must not keep other clients waiting for long.

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
/// How much of a body a client sends. If a thousand clients sent more, they would fill the system's memory
/// for TCP, and every connection would be slow, whatever the server does.
const BODY: usize = MIB;
/// How much memory the server may use at most, in bytes.
const MEMORY: u64 = 64 << 20;
const SMALL_TIME: Duration = Duration::from_secs(1);
const LARGE_TIME: Duration = Duration::from_secs(5);
/// If no client has sent anything for this long, all of them stall.
const QUIET: Duration = Duration::from_millis(200);
/// How long to wait for that.
const LONGEST_FILLING: Duration = Duration::from_secs(15);
/// How often each of the other calls is made meanwhile.
const ROUNDS: usize = 3;

/// Tests every way to stall, each with its own server. Returns whether all of the tests held.
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

/// These clients do not stall: they send whole messages, one after another.
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
    let (small, large) = load::block_on(slowest_calls(&server, bytes.into(), clients))?;
    let peak = server.peak()?;
    let held = peak <= MEMORY && small <= SMALL_TIME && large <= LARGE_TIME;
    println!(
        "{clients} clients with {what}: at most {} KiB; meanwhile a small call took at most {} ms, a large \
         one {} ms: {}",
        peak >> 10,
        small.as_millis(),
        large.as_millis(),
        verdict(held)
    );
    Ok(held)
}

/// The times of the slowest small call and of the slowest large call, while this many clients send these
/// bytes.
async fn slowest_calls(
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
            // In pieces, so that the other tasks of this process can run, too.
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
    wait_until_all_stall(&moved).await;
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

/// Waits until the clients have filled the system's buffers. Until then, this process is busy with them, and
/// its own calls would be late for that reason.
async fn wait_until_all_stall(moved: &Cell<Instant>) {
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
