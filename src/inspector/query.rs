//! Which calls a query asks for.

use std::str::FromStr;

use crate::{
    journal::{CallKind, CallOutcome, Filter},
    warning::suggestion,
};

const NAMES: [&str; 9] =
    ["after", "call", "key", "region", "method", "kind", "outcome", "ended", "limit"];

/// # Errors
/// A parameter is unknown or has a value that it can't have.
pub(super) fn filter(query: &str) -> Result<Filter, String> {
    let mut filter = Filter::default();
    for (name, value) in
        form_urlencoded::parse(query.as_bytes()).filter(|(_, value)| !value.is_empty())
    {
        let text = value.clone().into_owned();
        match &*name {
            "after" => filter.after = Some(number(&name, &value)?),
            "region" => filter.region = Some(number(&name, &value)?),
            "limit" => filter.limit = Some(number(&name, &value)?),
            "call" => filter.call = Some(text),
            "key" => filter.key = Some(text),
            "method" => filter.method = Some(text),
            "kind" => filter.kind = Some(word(&name, &value, CallKind::named, CallKind::NAMES)?),
            "ended" => {
                let read = |text: &str| text.parse().ok();
                filter.ended = Some(word(&name, &value, read, &["true", "false"])?);
            }
            "outcome" => {
                filter.outcome = Some(word(&name, &value, CallOutcome::named, CallOutcome::NAMES)?);
            }
            _ => {
                let hint = suggestion(&name, NAMES);
                return Err(format!(
                    "there is no parameter \"{name}\"{hint}; there are {}",
                    NAMES.join(", ")
                ));
            }
        }
    }
    Ok(filter)
}

fn number<T: FromStr>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{name} must be a number such as 1, not \"{value}\""))
}

fn word<T>(
    name: &str,
    value: &str,
    read: impl Fn(&str) -> Option<T>,
    all: &[&str],
) -> Result<T, String> {
    let wrong = || format!("{name} must be one of {}, not \"{value}\"", all.join(", "));
    read(value).ok_or_else(wrong)
}
