//! Runs the program as a shell would.

use std::{
    net::SocketAddr,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use socket2::{Domain, Socket, Type};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines},
    net::TcpStream,
    process::{Child, ChildStderr, ChildStdout, Command},
    time::sleep,
};

use super::soon;

/// How long a program may take that must end by itself.
const LONGEST_RUN: Duration = Duration::from_secs(60);

/// A program that serves. It is killed when the test ends.
#[derive(Debug)]
pub struct Program {
    child: Child,
    /// What it printed until it was ready.
    pub announced: Vec<String>,
    log: Lines<BufReader<ChildStderr>>,
    stdout: Option<Lines<BufReader<ChildStdout>>>,
}

/// A program that has ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

fn command(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_livekit-mock"));
    // Without the variables of the machine, except for those that the system may need.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LK_TEST_SERVER_") {
            command.env_remove(name);
        }
    }
    command
        .args(arguments)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// How a program ended that was to serve, and its output.
async fn last_words(
    arguments: &[&str],
    mut child: Child,
    log: &mut BufReader<ChildStderr>,
) -> String {
    let mut said = String::new();
    let _ = soon(log.read_to_string(&mut said)).await;
    let status = soon(child.wait()).await.expect("its status");
    format!("livekit-mock {arguments:?} ended before it was ready ({status}):\n{said}")
}

/// A program with outputs of the test's own, so that the test says where it listens.
#[derive(Debug)]
pub struct Muted {
    child: Child,
    /// The addresses of its two regions.
    pub addresses: [SocketAddr; 2],
}

impl Muted {
    /// Starts it as this shell line does, where `"$@"` is the program and these arguments; returns
    /// when both regions answer.
    pub async fn start(line: &str, arguments: &[&str], stdout: Stdio, stderr: Stdio) -> Self {
        let reserved = [reserved_port(), reserved_port()];
        let addresses = [0, 1].map(|region: usize| {
            reserved[region].local_addr().expect("an address").as_socket().expect("of TCP")
        });
        let ports = addresses.map(|address| address.port().to_string()).join(",");
        let mut all = vec!["--bind", "127.0.0.1", "--ports", &ports];
        all.extend(arguments);
        let mut command = shell(line, &all);
        let child = command.stdout(stdout).stderr(stderr).spawn().expect("a program that runs");
        let started = Self { child, addresses };
        // It has no output to which it could write that it is ready.
        for address in addresses {
            soon(async {
                while TcpStream::connect(address).await.is_err() {
                    sleep(Duration::from_millis(5)).await;
                }
            })
            .await;
        }
        started
    }

    pub fn id(&self) -> u32 {
        self.child.id().expect("a program that still runs")
    }

    /// Asks it to stop, and waits until it has.
    pub async fn stop(&mut self) -> ExitStatus {
        signal(self.id(), "TERM").await;
        soon(self.child.wait()).await.expect("a program that ends")
    }
}

/// A free port that nobody else gets: it is bound by a socket that does not listen, and another
/// socket may still listen on it.
fn reserved_port() -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_reuse_address(true).expect("an option");
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a free port");
    socket
}

/// The program as this shell line starts it, where `"$@"` is the program and these arguments.
pub fn shell(line: &str, arguments: &[&str]) -> Command {
    let program = command(arguments, &[]);
    let program = program.as_std();
    let mut shell = Command::new("sh");
    shell.args(["-c", line, "sh"]).arg(program.get_program()).args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.stdin(Stdio::null()).kill_on_drop(true);
    shell
}

/// Runs it to its end.
pub async fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let output = command(arguments, variables).output();
    let output = tokio::time::timeout(LONGEST_RUN, output).await;
    let output = output.unwrap_or_else(|_| panic!("{arguments:?} goes on running"));
    let output = output.expect("a program that runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Sends a signal by its name. The shell has `kill` built in; a small system has no program of that
/// name.
pub async fn signal(id: u32, name: &str) {
    let mut kill = Command::new("sh");
    kill.args(["-c", &format!("kill -{name} {id}")]);
    let output = kill.output().await.expect("a shell");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "kill -{name} {id} failed ({}): {said}", output.status);
}

impl Program {
    /// Two regions on free loopback ports, and these arguments.
    pub async fn start(arguments: &[&str]) -> Self {
        let mut all = vec!["--ports", "0,0", "--bind", "127.0.0.1"];
        all.extend(arguments);
        Self::with(&all, &[]).await
    }

    /// Starts it with exactly these arguments and variables, and returns when it is ready.
    pub async fn with(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = command(arguments, variables)
            .stdin(Stdio::piped())
            .spawn()
            .expect("a program that runs");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut log = BufReader::new(child.stderr.take().expect("piped")).lines();
        let mut announced: Vec<String> = Vec::new();
        while !announced.last().is_some_and(|line| line.contains("ready")) {
            match soon(stdout.next_line()).await.expect("text") {
                Some(line) => announced.push(line),
                None => panic!("{}", last_words(arguments, child, log.get_mut()).await),
            }
        }
        Self { child, announced, log, stdout: Some(stdout) }
    }

    pub fn id(&self) -> u32 {
        self.child.id().expect("a program that still runs")
    }

    /// The loopback address of a region, from the announcement.
    pub fn address(&self, region: usize) -> SocketAddr {
        let line = &self.announced[region];
        let (_, after) = line.split_once(" listening on ").expect("a region's line");
        let (address, _) = after.split_once(' ').expect("an address");
        let port = address.rsplit_once(':').expect("a port").1;
        format!("127.0.0.1:{port}").parse().expect("an address")
    }

    /// Closes its standard input, as happens when the process that started it ends.
    pub fn close_stdin(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Reads no more of what it prints.
    pub fn close_stdout(&mut self) {
        self.stdout = None;
    }

    /// Waits for the next line of the log that holds this text.
    pub async fn logs(&mut self, text: &str) -> String {
        loop {
            let line = soon(self.log.next_line()).await.expect("text");
            let line = line.unwrap_or_else(|| panic!("the log ended without {text:?}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// The rest of the log, up to the program's end.
    pub async fn rest_of_log(mut self) -> String {
        let mut rest = String::new();
        let _ = soon(self.log.get_mut().read_to_string(&mut rest)).await;
        rest
    }

    /// The log up to the program's end, however long that takes.
    pub async fn whole_log(mut self) -> String {
        let mut log = String::new();
        self.log.get_mut().read_to_string(&mut log).await.expect("text");
        log
    }

    /// Sends a signal by its name, such as `TERM`.
    pub async fn signal(&self, name: &str) {
        signal(self.id(), name).await;
    }

    pub async fn end(&mut self) -> ExitStatus {
        soon(self.child.wait()).await.expect("a program that ends")
    }

    /// A figure of the process in KiB, such as `VmHWM`, its greatest memory so far.
    #[cfg(target_os = "linux")]
    pub fn memory(&self, figure: &str) -> usize {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.id())).expect("status");
        let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'));
        line.expect("the figure").trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Its greatest memory so far in KiB, without the pages of its own file and of its libraries.
    #[cfg(target_os = "linux")]
    pub fn most_memory(&self) -> usize {
        self.memory("VmHWM") - self.memory("RssFile")
    }

    /// How many files and sockets it has open.
    #[cfg(target_os = "linux")]
    pub fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.id())).expect("its descriptors").count()
    }
}
