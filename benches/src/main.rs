//! What `livekit-mock` costs, measured beside a bare hyper server in the same run.
//!
//! Processor time of the server process is what counts: it holds on a busy machine, and so does its
//! ratio to the floor's.

mod curves;
mod figures;
mod grants;
mod hold;
mod load;
mod process;
mod report;
mod requests;
mod stall;
mod svg;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

/// Whatever went wrong, for the person who ran this.
type Failure = Box<dyn std::error::Error>;

/// Measures livekit-mock beside a bare hyper server and prints a table.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

#[derive(Args)]
struct Options {
    /// The program to measure, in place of a fresh release build
    #[arg(long, global = true)]
    binary: Option<PathBuf>,
    /// Address of another running server, for a third column
    #[arg(long, value_name = "HOST:PORT", requires = "pid")]
    url: Option<SocketAddr>,
    /// That server's process
    #[arg(long, requires = "url")]
    pid: Option<u32>,
    /// Where to write the figures as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Only the figures whose name holds this
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Fewer repetitions and requests: a look, no measurement
    #[arg(long, global = true)]
    quick: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Plots how the cost grows as the work grows
    Curves {
        /// The folder for the plots
        #[arg(long, default_value = "docs/performance")]
        out: PathBuf,
    },
    /// Holds the server under load and checks that nothing is late, lost or left behind
    Hold {
        /// How long the soak lasts, in seconds
        #[arg(long, default_value_t = 3600)]
        soak: u64,
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
    let programs = process::Programs::ready(cli.options.binary.clone())?;
    match &cli.command {
        None => figures::measure(programs, &cli.options, descriptors),
        Some(Command::Curves { out }) => {
            curves::plot(&programs, out, cli.options.quick).map(|()| true)
        }
        Some(Command::Hold { soak }) => {
            hold::hold(&programs, *soak, cli.options.quick, descriptors)
        }
    }
}
