//! Measures what `livekit-mock` costs, compared with a bare hyper server in the same run.
//!
//! It measures the processor time of the server process, since that, and its ratio to the floor's, stays
//! the same on a busy machine.

mod carrier;
mod curves;
mod failure;
mod figures;
mod grants;
mod hold;
mod load;
mod options;
mod process;
mod report;
mod requests;
mod rooms;
mod stall;
mod svg;
mod tls;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use failure::Failure;
use options::Options;

/// Measures livekit-mock, compared with a bare hyper server, and prints a table.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Command {
    /// Plots how the cost grows as the work grows
    Curves {
        /// The folder for the plots
        #[arg(long, default_value = "docs/performance")]
        out: PathBuf,
    },
    /// Puts the server under load and checks that nothing is late, lost or left behind
    Hold {
        /// How long the soak lasts, in seconds
        #[arg(long, default_value_t = 3600)]
        soak: u64,
    },
    /// Connects many clients to rooms, and checks what they lose and cost
    Rooms {
        /// How many clients
        #[arg(long, default_value_t = 500)]
        peers: usize,
        /// How long each of them sends a message a second
        #[arg(long, default_value_t = 20)]
        seconds: u32,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<bool, Failure> {
    let descriptors = process::raise_descriptor_limit();
    let binary = cli.options.binary.clone();
    let programs = match cli.command {
        Some(Command::Rooms { .. }) => process::Programs::mock_alone(binary)?,
        _ => process::Programs::ready(binary)?,
    };
    match &cli.command {
        None => figures::measure(programs, &cli.options, descriptors),
        Some(Command::Curves { out }) => {
            curves::plot(&programs, out, cli.options.quick).map(|()| true)
        }
        Some(Command::Hold { soak }) => {
            hold::hold(&programs, *soak, cli.options.quick, descriptors)
        }
        Some(Command::Rooms { peers, seconds }) => rooms::hold(&programs, *peers, *seconds),
    }
}
