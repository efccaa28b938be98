//! The command line: reads the settings from flags and variables, and writes what happens to the outputs,
//! for people or for machines.

mod announce;
mod backlog;
mod descriptor;
mod exit;
mod flags;
mod healthcheck;
mod log;
mod output;
mod program;
mod row;
mod rows;
mod serve;
mod settings;
mod sources;
mod stop;
mod variables;

use std::{ffi::OsString, process::ExitCode};

use self::{exit::USAGE, flags::Flags, output::Output, variables::Variables};

/// Runs the program with these arguments and these variables; returns its exit code.
pub(crate) async fn run(
    arguments: impl IntoIterator<Item = OsString>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> ExitCode {
    let flags = match Flags::parse(arguments) {
        Ok(flags) => flags,
        Err(code) => return code,
    };
    let settings = match settings::read(&flags, &Variables::from_iter(variables)) {
        Ok(settings) => settings,
        Err(problems) => return exit::exit_with_error(USAGE, &problems),
    };
    if flags.asks_for(flags::HEALTHCHECK) {
        return healthcheck::healthcheck(&settings).await;
    }
    let format = settings.program.log_format;
    let (output, error) = Output::standard_outputs(log::notice(format));
    log::start(format, settings.program.log_level, error.clone());
    serve::serve(settings, output, error).await
}
