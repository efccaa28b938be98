//! The log: its format, and where it is written.

use serde::Serialize;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt::{
        format::{FmtSpan, Writer},
        time::{FormatTime as _, SystemTime},
    },
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use super::{backlog::Notice, output::Output};

/// The format of the log and of the announcement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogFormat {
    Text,
    Json,
}

/// Writes the log to standard error, so that standard output holds only the announcement.
pub(super) fn start(format: LogFormat, level: LevelFilter, error: Output) {
    let log = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_span_events(FmtSpan::NONE)
        .with_target(false)
        .with_ansi(false)
        // They would be printed, with a panic if that fails.
        .log_internal_errors(false)
        .with_writer(move || error.clone());
    // If a log has been set up already, it stays.
    let _ = match format {
        LogFormat::Text => log.finish().with(without_libraries(level)).try_init(),
        LogFormat::Json => {
            log.json().flatten_event(true).finish().with(without_libraries(level)).try_init()
        }
    };
}

/// The libraries of WebRTC warn of what every browser does, and that of HTTP/2 of what this program says in
/// its own words.
fn without_libraries(level: LevelFilter) -> Targets {
    let libraries = ["str0m", "is", "dimpl", "sctp_proto", "h2"];
    Targets::new().with_default(level).with_targets(libraries.map(|name| (name, LevelFilter::OFF)))
}

/// Logs a panic as one line. The request that caused it is answered with a 500.
pub(super) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| tracing::error!("a defect in livekit-mock: {panic}")));
}

/// The notice that lines were dropped, as a line of the log.
pub(super) fn notice(format: LogFormat) -> Notice {
    match format {
        LogFormat::Text => |count| format!("{}  WARN {}\n", now(), dropped(count)),
        LogFormat::Json => |count| {
            let line = Line { timestamp: &now(), level: "WARN", message: &dropped(count) };
            serde_json::to_string(&line).unwrap_or_default() + "\n"
        },
    }
}

#[derive(Serialize)]
struct Line<'a> {
    timestamp: &'a str,
    level: &'a str,
    message: &'a str,
}

/// The time, in the format of the log.
fn now() -> String {
    let mut text = String::new();
    let _ = SystemTime.format_time(&mut Writer::new(&mut text));
    text
}

fn dropped(count: u64) -> String {
    let (lines, were) = if count == 1 { ("line", "was") } else { ("lines", "were") };
    format!(
        "{count} {lines} of the log could not be written and {were} dropped: standard error was closed or full, or nobody read it"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notice_is_a_line_of_the_log() {
        let text = notice(LogFormat::Text)(1);
        assert!(text.contains("Z  WARN 1 line of the log could not be written and was dropped: "));
        assert!(text.starts_with("20") && text.ends_with("read it\n"), "{text}");

        let json = notice(LogFormat::Json)(12);
        let line: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(line["level"], "WARN");
        let message = line["message"].as_str().expect("a message");
        assert!(message.starts_with("12 lines of the log could not be written and were dropped: "));
        assert!(json.starts_with("{\"timestamp\":\"20") && json.ends_with("\"}\n"), "{json}");
    }
}
