//! The program: settings in, a server up, a wait for the signal to stop.

use std::process::ExitCode;

use livekit_mock::cli;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    cli::run(std::env::args_os(), std::env::vars_os()).await
}
