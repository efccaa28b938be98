//! Stands between the SDK and the mock and adds bytes to the end of every answer. The
//! mock answers with its own schema, so a field of the future has to be added on the way.

use std::convert::Infallible;

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// Starts a relay to `upstream` for one connection and returns its url.
pub async fn appending(upstream: String, tail: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("the SDK connects");
        let relay = service_fn(|request| forward(request, &upstream, &tail));
        http1::Builder::new()
            .serve_connection(TokioIo::new(stream), relay)
            .await
            .expect("the relay serves");
    });
    url
}

async fn forward(
    request: Request<Incoming>,
    upstream: &str,
    tail: &[u8],
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.expect("a whole request").to_bytes();
    let answer = client()
        .request(head.method, format!("{upstream}{}", head.uri))
        .headers(head.headers)
        .body(body)
        .send()
        .await
        .expect("the mock answers");

    let mut response = Response::builder().status(answer.status());
    response = response.header("content-type", &answer.headers()["content-type"]);
    let mut bytes = answer.bytes().await.expect("a whole answer").to_vec();
    bytes.extend_from_slice(tail);
    Ok(response.body(Full::new(bytes.into())).expect("a response"))
}

/// The SDK's TLS brings no provider of its own to other clients of the same library.
fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default(); // or a test before has done it
    reqwest::Client::new()
}
