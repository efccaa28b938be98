//! The control of a request, from all that it may come in.

use http::HeaderMap;

use super::{fields::Control, header, key, legacy};
use crate::warning::Warnings;

/// Reads it: the header's fields win over the API key's, those over the seed-era headers', and all over
/// the server's own.
pub(crate) fn read(
    own: Option<&Control>,
    headers: &HeaderMap,
    key: Option<&str>,
    warnings: &mut Warnings,
) -> Control {
    let scripted = header::scripted(headers);
    let mut control = legacy::read(&scripted, warnings);
    if let Some(own) = own {
        control = own.clone().overlaid_by(control);
    }
    if let Some(from_key) = key.and_then(|key| key::read(key, warnings)) {
        control = control.overlaid_by(from_key);
    }
    if let Some(from_header) = header::read(&scripted, warnings) {
        control = control.overlaid_by(from_header);
    }
    control.warn_of_idle_fields(warnings);
    control
}
