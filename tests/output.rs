//! Standard output and error that are closed, full, slow or read by nobody, at any time and in both
//! formats. They must not slow down or break calls, nor end the server. Lines that can't be written
//! are dropped and counted (`docs/BEHAVIOUR.md`, Log and outputs).

#![cfg(target_os = "linux")] // Where every kind of output can be made without privileges.

mod support;

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::net::UnixStream,
    path::PathBuf,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use support::{
    CREATE_ROOM,
    outputs::{End, Kind, lines, pipe, wait_no_more},
    post_at,
    program::Muted,
    soon,
};

/// How long any call may take, on a busy machine.
const LONGEST_CALL: Duration = Duration::from_secs(1);
const CALLS: usize = 200;
/// How many warnings each call causes: as many as an answer can have. They are so long that all
/// calls together fill a pipe and the backlog.
const WARNINGS: usize = 8;
/// How much longer a program may take to end because of its outputs.
const LONGEST_END: Duration = Duration::from_secs(4);

/// Which of the outputs is of that kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Output,
    Error,
    Both,
}

/// A program with such outputs. The other output is discarded.
struct Case {
    program: Muted,
    end: End,
    name: String,
}

impl Case {
    async fn start(kind: Kind, which: Which, format: &str) -> Self {
        let (output, end) = kind.open();
        let copy = || Stdio::from(output.try_clone().expect("a copy"));
        let (stdout, stderr) = match which {
            Which::Output => (copy(), Stdio::null()),
            Which::Error => (Stdio::null(), copy()),
            Which::Both => (copy(), copy()),
        };
        let line = match (kind, which) {
            (Kind::Closed, Which::Output) => r#"exec "$@" >&-"#,
            (Kind::Closed, Which::Error) => r#"exec "$@" 2>&-"#,
            (Kind::Closed, Which::Both) => r#"exec "$@" <&- >&- 2>&-"#,
            _ => r#"exec "$@""#,
        };
        let arguments = ["--log-format", format, "--log-level", "warn", "--grace", "2"];
        let program = Muted::start(line, &arguments, stdout, stderr).await;
        let end = if kind == Kind::PipeThatLosesItsReader { End::None } else { end };
        Self { program, end, name: format!("{kind:?} {which:?} {format}") }
    }

    /// Calls both regions. The calls cause more warnings than any output has room for.
    async fn calls(&self, count: usize) {
        for number in 0..count {
            let address = self.program.addresses[number % 2];
            let begun = Instant::now();
            let control = control(number);
            let answer =
                soon(post_at(address, CREATE_ROOM, &[("x-lk-mock", &control)], "{}")).await;
            let took = begun.elapsed();
            assert_eq!((answer.status.as_u16(), answer.warnings().len()), (200, WARNINGS));
            assert!(took < LONGEST_CALL, "{}: call {number} took {took:?}", self.name);
        }
    }

    async fn stop(mut self) {
        let begun = Instant::now();
        assert_eq!(self.program.stop().await.code(), Some(0), "{}", self.name);
        assert!(begun.elapsed() < LONGEST_END, "{}: {:?}", self.name, begun.elapsed());
    }
}

/// A control with warnings that no other call has, since the log does not repeat warnings.
fn control(number: usize) -> String {
    let field = |field: usize| format!("\"{}-{number}-{field}\":1", "x".repeat(240));
    let fields: Vec<String> = (0..WARNINGS).map(field).collect();
    format!("{{{}}}", fields.join(","))
}

async fn goes_on(kind: Kind) {
    for which in [Which::Output, Which::Error, Which::Both] {
        for format in ["text", "json"] {
            let case = Case::start(kind, which, format).await;
            no_socket_is_an_output(&case, kind);
            // Nothing about calls is written to standard output.
            case.calls(if which == Which::Output { 20 } else { CALLS }).await;
            case.stop().await;
        }
    }
}

/// If an output is not open at the start, the next thing that is opened gets its number. That must
/// not be a socket.
fn no_socket_is_an_output(case: &Case, kind: Kind) {
    for number in 0..3 {
        let link = format!("/proc/{}/fd/{number}", case.program.id());
        let what = std::fs::read_link(&link).expect("an open output");
        let socket = what.to_string_lossy().starts_with("socket:");
        let right = !socket || kind == Kind::FullSocket;
        assert!(right, "{}: {link}: {}", case.name, what.display());
    }
}

#[tokio::test]
async fn a_pipe_without_a_reader_breaks_no_call() {
    goes_on(Kind::PipeWithoutReader).await;
}

#[tokio::test]
async fn a_pipe_that_loses_its_reader_breaks_no_call() {
    goes_on(Kind::PipeThatLosesItsReader).await;
}

#[tokio::test]
async fn an_output_that_is_not_open_breaks_no_call() {
    goes_on(Kind::Closed).await;
}

#[tokio::test]
async fn a_full_device_breaks_no_call() {
    goes_on(Kind::Full).await;
}

#[tokio::test]
async fn a_full_pipe_slows_no_call() {
    goes_on(Kind::FullPipe).await;
}

#[tokio::test]
async fn a_pipe_that_fills_slows_no_call() {
    goes_on(Kind::UnreadPipe).await;
}

#[tokio::test]
async fn a_full_non_blocking_pipe_breaks_no_call() {
    goes_on(Kind::FullPipeThatDoesNotWait).await;
}

#[tokio::test]
async fn a_full_socket_slows_no_call() {
    goes_on(Kind::FullSocket).await;
}

#[tokio::test]
async fn a_stopped_terminal_slows_no_call() {
    goes_on(Kind::StoppedTerminal).await;
}

#[tokio::test]
async fn a_terminal_that_has_vanished_breaks_no_call() {
    goes_on(Kind::VanishedTerminal).await;
}

/// The message of a line of the log; `None` for what the test has written to fill the output.
fn message(line: &str, format: &str) -> Option<String> {
    // A terminal echoes the ^Q that was typed.
    let line =
        line.trim_matches(|c: char| c.is_whitespace() || c.is_control() || c == '^' || c == 'Q');
    if line.is_empty() {
        return None;
    }
    if format == "json" {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line:?}"));
        return Some(line["message"].as_str().expect("a message").to_owned());
    }
    let (_, message) = line.split_once(" WARN ").unwrap_or_else(|| panic!("{line:?}"));
    Some(message.to_owned())
}

/// How many lines were dropped, according to a notice.
fn dropped(message: &str) -> Option<usize> {
    let (count, _) = message.split_once(" of the log could not be written and w")?;
    count.split_once(' ')?.0.parse().ok()
}

#[tokio::test]
async fn a_reader_that_comes_back_learns_how_many_lines_were_dropped() {
    for kind in Kind::READABLE {
        for format in ["text", "json"] {
            let mut case = Case::start(kind, Which::Error, format).await;
            case.calls(CALLS).await;
            let lines = lines(std::mem::replace(&mut case.end, End::None));
            let (mut told, mut arrived) = (0, 0);
            while arrived + told < CALLS * WARNINGS {
                let line = lines.recv_timeout(Duration::from_secs(60));
                let line = line.unwrap_or_else(|_| panic!("{}: {arrived} and {told}", case.name));
                let Some(message) = message(&line, format) else { continue };
                match dropped(&message) {
                    Some(count) => told += count,
                    None => arrived += 1,
                }
            }
            assert_eq!(arrived + told, CALLS * WARNINGS, "{}", case.name);
            assert!(told > 0 && arrived > 500, "{}: {arrived} arrived, {told} did not", case.name);

            let last = [("x-lk-mock", "{\"last\":1}")];
            post_at(case.program.addresses[0], CREATE_ROOM, &last, "{}").await;
            let line = lines.recv_timeout(Duration::from_secs(60)).expect("a line");
            assert!(
                line.contains("unknown field") && line.contains("last"),
                "{}: {line}",
                case.name
            );
            case.stop().await;
        }
    }
}

/// A slow reader gets every line, except for those that are counted as dropped.
#[tokio::test]
async fn a_slow_reader_slows_no_call() {
    for format in ["text", "json"] {
        let mut case = Case::start(Kind::UnreadPipe, Which::Error, format).await;
        let End::Reader(reader) = std::mem::replace(&mut case.end, End::None) else {
            panic!("a pipe has a reader")
        };
        let reading = thread::spawn(move || {
            let (mut reader, mut all) = (File::from(reader), Vec::new());
            let mut part = [0; 8192];
            while let Ok(read @ 1..) = reader.read(&mut part) {
                all.extend_from_slice(&part[..read]);
                // So slow that the pipe is full during the calls, but fast enough to read
                // everything.
                thread::sleep(Duration::from_millis(5));
            }
            String::from_utf8(all).expect("text")
        });
        case.calls(CALLS).await;
        let calls_ended = case.stop();
        calls_ended.await;
        let log = reading.join().expect("read");
        let messages: Vec<String> = log.lines().filter_map(|line| message(line, format)).collect();
        let told: usize = messages.iter().filter_map(|message| dropped(message)).sum();
        let arrived = messages.iter().filter(|message| dropped(message).is_none()).count();
        assert!(
            arrived + told <= CALLS * WARNINGS && arrived > 500,
            "{arrived} arrived, {told} did not"
        );
    }
}

#[tokio::test]
async fn the_warning_about_a_request_is_logged_before_its_answer() {
    for stderr in [pipe(), (UnixStream::pair().map(|(a, b)| (a.into(), b.into()))).expect("a pair")]
    {
        let (reader, writer) = stderr;
        wait_no_more(&reader, true);
        let program =
            Muted::start(r#"exec "$@""#, &["--log-level=debug"], Stdio::null(), writer.into())
                .await;
        let mut reader = File::from(reader);
        for number in 0..1200 {
            let control = format!("{{\"field{number}\":1}}");
            post_at(program.addresses[0], CREATE_ROOM, &[("x-lk-mock", &control)], "{}").await;
            let mut part = [0; 8192];
            let read = reader.read(&mut part).expect("the log of the call");
            let part = String::from_utf8_lossy(&part[..read]);
            assert!(part.contains(&format!("unknown field \"field{number}\"")), "{part}");
            assert!(part.ends_with('\n'), "whole lines: {part}");
        }
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// As on a full disk, only a part of a line may be written. A process that does not handle the
/// signal about the limit is killed.
#[tokio::test]
async fn a_file_at_its_size_limit_is_a_full_output() {
    let folder = Folder::new("livekit-mock-limit");
    let path = folder.0.join("log");
    let file = OpenOptions::new().create(true).append(true).open(&path).expect("a file");
    let line = r#"ulimit -f 8; exec "$@""#;
    let program = Muted::start(
        line,
        &["--log-level=warn"],
        Stdio::null(),
        file.try_clone().expect("a copy").into(),
    )
    .await;
    let mut case = Case { program, end: End::None, name: "a file".to_owned() };
    case.calls(CALLS).await;
    let before = std::fs::read_to_string(&path).expect("text");
    assert!(!before.ends_with('\n'), "the last line broke off");

    // Makes room again: most of the beginning is removed.
    let kept = &before[before.len() - 100..];
    file.set_len(0).expect("emptied");
    std::fs::write(&path, kept).expect("written");
    post_at(case.program.addresses[0], CREATE_ROOM, &[("x-lk-mock", "{\"last\":1}")], "{}").await;
    let log = std::fs::read_to_string(&path).expect("text");
    let lines: Vec<&str> = log.lines().collect();
    let arrived = before.lines().count() - 1;
    assert!(log.starts_with(kept) && log.ends_with('\n'), "{log}");
    assert_eq!(
        dropped(lines[1].split_once(" WARN ").expect("a line").1),
        Some(CALLS * WARNINGS - arrived)
    );
    assert!(lines[2].contains("last"), "{log}");
    case.program.stop().await;
}

/// A test may read the log as soon as it has the answer.
#[tokio::test]
async fn the_log_of_a_call_is_there_before_its_answer() {
    let folder = Folder::new("livekit-mock-order");
    let path = folder.0.join("log");
    let file = OpenOptions::new().create(true).append(true).open(&path).expect("a file");
    let arguments = ["--log-level=debug"];
    let mut program = Muted::start(r#"exec "$@""#, &arguments, Stdio::null(), file.into()).await;
    let mut log = File::open(&path).expect("the log");
    let mut connection = TcpStream::connect(program.addresses[0]).expect("a connection");
    let (mut said, mut answer) = (String::new(), [0; 4096]);
    for number in 0..3000 {
        let request = format!("GET /number/{number} HTTP/1.1\r\nHost: x\r\n\r\n");
        connection.write_all(request.as_bytes()).expect("a server that reads");
        let read = connection.read(&mut answer).expect("an answer");
        assert!(answer[..read].starts_with(b"HTTP/1.1 404 "));
        said.clear();
        log.read_to_string(&mut said).expect("text");
        assert!(said.contains(&format!("GET /number/{number}: 404 Not Found")), "{said}");
    }
    program.stop().await;
}
