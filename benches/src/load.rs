//! The load: plain keep-alive connections that each write one request, read its answer to the last
//! byte, and write the next. Nothing is parsed but what tells where the answer ends.

use std::{
    cell::{Cell, RefCell},
    io,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    runtime,
    task::LocalSet,
};

use crate::failure::Failure;

/// What a load came to.
pub(crate) struct Outcome {
    pub(crate) requests: u64,
    pub(crate) elapsed: Duration,
    /// Each request's time, in ascending order.
    latencies: Vec<Duration>,
}

impl Outcome {
    pub(crate) fn rate(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64()
    }

    /// The latency that this share of the requests did not exceed, in percent.
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

/// Sends the requests in turn, `count` in all, over so many connections spread over the addresses.
/// Every answer must have the status.
pub(crate) fn run(
    addresses: &[SocketAddr],
    connections: usize,
    requests: &[Vec<u8>],
    count: u64,
    status: u16,
) -> Result<Outcome, Failure> {
    let left = Rc::new(Cell::new(count));
    let latencies = Rc::new(RefCell::new(Vec::new()));
    let requests: Rc<[Vec<u8>]> = requests.into();
    let begin = Instant::now();
    block_on(async {
        let all: Vec<_> = (0..connections)
            .map(|number| {
                let address = addresses[number % addresses.len()];
                let (left, latencies) = (left.clone(), latencies.clone());
                let requests = requests.clone();
                tokio::task::spawn_local(async move {
                    let mut client = Client::connect(address).await?;
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
    Ok(Outcome { requests: count, elapsed, latencies })
}

/// One request on a connection of its own, and the whole answer as it came.
pub(crate) fn once(address: SocketAddr, request: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut answer = Vec::new();
    block_on(async {
        let mut client = Client::connect(address).await?;
        client.kept = Some(Vec::new());
        client.ask(request).await?;
        answer = client.kept.take().unwrap_or_default();
        Ok(())
    })?;
    Ok(answer)
}

/// One request to each address, all at the same time; each must be answered 200.
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

/// Runs a future, and what it spawns on this thread, to its end.
pub(crate) fn block_on<T>(future: impl Future<Output = io::Result<T>>) -> Result<T, Failure> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(LocalSet::new().block_on(&runtime, future)?)
}

/// A keep-alive connection.
pub(crate) struct Client {
    stream: TcpStream,
    pub(crate) buffer: Box<[u8]>,
    /// The bytes of the answers, where somebody wants them.
    kept: Option<Vec<u8>>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 4096].into(), kept: None })
    }

    /// Sends a request and reads its answer to the end; returns the status.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> io::Result<u16> {
        self.send(request).await?;
        self.answer().await
    }

    pub(crate) async fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.stream.write_all(request).await
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

    /// Throws away what has come unasked, such as the join.
    pub(crate) fn drain(&mut self) {
        while self.stream.try_read(&mut self.buffer).is_ok_and(|read| read > 0) {}
    }

    pub(crate) async fn read_into(&mut self, from: usize) -> io::Result<usize> {
        let read = self.stream.read(&mut self.buffer[from..]).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(&self.buffer[from..from + read]);
        }
        Ok(read)
    }
}

/// An answer's head, if it is whole: its length, the status, the length of the body.
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
