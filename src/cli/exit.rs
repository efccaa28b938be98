//! How the program ends: its exit codes, and the error that it prints.

use std::{process::ExitCode, time::Duration};

use super::output::Output;

/// The command line or a variable is wrong.
pub(super) const USAGE: u8 = 2;
/// The system refused something.
pub(super) const RUNTIME: u8 = 1;
/// Ended by a second signal; the number that shells use for an interrupt.
pub(super) const INTERRUPTED: i32 = 130;
/// How long the program waits at its end for an output to accept everything.
pub(super) const FLUSH_TIME: Duration = Duration::from_millis(500);

/// Writes to standard error why the program ends with this code.
pub(super) fn exit_with_error(code: u8, why: &str) -> ExitCode {
    let lines: Vec<String> = why.lines().map(|line| format!("livekit-mock: {line}\n")).collect();
    let error = Output::error();
    // If standard error does not accept it, there is no other place to write to.
    let _ = error.write_line(lines.concat().as_bytes());
    error.finish(FLUSH_TIME);
    ExitCode::from(code)
}
