//! The load: keep-alive connections, each of which sends a request, reads the answer to its end,
//! and sends the next one. They parse only what says where the answer ends.

use std::{
    cell::{Cell, RefCell},
    io,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{runtime, task::LocalSet};

use crate::{
    carrier::{Carrier, Stream},
    failure::Failure,
};

/// The result of a load.
pub(crate) struct LoadResult {
    pub(crate) requests: u64,
    pub(crate) elapsed: Duration,
    /// The time of each request, in ascending order.
    latencies: Vec<Duration>,
}

impl LoadResult {
    pub(crate) fn rate(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64()
    }

    /// The latency that this percentage of the requests did not exceed.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies.get(last * percent / 100).copied().unwrap_or_default()
    }
}

/// The bytes of a POST, as an SDK would send it.
pub(crate) fn request(path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut lines = vec![
        format!("POST {path} HTTP/1.1"),
        "host: 127.0.0.1".to_owned(),
        "user-agent: bench".to_owned(),
        format!("content-length: {}", body.len()),
    ];
    lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    let head = lines.join("\r\n") + "\r\n\r\n";
    [head.as_bytes(), body].concat()
}

/// Sends `count` requests, from the list in turn, over this many connections to the addresses.
/// Every answer must have the status; 0 allows any.
pub(crate) fn run(
    addresses: &[SocketAddr],
    connections: usize,
    requests: &[Vec<u8>],
    count: u64,
    status: u16,
) -> Result<LoadResult, Failure> {
    run_over(&Carrier::Tcp, addresses, connections, requests, count, status)
}

/// [`run`] over connections of this kind.
pub(crate) fn run_over(
    carrier: &Carrier,
    addresses: &[SocketAddr],
    connections: usize,
    requests: &[Vec<u8>],
    count: u64,
    status: u16,
) -> Result<LoadResult, Failure> {
    let left = Rc::new(Cell::new(count));
    let latencies = Rc::new(RefCell::new(Vec::new()));
    let requests: Rc<[Vec<u8>]> = requests.into();
    let begin = Instant::now();
    block_on(async {
        let all: Vec<_> = (0..connections)
            .map(|number| {
                let address = addresses[number % addresses.len()];
                let (left, latencies) = (left.clone(), latencies.clone());
                let (requests, carrier) = (requests.clone(), carrier.clone());
                tokio::task::spawn_local(async move {
                    let mut client = Client::over(&carrier, address).await?;
                    for request in requests.iter().cycle().skip(number).step_by(connections) {
                        let Some(next) = left.get().checked_sub(1) else { break };
                        left.set(next);
                        let sent = Instant::now();
                        let answered = client.ask(request).await?;
                        if status != 0 && answered != status {
                            return Err(io::Error::other(format!("it answered {answered}")));
                        }
                        latencies.borrow_mut().push(sent.elapsed());
                    }
                    Ok(())
                })
            })
            .collect();
        for one in all {
            one.await.map_err(io::Error::other)??;
        }
        Ok(())
    })?;
    let elapsed = begin.elapsed();
    let mut latencies = latencies.take();
    latencies.sort_unstable();
    Ok(LoadResult { requests: count, elapsed, latencies })
}

/// Sends one request on its own connection, and returns the whole answer.
pub(crate) fn once(address: SocketAddr, request: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut answer = Vec::new();
    block_on(async {
        let mut client = Client::connect(address).await?;
        client.recorded = Some(Vec::new());
        client.ask(request).await?;
        answer = client.recorded.take().unwrap_or_default();
        Ok(())
    })?;
    Ok(answer)
}

/// Sends a request to each address at the same time. Each answer must be a 200.
pub(crate) fn each_once(addresses: &[SocketAddr], request: &[u8]) -> Result<(), Failure> {
    block_on(async {
        let mut clients = Vec::with_capacity(addresses.len());
        for address in addresses {
            let mut client = Client::connect(*address).await?;
            client.send(request).await?;
            clients.push(client);
        }
        for mut client in clients {
            let status = client.answer().await?;
            if status != 200 {
                return Err(io::Error::other(format!("it answered {status}")));
            }
        }
        Ok(())
    })
}

/// Asks so many times, one after the other, each time on a connection of its own.
pub(crate) fn connect_each(
    carrier: &Carrier,
    address: SocketAddr,
    request: &[u8],
    count: u64,
) -> Result<(), Failure> {
    block_on(async {
        for _ in 0..count {
            Client::over(carrier, address).await?.ask(request).await?;
        }
        Ok(())
    })
}

/// Runs a future to its end, together with the tasks that it spawns on this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = io::Result<T>>) -> Result<T, Failure> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(LocalSet::new().block_on(&runtime, future)?)
}

/// A keep-alive connection.
pub(crate) struct Client {
    stream: Stream,
    pub(crate) buffer: Box<[u8]>,
    /// The bytes of the answers, if they are recorded.
    recorded: Option<Vec<u8>>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> io::Result<Self> {
        Self::over(&Carrier::Tcp, address).await
    }

    pub(crate) async fn over(carrier: &Carrier, address: SocketAddr) -> io::Result<Self> {
        let stream = carrier.connect(address).await?;
        Ok(Self { stream, buffer: vec![0; 4096].into(), recorded: None })
    }

    /// Sends a request, reads its answer to the end, and returns the status.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> io::Result<u16> {
        self.send(request).await?;
        self.answer().await
    }

    pub(crate) async fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.stream.send(request).await
    }

    pub(crate) async fn answer(&mut self) -> io::Result<u16> {
        let mut filled = 0;
        let (head, status, length) = loop {
            filled += self.read_into(filled).await?;
            if let Some(found) = head(&self.buffer[..filled]) {
                break found;
            }
        };
        let mut left = (head + length).saturating_sub(filled);
        while left > 0 {
            left = left.saturating_sub(self.read_into(0).await?);
        }
        Ok(status)
    }

    /// Discards what has come without a request, such as the join.
    pub(crate) fn drain(&mut self) {
        while self.stream.try_read(&mut self.buffer).is_ok_and(|read| read > 0) {}
    }

    pub(crate) async fn read_into(&mut self, from: usize) -> io::Result<usize> {
        let read = self.stream.read(&mut self.buffer[from..]).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(recorded) = &mut self.recorded {
            recorded.extend_from_slice(&self.buffer[from..from + read]);
        }
        Ok(read)
    }
}

/// The length of the head, the status and the length of the body, if the head is complete.
fn head(bytes: &[u8]) -> Option<(usize, u16, usize)> {
    let end = bytes.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..end]).ok()?;
    let status = text.get(9..12)?.parse().ok()?;
    let length = text.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    Some((end, status, length.unwrap_or(0)))
}
