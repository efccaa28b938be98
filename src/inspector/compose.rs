//! Says of a control what the server would make of it.

use serde::Serialize;
use serde_json::value::RawValue;

use super::signalling::Signalling;
use crate::{control, warning::Warnings};

#[derive(Serialize)]
struct Composed {
    control: Option<Box<RawValue>>,
    problems: Vec<String>,
    header: String,
    key: String,
    attribute: String,
}

/// Reads the control in a body, as a request's would be read.
pub(super) fn check(body: &[u8], signalling: &Signalling) -> String {
    let mut warnings = Warnings::default();
    let text = String::from_utf8_lossy(body);
    let control = control::read_json(&text, "control", &mut warnings).unwrap_or_default();
    control.warn_of_idle_fields(&mut warnings);
    (signalling.check)(&control, &mut warnings);
    let (_, value) = control.header();
    let json = control.json();
    let composed = Composed {
        problems: warnings.iter().map(str::to_owned).collect(),
        header: format!("X-Lk-Mock: {value}"),
        key: control.api_key(),
        attribute: json.clone(),
        control: RawValue::from_string(json).ok(),
    };
    // Strings and checked JSON always serialize.
    serde_json::to_string(&composed).unwrap_or_default()
}
