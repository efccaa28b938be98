//! Outputs and the input at the start and at the end: a start that fails, the announcement, the end
//! of standard input (`docs/BEHAVIOUR.md`, Log and outputs).

#![cfg(target_os = "linux")]

mod support;

use std::{
    fs::{File, OpenOptions},
    io::{BufRead as _, BufReader},
    process::Stdio,
    time::{Duration, Instant},
};

use support::{
    CREATE_ROOM,
    outputs::{End, Kind, fill, lines, pipe, wait_no_more},
    post_at,
    program::{Muted, Program, run, shell},
    soon,
};

/// How much longer a program may take to end because of its outputs.
const LONGEST_END: Duration = Duration::from_secs(4);

/// A program that can't start ends with its exit code, even if its error can't be written.
#[tokio::test]
async fn a_start_that_fails_ends_with_its_code() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let in_use = ["--bind", "127.0.0.1", "--ports", port.as_str()];
    for (arguments, code) in [
        (&["--nope"][..], 2),
        (&["--ports", "x", "--auth", "x"], 2),
        (&["healthcheck", "--ports", "1"], 1),
        (&in_use, 1),
    ] {
        for kind in Kind::ALL {
            let (output, _end) = kind.open();
            let line = if kind == Kind::Closed { r#"exec "$@" >&- 2>&-"# } else { r#"exec "$@""# };
            let mut command = shell(line, arguments);
            command.stdout(output.try_clone().expect("a copy")).stderr(output);
            let begun = Instant::now();
            let status = soon(command.status()).await.expect("a program that ends");
            assert_eq!(status.code(), Some(code), "{kind:?} {arguments:?}");
            assert!(begun.elapsed() < LONGEST_END, "{kind:?} {arguments:?}: {:?}", begun.elapsed());
        }
    }
}

/// If standard output has no reader, the log says so.
#[tokio::test]
async fn an_announcement_that_can_t_be_written_is_logged() {
    let (reader, writer) = pipe();
    let full = OpenOptions::new().write(true).open("/dev/full").expect("a device");
    let program = Muted::start(r#"exec "$@""#, &[], full.into(), writer.into()).await;
    let mut line = String::new();
    BufReader::new(File::from(reader)).read_line(&mut line).expect("a line");
    assert!(
        line.contains("WARN could not write to standard output that the regions are ready: "),
        "{line}"
    );
    drop(program);
}

/// The announcement is read late.
#[tokio::test]
async fn an_announcement_waits_for_its_reader() {
    let (reader, writer) = pipe();
    fill(&writer);
    let program = Muted::start(r#"exec "$@""#, &[], writer.into(), Stdio::null()).await;
    let lines = lines(End::Reader(reader));
    let mut announced = lines.iter().filter(|line| !line.is_empty());
    assert!(announced.next().expect("a line").starts_with("region-0 listening on"));
    assert!(announced.next().expect("a line").starts_with("region-1 listening on"));
    assert_eq!(announced.next().as_deref(), Some("ready: 2 regions"));
    drop(program);
}

/// Both outputs are one pipe, and the announcement of many regions is longer than one write to it.
#[tokio::test]
async fn lines_of_both_outputs_do_not_mix() {
    let (reader, writer) = pipe();
    fill(&writer);
    let ports = vec!["0"; 300].join(",");
    let arguments = ["--bind=127.0.0.1", "--ports", &ports];
    let mut command = shell(r#"LK_TEST_SERVER_PORT=1 exec "$@""#, &arguments);
    command.stdout(writer.try_clone().expect("a copy")).stderr(writer);
    let child = command.spawn().expect("a program that runs");
    drop(command);
    let lines = lines(End::Reader(reader));
    let mut lines = lines.iter().filter(|line| !line.is_empty());
    assert!(lines.next().expect("a line").contains("LK_TEST_SERVER_PORT is not a variable"));
    for region in 0..300 {
        let line = lines.next().expect("a line");
        assert!(line.starts_with(&format!("region-{region} listening on ")), "{line}");
        assert!(line.ends_with(')'), "{line}");
    }
    assert_eq!(lines.next().as_deref(), Some("ready: 300 regions"));
    drop(child);
}

/// A closed input counts as ended. The program says why it stops, and that is not a failure.
#[tokio::test]
async fn an_input_that_is_closed_at_the_start_has_ended() {
    let arguments = ["--ports=0", "--bind=127.0.0.1", "--stop-with-stdin"];
    for line in [r#"exec "$@" <&-"#, r#"exec "$@" </dev/null"#, r#"exec "$@" </"#] {
        let ended =
            soon(shell(line, &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).output());
        let ended = ended.await.expect("a program that ends");
        let log = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(0), "{log}");
        assert!(log.contains("standard input has ended: stopping"), "{log}");
    }
    let ended = run(&["--ports=0", "--stop-with-stdin"], &[]).await;
    assert_eq!(ended.code, Some(0));
    assert!(ended.stdout.ends_with("ready: 1 region\n"), "{ended:?}");
}

/// Another process that shares the input may have made it non-blocking.
#[tokio::test]
async fn an_input_that_has_nothing_yet_has_not_ended() {
    let (reader, writer) = pipe();
    wait_no_more(&reader, true);
    let arguments = ["--ports=0", "--bind=127.0.0.1", "--stop-with-stdin"];
    let mut command = shell(r#"exec "$@""#, &arguments);
    command.stdin(reader).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a program that runs");
    drop(command);
    let (stdout, sender) = (child.stdout.take().expect("piped"), writer);
    let mut announced = tokio::io::BufReader::new(stdout);
    let mut line = String::new();
    soon(tokio::io::AsyncBufReadExt::read_line(&mut announced, &mut line)).await.expect("a line");
    // Longer than the time after which the input is read again.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(child.try_wait().expect("known").is_none(), "it goes on");
    drop(sender);
    assert_eq!(soon(child.wait()).await.expect("an end").code(), Some(0));
}

/// A reader may stop after the announcement. This was a bug once.
#[tokio::test]
async fn a_reader_may_stop_after_the_announcement() {
    let arguments = ["--bind=127.0.0.1", "--ports=0"];
    let (reader, writer) = pipe();
    let mut command = shell(r#"exec "$@""#, &arguments);
    command.stdout(writer.try_clone().expect("a copy")).stderr(writer);
    let mut child = command.spawn().expect("a program that runs");
    drop(command);
    let mut reader = BufReader::new(File::from(reader)).lines();
    let region = reader.next().expect("a line").expect("text");
    let address = region.split(' ').nth(3).expect("an address").parse().expect("an address");
    assert_eq!(reader.next().expect("a line").expect("text"), "ready: 1 region");
    drop(reader);
    for _ in 0..3 {
        assert_eq!(soon(post_at(address, CREATE_ROOM, &[], "{}")).await.status, 200);
    }
    assert!(child.try_wait().expect("known").is_none(), "it goes on");
}

/// The thread that writes the backlog exists only as long as it is needed.
#[tokio::test]
async fn a_server_whose_log_is_read_has_one_thread() {
    let mut program = Program::start(&[]).await;
    post_at(program.address(0), CREATE_ROOM, &[], "{}").await;
    program.logs("WARN").await;
    let threads = std::fs::read_dir(format!("/proc/{}/task", program.id())).expect("its threads");
    assert_eq!(threads.count(), 1);
}
