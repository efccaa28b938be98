//! The settings that only the program has. An embedded server does not need them.

use livekit_mock::SettingForm;
use tracing_subscriber::filter::LevelFilter;

use super::{log::LogFormat, row::Row};

/// The values of these settings. The defaults are those of the rows.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) stop_with_stdin: bool,
    pub(super) log_format: LogFormat,
    pub(super) log_level: LevelFilter,
}

/// A row, and the function that sets it from a text. The error is a sentence without the setting's name.
pub(super) type ProgramSetting = (Row, fn(&mut Program, &str) -> Result<(), String>);

pub(super) const SETTINGS: [ProgramSetting; 3] = [
    (
        Row {
            name: "stop_with_stdin",
            meaning: "Stop when standard input ends, for programs that start this one: it ends with them, however they end.",
            form: SettingForm::Switch,
            placeholder: "",
            default: None,
        },
        |program, text| boolean(text).map(|value| program.stop_with_stdin = value),
    ),
    (
        Row {
            name: "log_format",
            meaning: "`text` for people, `json` for machines.",
            form: SettingForm::One,
            placeholder: "FORMAT",
            default: Some("text"),
        },
        |program, text| log_format(text).map(|value| program.log_format = value),
    ),
    (
        Row {
            name: "log_level",
            meaning: "`error`, `warn`, `info`, `debug` (a line for each request) or `off`.",
            form: SettingForm::One,
            placeholder: "LEVEL",
            default: Some("info"),
        },
        |program, text| log_level(text).map(|value| program.log_level = value),
    ),
];

impl Default for Program {
    fn default() -> Self {
        let (log_format, log_level) = (LogFormat::Text, LevelFilter::OFF);
        let mut program = Self { stop_with_stdin: false, log_format, log_level };
        for (row, set) in &SETTINGS {
            let read = row.default.map_or(Ok(()), |text| set(&mut program, text));
            read.expect("a valid default");
        }
        program
    }
}

fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(format!("\"{text}\" must be true or false")),
    }
}

fn log_format(text: &str) -> Result<LogFormat, String> {
    match text.to_ascii_lowercase().as_str() {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("\"{text}\" must be text or json")),
    }
}

fn log_level(text: &str) -> Result<LevelFilter, String> {
    text.parse().map_err(|_| format!("\"{text}\" must be error, warn, info, debug or off"))
}
