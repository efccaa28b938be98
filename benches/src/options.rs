//! The flags of a measurement.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;

#[derive(Args)]
pub(crate) struct Options {
    /// The program to measure, in place of a fresh release build
    #[arg(long, global = true)]
    pub(crate) binary: Option<PathBuf>,
    /// Address of another running server, for a third column
    #[arg(long, value_name = "HOST:PORT", requires = "pid")]
    pub(crate) url: Option<SocketAddr>,
    /// That server's process
    #[arg(long, requires = "url")]
    pub(crate) pid: Option<u32>,
    /// Where to write the figures as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Only the figures whose name holds this
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Option<String>,
    /// Fewer repetitions and requests, for a quick look
    #[arg(long, global = true)]
    pub(crate) quick: bool,
}
