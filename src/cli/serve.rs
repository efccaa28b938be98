//! The server, from its start to its stop.

use std::process::ExitCode;

use livekit_mock::{Mock, StartError};

use super::{
    announce::announce,
    exit::{INTERRUPTED, LAST_WORDS_TIME, complain},
    log,
    output::Output,
    settings::Settings,
    stop::{Reason, Stop},
};

/// Serves until it is told to stop; what happens is told on these outputs.
pub(super) async fn serve(settings: Settings, output: Output, error: Output) -> ExitCode {
    log::report_panics();
    let format = settings.program.log_format;
    let (code, last_words_time) = match start(settings) {
        Ok((stop, mock)) => {
            let last_words_time = mock.grace().min(LAST_WORDS_TIME);
            announce(&mock, format, &output);
            // Not before: whoever waits for the announcement would wait for that too.
            error.prepare();
            serve_to_the_end(stop, mock).await;
            (ExitCode::SUCCESS, last_words_time)
        }
        Err((code, why)) => (complain(code, &why), LAST_WORDS_TIME),
    };
    for output in [output, error] {
        output.finish(last_words_time);
    }
    code
}

/// Starts the server, or says what to exit with and why. What is odd about the settings is told in
/// the log, but not where they can't be served: then it is part of what is wrong.
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
    tracing::info!("{why}; requests in flight are answered, a second signal stops at once");
    tokio::select! {
        () = mock.shutdown() => {}
        // Not by returning: what is in flight would be given the time to end.
        _ = stop.asked() => std::process::exit(INTERRUPTED),
    }
}
