//! Measures the figures of the table.

use std::{
    fs, io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use crate::{
    carrier::Carrier,
    failure::Failure,
    load::{self, Client},
    options::Options,
    process::{Programs, Server},
    report::{self, Budget, Figure, lower_quartile, median},
    requests,
};

/// How many connections a load has: enough that the server rarely sleeps, and few enough that none
/// of them waits for long.
pub(crate) const CONNECTIONS: usize = 16;
const MIB: f64 = 1_048_576.0;

/// Measures, prints and writes the figures. Returns whether every budget is met.
pub(crate) fn measure(
    programs: Programs,
    options: &Options,
    descriptors: u64,
) -> Result<bool, Failure> {
    let other = options.url.zip(options.pid).map(|(url, pid)| Server::running(pid, url));
    let bench = Bench { programs, other, quick: options.quick, descriptors };
    let wanted = |name: &str| options.only.as_deref().is_none_or(|part| name.contains(part));
    let mut figures = Vec::new();
    for (name, measure) in FIGURES {
        if wanted(name) {
            eprintln!("measuring: {name}");
            figures.push(measure(&bench, name)?);
        }
    }
    report::print(&figures);
    if let Some(file) = &options.json {
        fs::write(file, serde_json::to_string_pretty(&figures)? + "\n")?;
    }
    Ok(figures.iter().all(|figure| figure.holds() != Some(false)))
}

pub(crate) struct Bench {
    pub(crate) programs: Programs,
    other: Option<Server>,
    pub(crate) quick: bool,
    descriptors: u64,
}

type Measure = fn(&Bench, &'static str) -> Result<Figure, Failure>;

const FIGURES: &[(&str, Measure)] = &[
    ("CPU, CreateRoom protobuf", |bench, name| {
        bench.cpu(name, &requests::create_room(), 200, Some(1.6))
    }),
    ("CPU, CreateRoom, every grant", |bench, name| {
        bench.cpu(name, &requests::create_room_with_every_grant(), 200, None)
    }),
    ("CPU, ListRooms protobuf", |bench, name| {
        bench.cpu(name, &requests::list_rooms(), 200, Some(1.7))
    }),
    ("CPU, CreateRoom JSON", |bench, name| {
        bench.cpu(name, &requests::create_room_json(), 200, Some(2.0))
    }),
    ("CPU, 503 by failRegions", |bench, name| {
        bench.cpu(name, &requests::failing(), 503, Some(1.6))
    }),
    ("CPU, failTimes", Bench::counted),
    ("CPU, /settings/regions", |bench, name| {
        bench.cpu(name, &requests::regions(), 200, Some(1.15))
    }),
    ("CPU, CreateRoom over TLS", Bench::over_tls),
    ("CPU, a connection of TLS", Bench::handshake),
    ("memory, an idle connection of TLS", Bench::idle_tls),
    ("cold start, 4 ports", Bench::cold_start),
    ("idle memory", Bench::idle),
    ("memory after 1M requests", Bench::after_a_million),
    ("memory a delayed request", Bench::delayed),
    ("memory a hanging request", Bench::hanging),
    ("memory a WebSocket", Bench::sockets),
    ("binary", Bench::binary),
    ("cold start, 64 regions", Bench::cold_start_of_64),
    ("idle memory, 64 regions", Bench::idle_of_64),
];

impl Bench {
    pub(crate) fn figure(name: &'static str, unit: &'static str, mock: f64) -> Figure {
        Figure {
            name,
            unit,
            mock,
            floor: None,
            ratio: None,
            other: None,
            budget: None,
            note: String::new(),
        }
    }

    /// The processor time of a request. The mock and the floor are measured alternately, so that
    /// both see the same state of the machine.
    fn cpu(
        &self,
        name: &'static str,
        request: &[u8],
        status: u16,
        budget: Option<f64>,
    ) -> Result<Figure, Failure> {
        let mock = self.programs.start_mock(4)?;
        let answer = load::once(mock.addresses[0], request)?;
        let floor = self.programs.start_floor(1, &answer, 0)?;
        let (rounds, count) = if self.quick { (5, 2_000) } else { (41, 5_000) };
        let requests = [request.to_vec()];
        let one = |server: &Server, count| {
            let addresses = &server.addresses[..1];
            server.cpu_of(count, || load::run(addresses, CONNECTIONS, &requests, count, status))
        };
        for server in [&mock, &floor].into_iter().chain(&self.other) {
            one(server, 2_000)?;
        }
        let (mut mocks, mut floors, mut others) = (Vec::new(), Vec::new(), Vec::new());
        let mut note = String::new();
        for _ in 0..rounds {
            let (cpu, done) = one(&mock, count)?;
            mocks.push(cpu);
            note = format!(
                "{:.0} requests/s over {CONNECTIONS} connections, p50 {:?}, p99 {:?}",
                done.rate(),
                done.percentile(50),
                done.percentile(99)
            );
            floors.push(one(&floor, count)?.0);
            if let Some(other) = &self.other {
                others.push(one(other, count)?.0);
            }
        }
        let (mock, floor) = (lower_quartile(mocks), lower_quartile(floors));
        Ok(Figure {
            floor: Some(floor),
            ratio: Some(mock / floor),
            other: (!others.is_empty()).then(|| lower_quartile(others)),
            budget: budget.map(Budget::Ratio),
            note,
            ..Self::figure(name, "us", mock)
        })
    }

    /// Processor time of a call that is counted, with more calls than are remembered; the floor is the
    /// same server, asked without `failTimes` and without an id.
    fn counted(&self, name: &'static str) -> Result<Figure, Failure> {
        const CALLS: usize = 5_000;
        let mock = self.programs.start_mock(4)?;
        let (counted, plain) = (requests::tried(CALLS, true), requests::tried(CALLS, false));
        let one = |requests: &[Vec<u8>]| {
            let (addresses, count) = (&mock.addresses[..1], CALLS as u64);
            let load = || load::run(addresses, CONNECTIONS, requests, count, 200);
            Ok(mock.cpu_of(count, load)?.0)
        };
        let figure = self.alternately(name, 1.15, || one(&counted), || one(&plain))?;
        Ok(Figure {
            note: "the floor is the same call without failTimes and id".to_owned(),
            ..figure
        })
    }

    /// Two kinds of processor time, measured alternately, so that both see the same state of the machine.
    /// The first of each does not count.
    pub(crate) fn alternately(
        &self,
        name: &'static str,
        most: f64,
        mock: impl Fn() -> Result<f64, Failure>,
        floor: impl Fn() -> Result<f64, Failure>,
    ) -> Result<Figure, Failure> {
        let (mut mocks, mut floors) = (Vec::new(), Vec::new());
        mock()?;
        floor()?;
        for _ in 0..if self.quick { 5 } else { 41 } {
            mocks.push(mock()?);
            floors.push(floor()?);
        }
        Ok(Self::ratio(name, "us", lower_quartile(mocks), lower_quartile(floors), most))
    }

    /// A figure whose budget is a ratio to the floor.
    pub(crate) fn ratio(
        name: &'static str,
        unit: &'static str,
        mock: f64,
        floor: f64,
        most: f64,
    ) -> Figure {
        Figure {
            floor: Some(floor),
            ratio: Some(mock / floor),
            budget: Some(Budget::Ratio(most)),
            ..Self::figure(name, unit, mock)
        }
    }

    /// The time from the start of the process until every port has answered a request.
    fn cold_start(&self, name: &'static str) -> Result<Figure, Failure> {
        let (mocks, floors) = self.starts(4)?;
        let ratios = mocks.iter().zip(&floors).map(|(mock, floor)| mock / floor).collect();
        Ok(Figure {
            floor: Some(median(floors)),
            ratio: Some(median(ratios)),
            budget: Some(Budget::Ratio(1.3)),
            ..Self::figure(name, "ms", median(mocks))
        })
    }

    /// The same with 64 ports. All of them listen when the last one answers.
    fn cold_start_of_64(&self, name: &'static str) -> Result<Figure, Failure> {
        let (mut few, mut many, mut every) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..11 {
            few.push(started(|| self.programs.start_mock(4), 1)?);
            many.push(started(|| self.programs.start_mock(64), 1)?);
            every.push(started(|| self.programs.start_mock(64), 64)?);
        }
        let (few, many, every) = (median(few), median(many), median(every));
        Ok(Figure {
            budget: Some(Budget::Value(few * 2.0)),
            note: format!(
                "until the last port answers; {:.2} times that of 4 regions ({few:.2} ms); \
                 {every:.2} ms until a client has asked all 64",
                many / few
            ),
            ..Self::figure(name, "ms", many)
        })
    }

    /// The milliseconds of eleven starts of the mock and of the floor, which alternate.
    fn starts(&self, ports: usize) -> Result<(Vec<f64>, Vec<f64>), Failure> {
        let answer =
            load::once(self.programs.start_mock(ports)?.addresses[0], &requests::regions())?;
        let (mut mocks, mut floors) = (Vec::new(), Vec::new());
        for _ in 0..11 {
            mocks.push(started(|| self.programs.start_mock(ports), ports)?);
            floors.push(started(|| self.programs.start_floor(ports, &answer, 0), ports)?);
        }
        Ok((mocks, floors))
    }

    fn idle(&self, name: &'static str) -> Result<Figure, Failure> {
        let mock = self.programs.start_mock(4)?;
        let answer = load::once(mock.addresses[0], &requests::regions())?;
        let floor = self.programs.start_floor(4, &answer, 0)?;
        load::once(floor.addresses[0], &requests::regions())?;
        Ok(self.memory(name, &mock, Some(&floor), 6.0)?)
    }

    fn idle_of_64(&self, name: &'static str) -> Result<Figure, Failure> {
        let (few, many) = (self.programs.start_mock(4)?, self.programs.start_mock(64)?);
        for server in [&few, &many] {
            load::once(server.addresses[0], &requests::regions())?;
        }
        let most = few.resident()? as f64 / MIB * 2.0;
        Ok(Figure {
            budget: Some(Budget::Value(most)),
            ..Self::figure(name, "MiB", many.resident()? as f64 / MIB)
        })
    }

    fn after_a_million(&self, name: &'static str) -> Result<Figure, Failure> {
        let mock = self.programs.start_mock(4)?;
        let count = if self.quick { 20_000 } else { 1_000_000 };
        let requests = requests::every_method();
        load::run(&mock.addresses, CONNECTIONS, &requests, count, 200)?;
        let methods = requests.len() / 2;
        Ok(Figure {
            note: format!("{count} requests on {methods} methods, half of them JSON"),
            ..self.memory(name, &mock, None, 12.0)?
        })
    }

    fn memory(
        &self,
        name: &'static str,
        mock: &Server,
        floor: Option<&Server>,
        budget: f64,
    ) -> io::Result<Figure> {
        let mib = |server: &Server| Ok::<_, io::Error>(server.resident()? as f64 / MIB);
        Ok(Figure {
            floor: floor.map(mib).transpose()?,
            other: self.other.as_ref().map(mib).transpose()?,
            budget: Some(Budget::Value(budget)),
            ..Self::figure(name, "MiB", mib(mock)?)
        })
    }

    /// The memory of a delayed call, when many of them wait at the same time.
    fn delayed(&self, name: &'static str) -> Result<Figure, Failure> {
        const DELAY_MS: u64 = 3_600_000;
        let wanted = if self.quick { 1_000 } else { 10_000 };
        let count = self.possible(wanted);
        let mock = self.programs.start_mock(4)?;
        let answer = load::once(mock.addresses[0], &requests::create_room())?;
        let floor = self.programs.start_floor(4, &answer, DELAY_MS)?;
        let request = requests::delayed(DELAY_MS);
        let mock = memory_per_request(&Carrier::Tcp, &mock, &request, count)?;
        let floor = memory_per_request(&Carrier::Tcp, &floor, &request, count)?;
        Ok(Figure {
            note: format!("{count} at once"),
            ..Self::ratio(name, "KiB", mock, floor, 1.15)
        })
    }

    /// What each of many calls costs that are never answered; the floor is a delayed one.
    fn hanging(&self, name: &'static str) -> Result<Figure, Failure> {
        let count = self.possible(if self.quick { 1_000 } else { 10_000 });
        let one = |request: Vec<u8>| -> Result<f64, Failure> {
            memory_per_request(&Carrier::Tcp, &self.programs.start_mock(4)?, &request, count)
        };
        let (hanging, delayed) = (one(requests::hanging())?, one(requests::delayed(3_600_000))?);
        Ok(Figure {
            note: format!("{count} at once; the floor is a delayed request of the same server"),
            ..Self::ratio(name, "KiB", hanging, delayed, 1.0)
        })
    }

    /// The memory of a joined and idle client, when there are many of them.
    fn sockets(&self, name: &'static str) -> Result<Figure, Failure> {
        let count = self.possible(if self.quick { 1_000 } else { 10_000 });
        let mock = self.programs.start_mock(4)?;
        let memory = memory_per_request(&Carrier::Tcp, &mock, &requests::join(), count)?;
        Ok(Figure {
            budget: Some(Budget::Value(8.0)),
            note: format!("{count} idle"),
            ..Self::figure(name, "KiB", memory)
        })
    }

    /// How many connections there can be: listeners, event queues and files need a few descriptors,
    /// too.
    pub(crate) fn possible(&self, wanted: usize) -> usize {
        usize::try_from(self.descriptors.saturating_sub(200))
            .map_or(wanted, |most| wanted.min(most))
    }

    fn binary(&self, name: &'static str) -> Result<Figure, Failure> {
        let size = fs::metadata(&self.programs.mock)?.len() as f64 / MIB;
        Ok(Figure { budget: Some(Budget::Value(10.0)), ..Self::figure(name, "MiB", size) })
    }
}

/// The milliseconds from a start until the last `ports` ports have answered.
fn started(start: impl Fn() -> Result<Server, Failure>, ports: usize) -> Result<f64, Failure> {
    let begin = Instant::now();
    let server = start()?;
    let last = server.addresses.len() - ports;
    load::each_once(&server.addresses[last..], &requests::regions())?;
    Ok(begin.elapsed().as_secs_f64() * 1000.0)
}

/// The resident memory of an unanswered request, in KiB, measured with `count` of them.
pub(crate) fn memory_per_request(
    carrier: &Carrier,
    server: &Server,
    request: &[u8],
    count: usize,
) -> Result<f64, Failure> {
    // Some memory is allocated only once, with the first requests.
    hold_open(carrier, server, request, 50)?;
    let (before, after) = hold_open(carrier, server, request, count)?;
    Ok((after.saturating_sub(before)) as f64 / 1024.0 / count as f64)
}

/// Sends `count` requests that are not answered, and waits until the server has read all of them.
/// Returns the resident memory before and after.
fn hold_open(
    carrier: &Carrier,
    server: &Server,
    request: &[u8],
    count: usize,
) -> Result<(u64, u64), Failure> {
    let addresses: Vec<SocketAddr> = server.addresses.clone();
    load::block_on(async {
        let before = server.resident()?;
        let mut clients = Vec::with_capacity(count);
        for number in 0..count {
            let address = addresses[number % addresses.len()];
            let mut client = Client::over(carrier, address).await?;
            client.send(request).await?;
            clients.push(client);
        }
        // Once the server uses no more processor time, it has read all of them.
        let mut busy = server.cpu()?;
        loop {
            sleep(Duration::from_millis(200)).await;
            let now = server.cpu()?;
            if now - busy < 1_000_000 {
                break;
            }
            busy = now;
        }
        Ok((before, server.resident()?))
    })
}
