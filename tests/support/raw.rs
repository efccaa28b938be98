//! Bytes on a socket, for what no HTTP client would send.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Sends the bytes and reads until the server closes; what could be read, if anything.
pub async fn exchange(to: SocketAddr, bytes: &[u8]) -> String {
    let stream = TcpStream::connect(to).await.expect("a listening server");
    let (mut from, mut into) = stream.into_split();
    // The server may well stop reading before the end.
    let (_, answer) = tokio::join!(into.write_all(bytes), read_to_end(&mut from));
    answer
}

/// What a server sends until it closes; a reset ends it too.
pub async fn read_to_end(from: &mut (impl AsyncRead + Unpin)) -> String {
    let mut answer = Vec::new();
    let _ = from.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// Reads one answer of a connection that stays open: a head and so many bytes as it announces.
pub async fn read_answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&answer);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_ascii_lowercase().lines().find_map(|line| {
                line.strip_prefix("content-length: ").and_then(|length| length.parse().ok())
            });
            if body.len() >= length.unwrap_or(0) {
                return text.into_owned();
            }
        }
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await.expect("an answer");
        assert_ne!(read, 0, "closed after {text:?}");
        answer.extend_from_slice(&chunk[..read]);
    }
}
