//! The `X-Lk-Mock-*` headers of the first test server, one fact a header.

use std::time::Duration;

use super::{
    Control, DEFAULT_FAIL_DELAY,
    header::{Scripted, first},
    json::{checked_status, set_fail_mode},
};
use crate::warning::{Warnings, suggestion};

/// What follows `X-Lk-Mock` in the names of the headers that are still honoured.
const SUFFIXES: [&str; 8] = [
    "-fail-regions",
    "-fail-mode",
    "-fail-status",
    "-fail-twirp-code",
    "-delay-ms",
    "-regions-status",
    "-response",
    "-skip-auth",
];

pub(super) fn read(scripted: &[Scripted<'_>], warnings: &mut Warnings) -> Control {
    let mut control = Control::default();
    if scripted.iter().all(|(suffix, _)| suffix.is_empty()) {
        return control;
    }
    warn_of_unknown(scripted, warnings);
    for suffix in SUFFIXES {
        let value = first(scripted, suffix, warnings).filter(|value| !value.is_empty());
        if let Some(value) = value
            && let Err(problem) = set(&mut control, suffix, &value)
        {
            warnings.add(format_args!("X-Lk-Mock{suffix}: {problem}"));
        }
    }
    control
}

fn warn_of_unknown(scripted: &[Scripted<'_>], warnings: &mut Warnings) {
    for (suffix, _) in scripted {
        if !suffix.is_empty() && !SUFFIXES.contains(suffix) {
            let hint = suggestion(suffix, SUFFIXES);
            warnings.add(format_args!("unknown header X-Lk-Mock{suffix}{hint}"));
        }
    }
}

fn set(control: &mut Control, suffix: &str, value: &str) -> Result<(), String> {
    match suffix {
        "-fail-regions" => {
            let (regions, skipped) = integers(value);
            control.fail_regions = Some(regions);
            return skipped;
        }
        "-fail-mode" => return set_fail_mode(control, value),
        "-fail-status" => {
            let status = integer(value).map_err(|problem| format!("{problem}; ignored"))?;
            control.fail_status = Some(status);
            return checked_status(status, "503 is used");
        }
        "-fail-twirp-code" => control.fail_twirp_code = Some(value.to_owned()),
        "-delay-ms" => {
            let delay = value.parse().ok().map(Duration::from_millis);
            control.fail_delay = Some(delay.unwrap_or(DEFAULT_FAIL_DELAY));
            if delay.is_none() {
                return Err(format!(
                    "must be a number of milliseconds, not \"{value}\"; 30000 is used"
                ));
            }
        }
        "-regions-status" => {
            let status = integer(value).map_err(|problem| format!("{problem}; ignored"))?;
            control.regions_status = Some(status);
            return checked_status(status, "the list is answered");
        }
        "-response" => {
            let parsed = serde_json::from_str(value);
            control.response =
                Some(parsed.map_err(|error| format!("ignored, it is no JSON: {error}"))?);
        }
        "-skip-auth" => {
            let skip = value.eq_ignore_ascii_case("true");
            control.skip_auth = Some(skip);
            if !skip && !value.eq_ignore_ascii_case("false") {
                return Err(format!("must be true, not \"{value}\"; ignored"));
            }
        }
        other => return Err(format!("{other} is listed but not read")),
    }
    Ok(())
}

/// A comma list of region indices; parts that are none are skipped and named.
fn integers(value: &str) -> (Vec<i64>, Result<(), String>) {
    let mut regions = Vec::new();
    let mut skipped = Vec::new();
    for part in value.split(',').map(str::trim) {
        match part.parse() {
            Ok(region) => regions.push(region),
            Err(_) => skipped.push(format!("\"{part}\"")),
        }
    }
    if skipped.is_empty() {
        return (regions, Ok(()));
    }
    let skipped = skipped.join(", ");
    (regions, Err(format!("must be a comma list of region indices; skipped {skipped}")))
}

fn integer(value: &str) -> Result<i64, String> {
    value.parse().map_err(|_| format!("must be an integer, not \"{value}\""))
}
