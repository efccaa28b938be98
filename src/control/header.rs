//! The headers of a request that hold a control, `X-Lk-Mock` among them.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue};

use super::{fields::Control, json, names::HEADER};
use crate::{go_json::valid_utf8, warning::Warnings};

/// A control header: what follows `x-lk-mock` in its name, and its value.
pub(super) type Scripted<'a> = (&'a str, &'a HeaderValue);

/// The control headers of a request in one pass, in their order.
pub(super) fn scripted(headers: &HeaderMap) -> Vec<Scripted<'_>> {
    headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().strip_prefix(HEADER)?, value)))
        .collect()
}

/// The first header of this name; a further one gets a warning.
pub(super) fn first<'a>(
    scripted: &[Scripted<'a>],
    suffix: &str,
    warnings: &mut Warnings,
) -> Option<Cow<'a, str>> {
    let mut values = scripted.iter().filter(|(name, _)| *name == suffix).map(|(_, value)| *value);
    let first = values.next()?;
    if values.next().is_some() {
        warnings.add(format_args!("X-Lk-Mock{suffix}: given twice, the first one counts"));
    }
    Some(match valid_utf8(first.as_bytes()) {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    })
}

/// The control of `X-Lk-Mock`.
pub(super) fn read(scripted: &[Scripted<'_>], warnings: &mut Warnings) -> Option<Box<Control>> {
    let text = first(scripted, "", warnings).filter(|text| !text.is_empty())?;
    json::read(&text, "X-Lk-Mock", warnings)
}
