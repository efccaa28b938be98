//! Runs the server from its start to its stop.

use std::process::ExitCode;

use livekit_mock::{Mock, StartError};

use super::{
    announce::announce,
    exit::{FLUSH_TIME, INTERRUPTED, exit_with_error},
    log,
    output::Output,
    settings::Settings,
    stop::{Reason, Stop},
};

/// Serves until the program is told to stop, and writes what happens to the outputs.
pub(super) async fn serve(settings: Settings, output: Output, error: Output) -> ExitCode {
    log::report_panics();
    let format = settings.program.log_format;
    let (code, flush_time) = match start(settings) {
        Ok((stop, mock)) => {
            let flush_time = mock.grace().min(FLUSH_TIME);
            announce(&mock, format, &output);
            // After the announcement, so that nobody who waits for it has to wait for this.
            error.prepare();
            serve_to_the_end(stop, mock).await;
            (ExitCode::SUCCESS, flush_time)
        }
        Err((code, why)) => (exit_with_error(code, &why), FLUSH_TIME),
    };
    for output in [output, error] {
        output.finish(flush_time);
    }
    code
}

/// Starts the server, or returns the exit code and the error. Warnings about the settings are logged,
/// unless there are errors in the settings, which then mention them.
fn start(settings: Settings) -> Result<(Stop, Mock), (u8, String)> {
    let Settings { builder, program, sources, warnings } = settings;
    let stop = Stop::new(program.stop_with_stdin).map_err(StartError::Runtime);
    let started = stop.and_then(|stop| Ok((stop, builder.start_here()?)));
    if !matches!(started, Err(StartError::Config(_))) {
        for warning in &warnings {
            tracing::warn!("{warning}");
        }
    }
    started.map_err(|error| sources.start_error(&error))
}

async fn serve_to_the_end(mut stop: Stop, mock: Mock) {
    let why = match stop.asked().await {
        Reason::Signal => "stopping",
        Reason::StandardInput => "standard input has ended: stopping",
    };
    tracing::info!("{why}; requests in flight are answered; a second signal stops at once");
    tokio::select! {
        () = mock.shutdown() => {}
        // Exits at once. If this returned, requests in flight would still get their time.
        _ = stop.asked() => std::process::exit(INTERRUPTED),
    }
}
