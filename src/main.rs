//! The program: reads the settings, starts a server and waits for the signal to stop.

// Only `cli::output` may write to the outputs, since nobody may be reading them.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod cli;

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    cli::run(std::env::args_os(), std::env::vars_os()).await
}
