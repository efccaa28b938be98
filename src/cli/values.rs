//! What the text of a setting means.

use std::{str::FromStr, time::Duration};

use tracing_subscriber::filter::LevelFilter;

use super::log::LogFormat;
use crate::{auth::Auth, reference::Reference, warning::suggestion};

#[allow(clippy::unnecessary_wraps)] // The shape of a parser.
pub(super) fn text(value: &str) -> Result<String, String> {
    Ok(value.to_owned())
}

fn parts(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|part| !part.is_empty())
}

#[allow(clippy::unnecessary_wraps)]
pub(super) fn list(value: &str) -> Result<Vec<String>, String> {
    Ok(parts(value).map(str::to_owned).collect())
}

pub(super) fn ports(value: &str) -> Result<Vec<u16>, String> {
    parts(value)
        .map(|part| {
            part.parse()
                .map_err(|_| format!("\"{part}\" must be a port from 0 to 65535, as in 9999,10000"))
        })
        .collect()
}

pub(super) fn index(value: &str) -> Result<usize, String> {
    value.parse().map_err(|_| format!("\"{value}\" must be a region's index, such as 0"))
}

pub(super) fn auth(value: &str) -> Result<Auth, String> {
    value.parse().map_err(|error| format!("\"{value}\" {error}{}", suggestion(value, Auth::NAMES)))
}

pub(super) fn reference(value: &str) -> Result<Reference, String> {
    value
        .parse()
        .map_err(|error| format!("\"{value}\" {error}{}", suggestion(value, Reference::NAMES)))
}

pub(super) fn boolean(value: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(format!("\"{value}\" must be true or false")),
    }
}

/// Seconds as a number, with or without `s`; or milliseconds with `ms`.
pub(super) fn seconds(value: &str) -> Result<Duration, String> {
    let (number, unit) = match value.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (value.strip_suffix('s').unwrap_or(value), 1.0),
    };
    let parsed = f64::from_str(number.trim())
        .ok()
        .and_then(|number| Duration::try_from_secs_f64(number * unit).ok());
    parsed.ok_or_else(|| format!("\"{value}\" must be a number of seconds, such as 10 or 0.5"))
}

pub(super) fn log_format(value: &str) -> Result<LogFormat, String> {
    match value.to_ascii_lowercase().as_str() {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("\"{value}\" must be text or json")),
    }
}

pub(super) fn log_level(value: &str) -> Result<LevelFilter, String> {
    value.parse().map_err(|_| format!("\"{value}\" must be error, warn, info, debug or off"))
}
