//! How the program ends: its exit codes, and its last words.

use std::{process::ExitCode, time::Duration};

use super::output::Output;

/// The command line is at fault.
pub(super) const USAGE: u8 = 2;
/// The machine is at fault.
pub(super) const RUNTIME: u8 = 1;
/// A second signal, as shells count them.
pub(super) const INTERRUPTED: i32 = 130;
/// How long the end waits for an output that has not taken everything yet.
pub(super) const LAST_WORDS_TIME: Duration = Duration::from_millis(500);

/// Says on standard error, line by line, why the program ends with this code.
pub(super) fn complain(code: u8, why: &str) -> ExitCode {
    let lines: Vec<String> = why.lines().map(|line| format!("livekit-mock: {line}\n")).collect();
    let error = Output::error();
    // There is nobody else to tell.
    let _ = error.say(lines.concat().as_bytes());
    error.finish(LAST_WORDS_TIME);
    ExitCode::from(code)
}
