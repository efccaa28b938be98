//! Puts the server under load for a long time, and checks that nothing is late, lost or left
//! behind.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{task::spawn_local, time::sleep};

use crate::{
    failure::Failure,
    load::{self, Client},
    process::{Programs, Server},
    report::verdict,
    requests, rooms, stall,
};

/// How much memory may grow when it should not: the noise of the allocator.
const SLACK: u64 = 1 << 20;
/// A delay that outlasts every test.
const HOUR_MS: u64 = 3_600_000;
/// How long the server may take to notice that clients have gone.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs all tests. Returns whether all of them held.
pub(crate) fn hold(
    programs: &Programs,
    soak_seconds: u64,
    quick: bool,
    descriptors: u64,
) -> Result<bool, Failure> {
    let most = usize::try_from(descriptors.saturating_sub(200)).unwrap_or(usize::MAX);
    let (requests, clients) = if quick { (1_000, 300) } else { (10_000, 1_500) };
    let held = [
        delays(programs, requests.min(most), if quick { 4_000 } else { 10_000 })?,
        pings(programs, requests.min(most))?,
        hang_ups(programs, "delayed", &requests::delayed(HOUR_MS), clients.min(most))?,
        hang_ups(programs, "hanging", &requests::hanging(), clients.min(most))?,
        many_calls(programs)?,
        journal(programs, if quick { 200_000 } else { 1_000_000 })?,
        stall::all(programs, if quick { 300 } else { 1_000 }.min(most))?,
        rooms::hold(programs, if quick { 100 } else { 500 }, if quick { 5 } else { 20 })?,
        soak(programs, Duration::from_secs(soak_seconds))?,
    ];
    Ok(held.iter().all(|held| *held))
}

/// This many calls wait at once, and each is answered at most a twentieth of its delay late.
fn delays(programs: &Programs, count: usize, delay_ms: u64) -> Result<bool, Failure> {
    let server = programs.start_mock(4)?;
    // Ten groups with different delays, so that the answers do not come in one burst.
    let requests: Vec<(Duration, Vec<u8>)> = (0..10)
        .map(|group| delay_ms + group * delay_ms / 10)
        .map(|ms| (Duration::from_millis(ms), requests::delayed(ms)))
        .collect();
    let (early, worst) = load::block_on(async {
        let mut waiting = Vec::with_capacity(count);
        for number in 0..count {
            let address = server.addresses[number % server.addresses.len()];
            let mut client = Client::connect(address).await?;
            let (delay, request) = requests[number % requests.len()].clone();
            waiting.push(spawn_local(async move {
                let sent = Instant::now();
                client.ask(&request).await?;
                Ok::<_, std::io::Error>(sent.elapsed().as_secs_f64() / delay.as_secs_f64() - 1.0)
            }));
        }
        let mut late = Vec::with_capacity(count);
        for one in waiting {
            late.push(one.await.map_err(std::io::Error::other)??);
        }
        let worst = late.iter().copied().fold(f64::MIN, f64::max);
        Ok((late.iter().copied().fold(f64::MAX, f64::min), worst))
    })?;
    let held = early >= 0.0 && worst <= 0.05;
    println!(
        "{count} delayed requests at once: from {:.2}% to {:.2}% late; at most 5%: {}",
        early * 100.0,
        worst * 100.0,
        verdict(held)
    );
    Ok(held)
}

/// This many joined clients ping once a second, as the server asks, and get every pong within the
/// time that the server announces.
fn pings(programs: &Programs, count: usize) -> Result<bool, Failure> {
    const ROUNDS: u32 = 5;
    const INTERVAL: Duration = Duration::from_secs(1);
    const TIMEOUT: Duration = Duration::from_secs(3);
    let server = programs.start_mock(4)?;
    let join = requests::join();
    let worst = load::block_on(async {
        let mut sockets = Vec::with_capacity(count);
        for number in 0..count {
            let mut client = Client::connect(server.addresses[number % 4]).await?;
            if client.ask(&join).await? != 101 {
                return Err(std::io::Error::other("the upgrade was refused"));
            }
            sockets.push(client);
        }
        let begin = Instant::now();
        let mut pinging = Vec::with_capacity(count);
        for (number, mut client) in sockets.into_iter().enumerate() {
            pinging.push(spawn_local(async move {
                let mut worst = Duration::ZERO;
                // Spread over the interval, like clients that joined at different times.
                let share = INTERVAL * u32::try_from(number % 1000).unwrap_or(0) / 1000;
                for round in 0..ROUNDS {
                    let due = begin + INTERVAL * round + share;
                    sleep(due.saturating_duration_since(Instant::now())).await;
                    client.drain();
                    let sent = Instant::now();
                    client.send(&requests::ping(u64::from(round) + 1)).await?;
                    client.read_into(0).await?;
                    worst = worst.max(sent.elapsed());
                }
                Ok::<_, std::io::Error>(worst)
            }));
        }
        let mut worst = Duration::ZERO;
        for one in pinging {
            worst = worst.max(one.await.map_err(std::io::Error::other)??);
        }
        Ok(worst)
    })?;
    let held = worst <= TIMEOUT;
    println!(
        "{count} sockets ping {ROUNDS} times, once a second: the slowest pong took {} ms, at most {} ms: {}",
        worst.as_millis(),
        TIMEOUT.as_millis(),
        verdict(held)
    );
    Ok(held)
}

/// However many calls are counted, memory stays where it was after those that are remembered.
fn many_calls(programs: &Programs) -> Result<bool, Failure> {
    const CALLS: usize = 100_000;
    let server = programs.start_mock(4)?;
    let requests = requests::tried(CALLS, true);
    let ask = |requests: &[Vec<u8>]| {
        load::run(&server.addresses, 16, requests, requests.len() as u64, 200)
    };
    ask(&requests[..10_000])?;
    let before = server.resident()?;
    ask(&requests)?;
    let after = server.resident()?;
    let held = after <= before + SLACK;
    println!(
        "{CALLS} calls with ids of their own: memory {} -> {} KiB: {}",
        before >> 10,
        after >> 10,
        verdict(held)
    );
    Ok(held)
}

/// However many calls there are, and however long their bodies, the journal takes no more than it may.
fn journal(programs: &Programs, calls: u64) -> Result<bool, Failure> {
    /// What `docs/BEHAVIOUR.md` says that it takes at most.
    const MOST: u64 = 8 << 20;
    let server = programs.start_mock(4)?;
    let mut requests = vec![requests::create_room(); 999];
    requests.push(requests::create_room_with(&[], &"x".repeat(1 << 20)));
    load::run(&server.addresses, 16, &requests[..100], 100, 0)?;
    let idle = server.resident()?;
    load::run(&server.addresses, 16, &requests, calls, 0)?;
    let after = server.resident()?;
    let held = after <= idle + MOST;
    println!(
        "{calls} calls, each thousandth of 1 MiB: memory {} -> {} KiB, at most {} more: {}",
        idle >> 10,
        after >> 10,
        MOST >> 10,
        verdict(held)
    );
    Ok(held)
}

/// Clients that disconnect leave no task, socket or descriptor behind.
fn hang_ups(
    programs: &Programs,
    kind: &str,
    request: &[u8],
    count: usize,
) -> Result<bool, Failure> {
    /// The allocator grows in the first ten rounds or so, and hardly any more after that.
    const ROUNDS: usize = 20;
    let server = programs.start_mock(4)?;
    for _ in 0..ROUNDS {
        hang_up(&server, request, count)?;
    }
    let (memory, descriptors) = (server.resident()?, server.descriptors()?);
    for _ in 0..ROUNDS {
        hang_up(&server, request, count)?;
    }
    let (memory_after, descriptors_after) = (server.resident()?, server.descriptors()?);
    // A task that is left behind would hold its buffers, over 8 KiB. If one in twenty is, the test
    // finds it. The allocator's noise grows with the clients too, but not with the rounds.
    let few = (count * ROUNDS / 20) as u64 * (8 << 10);
    let held = descriptors_after == descriptors && memory_after <= memory + few;
    println!(
        "{count} clients of {kind} calls hang up, {ROUNDS} times: descriptors {descriptors} -> {descriptors_after}, memory \
         {} -> {} KiB: {}",
        memory >> 10,
        memory_after >> 10,
        verdict(held)
    );
    Ok(held)
}

fn hang_up(server: &Server, request: &[u8], count: usize) -> Result<(), Failure> {
    let addresses: Vec<SocketAddr> = server.addresses.clone();
    let idle = server.descriptors()?;
    load::block_on(async {
        let mut clients = Vec::with_capacity(count);
        for number in 0..count {
            let mut client = Client::connect(addresses[number % addresses.len()]).await?;
            client.send(request).await?;
            clients.push(client);
        }
        let begin = Instant::now();
        while server.descriptors()? < idle + count && begin.elapsed() < PATIENCE {
            sleep(Duration::from_millis(50)).await;
        }
        drop(clients);
        let begin = Instant::now();
        while server.descriptors()? > idle && begin.elapsed() < PATIENCE {
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    })
}

/// The descriptors of a server that has begun to serve. What it announces comes a moment earlier.
fn idle_descriptors(server: &Server) -> Result<usize, Failure> {
    load::each_once(&server.addresses, &requests::create_room())?;
    let begin = Instant::now();
    let mut before = server.descriptors()?;
    while begin.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(50));
        let now = server.descriptors()?;
        if now == before {
            break;
        }
        before = now;
    }
    Ok(before)
}

/// Calls every method, with failures and on new connections, for as long as asked. After the
/// warm-up, memory must not grow, and at the end there must be as many descriptors as at the
/// beginning.
fn soak(programs: &Programs, length: Duration) -> Result<bool, Failure> {
    let server = programs.start_mock(4)?;
    let descriptors = idle_descriptors(&server)?;
    let mut requests = requests::every_method();
    requests.push(requests::failing());
    requests.push(requests::delayed(5));
    let round = || load::run(&server.addresses, 64, &requests, 10_000, 0);
    let begin = Instant::now();
    let warm = (length / 10).min(Duration::from_mins(1));
    let mut rounds = 0_u64;
    while begin.elapsed() < warm || rounds == 0 {
        round()?;
        rounds += 1;
    }
    let memory = server.resident()?;
    let mut most = memory;
    while begin.elapsed() < length {
        round()?;
        rounds += 1;
        most = most.max(server.resident()?);
    }
    let closing = Instant::now();
    while server.descriptors()? > descriptors && closing.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(50));
    }
    let after = server.descriptors()?;
    let held = after == descriptors && most <= memory + SLACK;
    println!(
        "soak of {} s: {} requests, descriptors {descriptors} -> {after}, memory {} -> at most {} KiB: {}",
        begin.elapsed().as_secs(),
        rounds * 10_000,
        memory >> 10,
        most >> 10,
        verdict(held)
    );
    Ok(held)
}
