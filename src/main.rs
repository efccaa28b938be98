//! The program: settings in, a server up, a wait for the signal to stop.

// The outputs are `cli`'s, which has its own way to them: nobody may be reading.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod cli;

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    cli::run(std::env::args_os(), std::env::vars_os()).await
}
