//! The floor: a bare hyper server that reads a request's body and gives every request the same answer.
//! It costs what any server on hyper costs. What `livekit-mock` costs beyond that is its own.
//!
//! Usage: `floor PORTS [DELAY_MS [tls]]`. The answer, a whole HTTP response, is read from standard input. The
//! ports are printed, one on each line, and then a line `ready`.

use std::{convert::Infallible, error::Error, io::Read as _, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
    delay: Duration,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let ports: usize = arguments.next().ok_or("how many ports?")?.parse()?;
    let delay = arguments.next().map_or(Ok(0), |delay| delay.parse())?;
    let tls = arguments.next().map(|_| acceptor()).transpose()?;
    let answer = Arc::new(answer(Duration::from_millis(delay))?);
    for _ in 0..ports {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?.port());
        tokio::spawn(accept(listener, answer.clone(), tls.clone()));
    }
    println!("ready");
    std::future::pending().await
}

fn answer(delay: Duration) -> Result<Answer, Box<dyn Error>> {
    let mut given = Vec::new();
    std::io::stdin().read_to_end(&mut given)?;
    let head = given.windows(4).position(|end| end == b"\r\n\r\n").ok_or("no end of the head")?;
    let body = Bytes::copy_from_slice(&given[head + 4..]);
    let mut lines = std::str::from_utf8(&given[..head])?.split("\r\n");
    let status =
        lines.next().and_then(|line| line.split(' ').nth(1)).ok_or("no status")?.parse()?;
    let mut headers = Vec::new();
    for line in lines {
        let (name, value) = line.split_once(':').ok_or("a header without a colon")?;
        // hyper adds these two by itself.
        if !["content-length", "date"].contains(&name.to_ascii_lowercase().as_str()) {
            headers.push((name.parse()?, value.trim().parse()?));
        }
    }
    Ok(Answer { status, headers, body, delay })
}

/// With a certificate of ECDSA P-256, as the mock's are.
fn acceptor() -> Result<TlsAcceptor, Box<dyn Error>> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.into()], key)?;
    Ok(Arc::new(config).into())
}

async fn accept(listener: TcpListener, answer: Arc<Answer>, tls: Option<TlsAcceptor>) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        match tls.clone() {
            None => drop(tokio::spawn(serve(stream, answer.clone()))),
            Some(tls) => drop(tokio::spawn(serve_encrypted(tls, stream, answer.clone()))),
        }
    }
}

async fn serve_encrypted(tls: TlsAcceptor, stream: TcpStream, answer: Arc<Answer>) {
    if let Ok(stream) = tls.accept(stream).await {
        serve(stream, answer).await;
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, answer: Arc<Answer>) {
    let service = service_fn(|request| respond(request, &answer));
    // The mock's answers have their headers spelled like this, too.
    let _ = http1::Builder::new()
        .title_case_headers(true)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn respond(
    request: Request<Incoming>,
    answer: &Answer,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let _ = request.into_body().collect().await;
    if !answer.delay.is_zero() {
        tokio::time::sleep(answer.delay).await;
    }
    let mut response = Response::new(Full::new(answer.body.clone()));
    *response.status_mut() = answer.status;
    for (name, value) in &answer.headers {
        response.headers_mut().append(name.clone(), value.clone());
    }
    Ok(response)
}
