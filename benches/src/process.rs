//! Starts servers as processes, reads what they have used, and ends them.

use std::{
    fs,
    io::{self, BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::failure::Failure;

/// The programs that are measured, both built with Cargo's release profile.
pub(crate) struct Programs {
    pub(crate) mock: PathBuf,
    pub(crate) floor: PathBuf,
}

impl Programs {
    /// Builds both, unless a program is given for the mock. They are built one at a time: together, they
    /// would share the features of their libraries, and livekit-mock would not be what a user builds.
    pub(crate) fn ready(given: Option<PathBuf>) -> Result<Self, Failure> {
        let floor = build("bench", "floor")?;
        let mock = given.map_or_else(|| build("livekit-mock", "livekit-mock"), Ok)?;
        Ok(Self { mock, floor })
    }

    /// The mock alone, for what has nothing to be compared with.
    pub(crate) fn mock_alone(given: Option<PathBuf>) -> Result<Self, Failure> {
        let mock = given.map_or_else(|| build("livekit-mock", "livekit-mock"), Ok)?;
        Ok(Self { mock, floor: PathBuf::new() })
    }

    /// Starts the mock on this many free loopback ports.
    pub(crate) fn start_mock(&self, regions: usize) -> Result<Server, Failure> {
        let ports = vec!["0"; regions].join(",");
        let mut command = Command::new(&self.mock);
        // Only the flags count, not the variables of the shell.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LK_TEST_SERVER_") {
                command.env_remove(name);
            }
        }
        command.args(["--bind", "127.0.0.1", "--auth", "strict", "--log-level", "error"]);
        command.args(["--log-format", "text", "--ports", &ports]);
        Server::start(command, &[], |line| {
            line.split_once(" listening on ")?.1.split(' ').next()?.parse().ok()
        })
    }

    /// Starts the floor with this answer, a whole HTTP response.
    pub(crate) fn start_floor(
        &self,
        ports: usize,
        answer: &[u8],
        delay_ms: u64,
    ) -> Result<Server, Failure> {
        self.started_floor(&[&ports.to_string(), &delay_ms.to_string()], answer)
    }

    /// [`Programs::start_floor`] with one port, over TLS.
    pub(crate) fn start_floor_of_tls(&self, answer: &[u8]) -> Result<Server, Failure> {
        self.started_floor(&["1", "0", "tls"], answer)
    }

    fn started_floor(&self, arguments: &[&str], answer: &[u8]) -> Result<Server, Failure> {
        let mut command = Command::new(&self.floor);
        command.args(arguments);
        Server::start(command, answer, |line| {
            Some(SocketAddr::from(([127, 0, 0, 1], line.parse().ok()?)))
        })
    }
}

/// Builds a program of a package for release, in the target folder of this program.
fn build(package: &str, program: &str) -> Result<PathBuf, Failure> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let own = std::env::current_exe()?;
    let target = own.parent().and_then(Path::parent).ok_or("no target folder")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--quiet", "--release", "--package", package, "--bin", program])
        .arg("--manifest-path")
        .arg(manifest)
        .arg("--target-dir")
        .arg(target);
    // Cargo's messages go to the standard error of this program.
    let built = command.status().map_err(|error| not_run(&command, &error))?;
    if !built.success() {
        return Err(format!("{command:?} failed ({built}); it says why above").into());
    }
    Ok(target.join("release").join(program))
}

fn not_run(command: &Command, error: &io::Error) -> Failure {
    format!("{command:?} can't be run: {error}").into()
}

/// A running process. If it was started here, it is ended when dropped.
pub(crate) struct Server {
    child: Option<Child>,
    pid: u32,
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Server {
    /// Starts a program and reads the addresses that it announces.
    fn start(
        mut command: Command,
        input: &[u8],
        address: impl Fn(&str) -> Option<SocketAddr>,
    ) -> Result<Self, Failure> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| not_run(&command, &error))?;
        // This fails if the program has ended already, which is reported below.
        let _ = child.stdin.take().ok_or("no standard input")?.write_all(input);
        let lines = BufReader::new(child.stdout.take().ok_or("no standard output")?).lines();
        let mut server = Self { pid: child.id(), child: Some(child), addresses: Vec::new() };
        for line in lines {
            let line = line?;
            if line.starts_with("ready") {
                return Ok(server);
            }
            server.addresses.extend(address(&line));
        }
        let ended = server.child.as_mut().map(Child::wait).transpose()?;
        let how = ended.map(|status| status.to_string()).unwrap_or_default();
        Err(format!("{command:?} ended before it was ready ({how}); it says why above").into())
    }

    /// A server that somebody else has started.
    pub(crate) fn running(pid: u32, address: SocketAddr) -> Self {
        Self { child: None, pid, addresses: vec![address] }
    }

    fn proc(&self, file: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{file}", self.pid))
    }

    /// The processor time of each of the `count` requests that `load` makes, in microseconds, and what
    /// `load` returns.
    pub(crate) fn cpu_of<T>(
        &self,
        count: u64,
        load: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<(f64, T), Failure> {
        let before = self.cpu()?;
        let done = load()?;
        Ok(((self.cpu()? - before) as f64 / 1000.0 / count as f64, done))
    }

    /// The processor time of all its threads so far, in nanoseconds. That of a thread that has ended is
    /// not included, but neither server ends a thread while it is measured.
    pub(crate) fn cpu(&self) -> io::Result<u64> {
        let mut sum = 0;
        for task in fs::read_dir(self.proc("task"))? {
            let text = fs::read_to_string(task?.path().join("schedstat"))?;
            sum += text.split(' ').next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or(0);
        }
        Ok(sum)
    }

    /// Resident memory, in bytes.
    pub(crate) fn resident(&self) -> io::Result<u64> {
        self.status("VmRSS:")
    }

    /// The largest resident memory so far, in bytes.
    pub(crate) fn peak(&self) -> io::Result<u64> {
        self.status("VmHWM:")
    }

    fn status(&self, figure: &str) -> io::Result<u64> {
        let status = fs::read_to_string(self.proc("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix(figure));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kib.map(|kib| kib << 10).ok_or_else(|| io::Error::other(format!("no {figure}")))
    }

    /// How many descriptors are open.
    pub(crate) fn descriptors(&self) -> io::Result<usize> {
        Ok(fs::read_dir(self.proc("fd"))?.count())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // An error means that it has ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Allows this process, and those that it starts, as many descriptors as the system permits.
pub(crate) fn raise_descriptor_limit() -> u64 {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}
