//! Shared by the tests: a server, and plain clients for it over real sockets.

#![allow(dead_code, missing_docs, unreachable_pub)] // Each test file uses its part.

pub mod blocking;
pub mod differential;
#[cfg(feature = "http2")]
pub mod frames;
#[cfg(feature = "rtc")]
pub mod guest;
pub mod jwt;
#[cfg(target_os = "linux")]
pub mod outputs;
#[cfg(feature = "rtc")]
pub mod peer;
pub mod program;
pub mod raw;
pub mod reference;
pub mod sctp;
pub mod socket;
#[cfg(feature = "rtc")]
pub mod tap;

use std::{future::Future, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use livekit_mock::{AccessToken, Grants, Mock, MockBuilder};
use tokio::net::TcpStream;

pub const CREATE_ROOM: &str = "/twirp/livekit.RoomService/CreateRoom";

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// The header; `None` if it is missing.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("an ASCII header"))
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a text body")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }

    pub fn warnings(&self) -> Vec<&str> {
        let all = self.headers.get_all("x-lk-mock-warning").iter();
        all.map(|value| value.to_str().expect("an ASCII warning")).collect()
    }
}

pub async fn start(builder: MockBuilder) -> Mock {
    builder.start().await.expect("a server on free ports")
}

pub fn address(mock: &Mock, region: usize) -> SocketAddr {
    mock.addresses()[region]
}

pub fn all_grants(mock: &Mock) -> String {
    format!("Bearer {}", mock.token().grants(Grants::all("my-room")).to_jwt())
}

/// A token with every grant, for a server that is started as a program.
pub fn token_of(api_key: &str, api_secret: &str) -> String {
    AccessToken::new(api_key, api_secret).identity("someone").grants(Grants::all("r")).to_jwt()
}

/// Sends one request on its own connection. An error means that the server closed without an
/// answer.
pub async fn send(to: SocketAddr, request: Request<Full<Bytes>>) -> Result<Answer, hyper::Error> {
    let stream = TcpStream::connect(to).await.expect("a listening server");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(request).await?;
    let (parts, body) = answer.into_parts();
    let body = body.collect().await?.to_bytes();
    connection.abort();
    Ok(Answer { status: parts.status, headers: parts.headers, body })
}

/// A request with these headers to a region.
pub async fn call(
    mock: &Mock,
    region: usize,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Result<Answer, hyper::Error> {
    call_at(address(mock, region), method, path, headers, body).await
}

/// [`call`] for a server of which only the address is known.
pub async fn call_at(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Result<Answer, hyper::Error> {
    let mut request =
        Request::builder().method(method).uri(path).header("host", address.to_string());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(address, request.body(Full::new(body.into())).expect("a sound request")).await
}

/// A JSON call that must be answered.
pub async fn post(
    mock: &Mock,
    region: usize,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut all = vec![("content-type", "application/json")];
    all.extend(headers);
    call(mock, region, "POST", path, &all, body.to_owned()).await.expect("an answer")
}

pub async fn get(mock: &Mock, region: usize, path: &str, headers: &[(&str, &str)]) -> Answer {
    call(mock, region, "GET", path, headers, "").await.expect("an answer")
}

/// A JSON call that must be answered, to a server of which only the address is known.
pub async fn post_at(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut all = vec![("content-type", "application/json")];
    all.extend(headers);
    call_at(address, "POST", path, &all, body.to_owned()).await.expect("an answer")
}

/// Waits for something that must happen within a minute, which is ample on any machine.
pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), what).await.expect("done within a minute")
}

/// The control that a JSON call carries, sent with a token that allows everything.
pub async fn create_room(mock: &Mock, region: usize, control: &str) -> Answer {
    let token = all_grants(mock);
    let headers = [("authorization", token.as_str()), ("x-lk-mock", control)];
    post(mock, region, CREATE_ROOM, &headers, r#"{"name":"a"}"#).await
}
