//! The command line: flags and variables become settings, and what happens is told to people or to
//! machines.

mod announce;
mod backlog;
mod descriptor;
mod flags;
mod healthcheck;
mod log;
mod output;
mod serve;
mod settings;
mod stop;
mod values;
mod variables;

use std::{ffi::OsString, process::ExitCode, time::Duration};

use self::{output::Output, variables::Variables};
use crate::mock::StartError;

/// Exit codes: the command line is at fault, or the machine.
const USAGE: u8 = 2;
const RUNTIME: u8 = 1;
/// What a second signal exits with, as shells count them.
const INTERRUPTED: i32 = 130;
/// How long the end waits for an output that has not taken everything yet.
const LAST_WORDS_TIME: Duration = Duration::from_millis(500);

/// Runs the program with these arguments and these variables; returns its exit code.
pub async fn run(
    arguments: impl IntoIterator<Item = OsString>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> ExitCode {
    let cli = match flags::parse(arguments) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let variables = Variables::from_iter(variables);
    let settings = match settings::read(&cli, &variables) {
        Ok(settings) => settings,
        Err(errors) => return fail(USAGE, &StartError::Config(errors)),
    };
    if cli.command.is_some() {
        return healthcheck::healthcheck(&settings.config).await;
    }
    let (output, error) = Output::both(log::notice(settings.log_format));
    log::start(settings.log_format, settings.log_level, error.clone());
    for warning in settings.warnings.iter().chain(&variables.mistyped()) {
        tracing::warn!("{warning}");
    }
    serve::serve(settings, output, error).await
}

fn fail(code: u8, error: &StartError) -> ExitCode {
    complain(code, &error.to_string())
}

/// Says on standard error why the program ends with this code.
fn complain(code: u8, why: &str) -> ExitCode {
    let lines: Vec<String> = why.lines().map(|line| format!("livekit-mock: {line}\n")).collect();
    let error = Output::error();
    // There is nobody else to tell.
    let _ = error.say(lines.concat().as_bytes());
    error.finish(LAST_WORDS_TIME);
    ExitCode::from(code)
}
