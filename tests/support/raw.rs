//! Bytes on a socket, for what no HTTP client would send.

use std::{collections::BTreeMap, net::SocketAddr};

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::Answer;

/// Sends the bytes, reads until the server closes, and returns what could be read.
pub async fn exchange(to: SocketAddr, bytes: &[u8]) -> String {
    let stream = TcpStream::connect(to).await.expect("a listening server");
    let (mut from, mut into) = stream.into_split();
    // The server may stop reading before the end.
    let (_, answer) = tokio::join!(into.write_all(bytes), read_to_end(&mut from));
    answer
}

/// What a server sends until it closes; a reset ends it too.
pub async fn read_to_end(from: &mut (impl AsyncRead + Unpin)) -> String {
    let mut answer = Vec::new();
    let _ = from.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// Reads one answer from a connection that stays open: a head, and as many bytes as it announces.
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

/// Sends exactly this request, of any length, on its own connection. `None` if the server closes
/// without an answer.
pub async fn ask(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &BTreeMap<String, String>,
    body: &[u8],
) -> Option<Answer> {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.extend([name, ": ", value, "\r\n"]);
    }
    request.extend(["Content-Length: ", &body.len().to_string(), "\r\n\r\n"]);
    let stream = TcpStream::connect(to).await.expect("a listening server");
    let (mut from, mut into) = stream.into_split();
    let mut answer = Vec::new();
    let bytes = [request.as_bytes(), body].concat();
    let _ = tokio::join!(into.write_all(&bytes), from.read_to_end(&mut answer));
    parsed(&answer)
}

/// Parses an answer that ended with its connection.
fn parsed(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).expect("an ASCII head");
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(':')).map(|(name, value)| {
        let name = HeaderName::try_from(name).expect("a header's name");
        (name, HeaderValue::try_from(value.trim()).expect("a header's value"))
    });
    let (headers, body) = (headers.collect(), Bytes::copy_from_slice(&bytes[end + 4..]));
    Some(Answer { status, headers, body })
}
