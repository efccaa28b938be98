//! `livekit-mock healthcheck`: asks the server on the first port whether it answers.

use std::{process::ExitCode, time::Duration};

use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use livekit_mock::Setting;
use tokio::{net::TcpStream, time::timeout};

use super::{
    exit::{RUNTIME, USAGE, exit_with_error},
    settings::Settings,
};

const HEALTHCHECK_TIME: Duration = Duration::from_secs(3);

/// The exit code is 0 if the server answers.
pub(super) async fn healthcheck(settings: &Settings) -> ExitCode {
    let address = match address(settings) {
        Ok(address) => address,
        Err(problems) => return exit_with_error(USAGE, &problems),
    };
    match timeout(HEALTHCHECK_TIME, health(&address)).await {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => unhealthy(&address, &error.to_string()),
        Err(_) => unhealthy(&address, &format!("no answer within {HEALTHCHECK_TIME:?}")),
    }
}

/// The address at which a server with these settings answers, or the errors in them.
fn address(settings: &Settings) -> Result<String, String> {
    let Settings { builder, sources, .. } = settings;
    builder.check().map_err(|errors| sources.config_errors(&errors))?;
    builder.first_address().ok_or_else(|| {
        let problem =
            "with 0, the port is chosen at the start; give the port that the server announced";
        sources.problem(Setting::Ports.name(), problem)
    })
}

fn unhealthy(address: &str, why: &str) -> ExitCode {
    exit_with_error(RUNTIME, &format!("no healthy server on {address}: {why}"))
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
