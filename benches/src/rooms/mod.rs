//! Clients whose rooms are connected: each sends a message a second, and gets one back.

mod client;
mod peer;

use std::{
    io,
    net::SocketAddr,
    pin::pin,
    rc::Rc,
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::{
    sync::{Barrier, Semaphore},
    task::{JoinHandle, spawn_local},
    time::timeout,
};

use crate::{
    failure::Failure,
    load,
    process::{Programs, Server},
    report::verdict,
    requests,
};
use client::Client;

/// What a connected client may take of the server's memory, in bytes.
const MEMORY: u64 = 256 << 10;
/// How much of a core the server may take.
const CORE: f64 = 0.5;
const INTERVAL: Duration = Duration::from_secs(1);
/// How many clients connect at the same time.
const AT_ONCE: usize = 16;
/// How long a client may take to connect.
const CONNECTING: Duration = Duration::from_secs(50);
/// How long the last answers may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was sent, and what came back.
#[derive(Default)]
struct Talk {
    sent: u32,
    answered: u32,
    slowest: Duration,
}

/// What the server has used while the clients talked.
struct Use {
    talk: Talk,
    /// Of a core.
    cpu: f64,
    memory: u64,
}

/// What all clients share.
struct Shared {
    address: SocketAddr,
    connecting: Semaphore,
    /// Passed once all are connected.
    connected: Barrier,
    rounds: u32,
}

/// So many clients talk for so many seconds. Returns whether the bounds held.
pub(crate) fn hold(programs: &Programs, peers: usize, seconds: u32) -> Result<bool, Failure> {
    let server = programs.start_mock(1)?;
    let before = server.resident()?;
    let Use { talk, cpu, memory } = load::block_on(talk(&server, peers, seconds))?;
    let each = memory.saturating_sub(before) / (peers as u64).max(1);
    let held = talk.answered == talk.sent && cpu <= CORE && each <= MEMORY;
    println!(
        "{peers} connected clients send a message a second for {seconds} s: {} of {} answered, the slowest after \
         {} ms; {:.1}% of a core, at most {:.0}%; {} KiB each, at most {}: {}",
        talk.answered,
        talk.sent,
        talk.slowest.as_millis(),
        cpu * 100.0,
        CORE * 100.0,
        each >> 10,
        MEMORY >> 10,
        verdict(held)
    );
    Ok(held)
}

async fn talk(server: &Server, peers: usize, rounds: u32) -> io::Result<Use> {
    let shared = Rc::new(Shared {
        address: server.addresses[0],
        connecting: Semaphore::new(AT_ONCE),
        connected: Barrier::new(peers + 1),
        rounds,
    });
    let talking: Vec<_> =
        (0..peers).map(|number| spawn_local(one(number, shared.clone()))).collect();
    let longest = CONNECTING + Duration::from_millis(100) * u32::try_from(peers).unwrap_or(0);
    if timeout(longest, shared.connected.wait()).await.is_err() {
        return Err(why(talking).await);
    }
    let (begin, idle) = (Instant::now(), server.cpu()?);
    tokio::time::sleep(INTERVAL * rounds).await;
    let used = Duration::from_nanos(server.cpu()? - idle);
    let cpu = used.as_secs_f64() / begin.elapsed().as_secs_f64();
    let memory = server.resident()?;
    let mut all = Talk::default();
    for one in talking {
        all.add(&one.await.map_err(io::Error::other)??);
    }
    Ok(Use { talk: all, cpu, memory })
}

/// Why not all clients have connected.
async fn why(talking: Vec<JoinHandle<io::Result<Talk>>>) -> io::Error {
    for one in talking.into_iter().filter(JoinHandle::is_finished) {
        if let Ok(Err(error)) = one.await {
            return error;
        }
    }
    io::Error::other("not all clients have connected in time")
}

async fn one(number: usize, shared: Rc<Shared>) -> io::Result<Talk> {
    let mut client = connect(number, &shared).await?;
    let mut together = pin!(shared.connected.wait());
    loop {
        tokio::select! {
            _ = &mut together => break,
            stepped = client.peer.step(None) => stepped?,
        }
    }
    // Spread over the interval, like clients that connected at different times.
    let share = INTERVAL * u32::try_from(number % 1000).unwrap_or(0) / 1000;
    let begin = Instant::now() + share;
    for round in 0..shared.rounds {
        client.peer.go_on_until(begin + INTERVAL * round, None).await?;
        client.peer.send()?;
    }
    let end = Instant::now() + PATIENCE;
    client.peer.go_on_until(end, Some(shared.rounds)).await?;
    let (answered, slowest) = client.peer.answered();
    Ok(Talk { sent: shared.rounds, answered, slowest })
}

async fn connect(number: usize, shared: &Shared) -> io::Result<Client> {
    let _turn = shared.connecting.acquire().await.map_err(io::Error::other)?;
    let answer = json!({"data": {"user": {"payload": "aG8="}}});
    let script = json!([{"greet": {}}, {"repeat": [{"expectData": "user"}, answer]}]);
    let request = requests::join_scripted(&format!("client-{number}"), &script);
    timeout(CONNECTING, Client::connect(shared.address, &request)).await?
}

impl Talk {
    fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.answered += other.answered;
        self.slowest = self.slowest.max(other.slowest);
    }
}
