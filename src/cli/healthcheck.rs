//! `livekit-mock healthcheck`: asks the server on the configured first port whether it answers.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    process::ExitCode,
    time::Duration,
};

use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

use super::{RUNTIME, USAGE, complain, fail};
use crate::{
    config::{Config, ConfigError},
    mock::StartError,
};

const HEALTHCHECK_TIME: Duration = Duration::from_secs(3);

/// Exits with 0 where it does.
pub(super) async fn healthcheck(config: &Config) -> ExitCode {
    if config.ports.first() == Some(&0) {
        let problem = "0 is chosen at the start; name the port that the server announced";
        return fail(USAGE, &StartError::Config(vec![ConfigError::new("--ports", problem)]));
    }
    let address = reachable(config);
    match timeout(HEALTHCHECK_TIME, health(&address)).await {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => unhealthy(&address, &error.to_string()),
        Err(_) => unhealthy(&address, &format!("no answer within {HEALTHCHECK_TIME:?}")),
    }
}

fn unhealthy(address: &str, why: &str) -> ExitCode {
    complain(RUNTIME, &format!("nothing healthy on {address}: {why}"))
}

/// Where a server with these settings can be asked: all addresses are asked on loopback.
fn reachable(config: &Config) -> String {
    let port = config.ports.first().copied().unwrap_or_default();
    let host = config.bind.trim_start_matches('[').trim_end_matches(']');
    match host.parse() {
        Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => format!("127.0.0.1:{port}"),
        Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => format!("[::1]:{port}"),
        Ok(IpAddr::V6(address)) => format!("[{address}]:{port}"),
        _ => format!("{host}:{port}"),
    }
}

async fn health(address: &str) -> Result<(), Box<dyn std::error::Error>> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = http::Request::get("/_test/health")
        .header(http::header::HOST, address)
        .body(Empty::<bytes::Bytes>::new())?;
    let status = sender.send_request(request).await?.status();
    if status.is_success() { Ok(()) } else { Err(format!("it answered {status}").into()) }
}
