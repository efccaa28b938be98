//! The ways in which networks break a call, as a raw socket sees them
//! (`docs/BEHAVIOUR.md`, Failing).

mod support;

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use livekit_mock::Mock;

use support::CREATE_ROOM;

/// A call with this control, on a connection of its own.
fn call(to: SocketAddr, control: &str) -> TcpStream {
    let mut stream = TcpStream::connect(to).expect("a listening server");
    let request = format!(
        "POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         X-Lk-Mock: {control}\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    stream.write_all(request.as_bytes()).expect("a server that reads");
    stream
}

#[tokio::test]
async fn reset_is_a_rst_without_a_byte() {
    let mock = Mock::start().await.expect("a mock");
    for wait in [0, 100] {
        let control = format!(r#"{{"failRegions":[0],"failMode":"reset","delayMs":{wait}}}"#);
        let mut stream = call(mock.addresses()[0], &control);
        let mut answer = Vec::new();
        let ending = stream.read_to_end(&mut answer).map_err(|error| error.kind());
        assert_eq!((ending, answer.len()), (Err(ErrorKind::ConnectionReset), 0));
    }
}

#[tokio::test]
async fn drop_is_an_end_in_order() {
    let mock = Mock::start().await.expect("a mock");
    let mut stream = call(mock.addresses()[0], r#"{"failRegions":[0],"failMode":"drop"}"#);
    let mut answer = Vec::new();
    assert_eq!(stream.read_to_end(&mut answer).map_err(|error| error.kind()), Ok(0));
}
