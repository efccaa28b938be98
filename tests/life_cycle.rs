//! Start, stop and health check (`docs/BEHAVIOUR.md`, Log and outputs). A stop gives requests in
//! flight the grace to be answered; a second signal ends the program at once.

mod support;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use support::{
    CREATE_ROOM, call_at,
    program::{Program, run},
    raw, soon,
};

const DEBUG: [&str; 2] = ["--log-level", "debug"];

/// Starts a call that takes this long, and returns when the server has read it.
async fn delayed_call(program: &mut Program, delay: Duration) -> TcpStream {
    let stream = TcpStream::connect(program.address(0)).await.expect("a listening server");
    let stream = send_delayed(stream, delay).await;
    program.logs("CreateRoom").await;
    stream
}

async fn send_delayed(mut stream: TcpStream, delay: Duration) -> TcpStream {
    let request = format!(
        "POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nX-Lk-Mock: {{\"delayMs\":{}}}\r\n\
         Content-Type: application/json\r\nContent-Length: 12\r\n\r\n{{\"name\":\"a\"}}",
        delay.as_millis()
    );
    stream.write_all(request.as_bytes()).await.expect("a reading server");
    stream
}

/// Waits until an idle connection is closed, which a stop does to all of them at once.
async fn closed(mut idle: TcpStream) {
    assert_eq!(soon(idle.read(&mut [0])).await.unwrap_or(0), 0, "nothing is said");
}

/// Whether connections are refused, which they are once the listener's task has noticed the stop.
async fn refuses(address: SocketAddr) -> bool {
    for _ in 0..100 {
        match TcpStream::connect(address).await {
            Err(_) => return true,
            Ok(early) => closed(early).await,
        }
    }
    false
}

#[tokio::test]
async fn a_stop_answers_requests_in_flight_and_accepts_no_connection() {
    for signal in ["TERM", "INT"] {
        let mut program = Program::start(&DEBUG).await;
        let mut idle = TcpStream::connect(program.address(0)).await.expect("a connection");
        idle.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("a reading server");
        assert!(soon(raw::read_answer(&mut idle)).await.ends_with("ok"));
        let mut call = delayed_call(&mut program, Duration::from_millis(700)).await;
        let (first, second) = (program.address(0), program.address(1));

        program.signal(signal).await;
        closed(idle).await;
        assert!(refuses(first).await && refuses(second).await, "new connections are refused");
        let answer = soon(raw::read_to_end(&mut call)).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("\"name\":\"a\""), "{answer}");
        assert_eq!(program.end().await.code(), Some(0), "{signal}");
    }
}

#[tokio::test]
async fn connections_without_a_request_do_not_delay_a_stop() {
    let mut program = Program::start(&DEBUG).await;
    let silent = TcpStream::connect(program.address(0)).await.expect("a connection");
    // The silent connection was accepted before this one.
    call_at(program.address(0), "GET", "/", &[], "").await.expect("ok");
    let begun = Instant::now();
    program.signal("TERM").await;
    assert_eq!(program.end().await.code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(5), "the grace of 10 s was not used up");
    drop(silent);
}

#[tokio::test]
async fn a_stop_waits_no_longer_than_the_grace() {
    for grace in ["0.2", "200ms", "0"] {
        let mut program = Program::start(&["--log-level=debug", "--grace", grace]).await;
        let mut call = delayed_call(&mut program, Duration::from_secs(600)).await;
        program.signal("TERM").await;
        assert_eq!(soon(raw::read_to_end(&mut call)).await, "", "the call is cut off");
        assert_eq!(program.end().await.code(), Some(0), "{grace}");
        let log = program.rest_of_log().await;
        assert!(log.contains("requests were still in flight after the grace"), "{log}");
    }
}

#[tokio::test]
async fn a_second_signal_stops_at_once() {
    let mut program = Program::start(&["--log-level=debug", "--grace", "600"]).await;
    let mut call = delayed_call(&mut program, Duration::from_secs(600)).await;
    program.signal("TERM").await;
    program.logs("a second signal stops at once").await;
    program.signal("TERM").await;
    assert_eq!(program.end().await.code(), Some(130));
    assert_eq!(soon(raw::read_to_end(&mut call)).await, "");
}

/// A test runner takes the server down with it, even if it is killed.
#[tokio::test]
async fn a_server_may_end_with_its_standard_input() {
    let ports = ["--ports=0,0", "--log-level=debug"];
    let by_flag = (&[ports[0], ports[1], "--stop-with-stdin"][..], &[][..]);
    let by_variable = (&ports[..], &[("LK_TEST_SERVER_STOP_WITH_STDIN", "true")][..]);
    for (flags, variables) in [by_flag, by_variable] {
        let mut program = Program::with(flags, variables).await;
        let mut call = delayed_call(&mut program, Duration::from_millis(300)).await;
        program.close_stdin();
        let answer = soon(raw::read_to_end(&mut call)).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert_eq!(program.end().await.code(), Some(0));
    }
}

#[tokio::test]
async fn the_end_of_standard_input_stops_nothing_by_itself() {
    let mut program = Program::start(&[]).await;
    program.close_stdin();
    call_at(program.address(0), "GET", "/", &[], "").await.expect("ok");
    program.signal("TERM").await;
    assert_eq!(program.end().await.code(), Some(0));
}

#[tokio::test]
async fn a_closed_standard_output_does_not_stop_the_server() {
    let mut program = Program::start(&[]).await;
    program.close_stdout();
    call_at(program.address(0), "GET", "/", &[], "").await.expect("ok");
    program.signal("TERM").await;
    assert_eq!(program.end().await.code(), Some(0));
}

#[tokio::test]
async fn the_health_check_asks_the_first_port() {
    let program = Program::start(&[]).await;
    let port = program.address(0).port().to_string();
    let list = format!("{port},1");
    for (arguments, variables) in [
        (&["healthcheck", "--ports", port.as_str()][..], &[][..]),
        (&["--ports", &port, "healthcheck"], &[]),
        (&["healthcheck"], &[("LK_TEST_SERVER_PORTS", list.as_str())]),
        (&["healthcheck", "--ports", &port, "--bind", "localhost"], &[]),
    ] {
        let ended = run(arguments, variables).await;
        let said = (ended.stdout.as_str(), ended.stderr.as_str());
        assert_eq!((ended.code, said), (Some(0), ("", "")), "{arguments:?}");
    }
}

#[tokio::test]
async fn the_health_check_says_what_is_wrong() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = unused.local_addr().expect("an address").port().to_string();
    drop(unused);
    let ended = run(&["healthcheck", "--ports", &port], &[]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
    let sentence = format!("livekit-mock: no healthy server on 127.0.0.1:{port}: ");
    assert!(ended.stderr.starts_with(&sentence), "{ended:?}");

    // Another program listens there: it closes without an answer, or answers with an error.
    for answer in [&b""[..], b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"] {
        let other = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = other.local_addr().expect("an address").port().to_string();
        let arguments = ["healthcheck", "--ports", port.as_str()];
        let (ended, ()) = tokio::join!(run(&arguments, &[]), async {
            let (mut stream, _) = other.accept().await.expect("a connection");
            assert_ne!(stream.read(&mut [0; 1024]).await.expect("a request"), 0);
            stream.write_all(answer).await.expect("a reading client");
        });
        assert_eq!(ended.code, Some(1), "{ended:?}");
    }
    for ports in ["x", "0", "0,9999"] {
        let ended = run(&["healthcheck", "--ports", ports], &[]).await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.starts_with("livekit-mock: --ports: "), "{ended:?}");
    }
}
