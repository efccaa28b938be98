//! The server, from its start to its stop.

use std::process::ExitCode;

use super::{
    INTERRUPTED, LAST_WORDS_TIME, RUNTIME, USAGE,
    announce::announce,
    fail, log,
    output::Output,
    settings::Settings,
    stop::{Reason, Stop},
};
use crate::mock::{Builder, StartError};

/// Serves until it is told to stop; what happens is told on these outputs.
pub(super) async fn serve(settings: Settings, output: Output, error: Output) -> ExitCode {
    log::report_panics();
    let last_words_time = settings.config.grace.min(LAST_WORDS_TIME);
    let code = serve_to_the_end(settings, &output, &error).await;
    for output in [output, error] {
        output.finish(last_words_time);
    }
    code
}

async fn serve_to_the_end(settings: Settings, output: &Output, log: &Output) -> ExitCode {
    let mut stop = match Stop::new(settings.stop_with_stdin) {
        Ok(stop) => stop,
        Err(error) => return fail(RUNTIME, &StartError::Runtime(error)),
    };
    let builder = Builder { config: settings.config };
    let mock = match builder.start_here() {
        Ok(mock) => mock,
        Err(error @ StartError::Config(_)) => return fail(USAGE, &error),
        Err(error) => return fail(RUNTIME, &error),
    };
    announce(&mock, settings.log_format, output);
    // Not before: whoever waits for the announcement would wait for that too.
    log.prepare();
    let why = match stop.asked().await {
        Reason::Signal => "stopping",
        Reason::StandardInput => "standard input has ended: stopping",
    };
    tracing::info!("{why}; requests in flight are answered, a second signal stops at once");
    tokio::select! {
        () = mock.shutdown() => ExitCode::SUCCESS,
        // Not by returning: what is in flight would be given the time to end.
        _ = stop.asked() => std::process::exit(INTERRUPTED),
    }
}
