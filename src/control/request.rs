//! The control of a request, from all that it may come in.

use std::ops::Deref;

use http::HeaderMap;

use super::{fields::Control, header, key, legacy, names::KEY_PREFIX};
use crate::warning::Warnings;

/// What counts for a request: what it asks for, over what the server starts from.
#[derive(Debug)]
pub(crate) enum RequestControl<'a> {
    /// It asks for nothing.
    Server(&'a Control),
    Given(Box<Control>),
}

impl Deref for RequestControl<'_> {
    type Target = Control;

    fn deref(&self) -> &Control {
        match self {
            Self::Server(control) => control,
            Self::Given(control) => control,
        }
    }
}

/// Reads it: the header's fields win over the API key's, those over the seed-era headers', and all over
/// the server's own.
pub(crate) fn read<'a>(
    server: &'a Control,
    headers: &HeaderMap,
    key: Option<&str>,
    warnings: &mut Warnings,
) -> RequestControl<'a> {
    let scripted = header::scripted(headers);
    let key = key.filter(|key| key.starts_with(KEY_PREFIX));
    if scripted.is_empty() && key.is_none() {
        // So it is with nearly every request.
        return RequestControl::Server(server);
    }
    let mut given = legacy::read(&scripted, warnings);
    lay_over(&mut given, key.and_then(|key| key::read(key, warnings)));
    lay_over(&mut given, header::read(&scripted, warnings));
    counted(server, given, warnings)
}

/// Lays one control over another, if there are both.
pub(crate) fn lay_over(below: &mut Option<Box<Control>>, over: Option<Box<Control>>) {
    match (&mut *below, over) {
        (Some(below), Some(over)) => below.lay_over(*over),
        (None, over) => *below = over,
        (Some(_), None) => {}
    }
}

/// The control over what the server starts from.
pub(crate) fn counted<'a>(
    server: &'a Control,
    given: Option<Box<Control>>,
    warnings: &mut Warnings,
) -> RequestControl<'a> {
    let Some(mut given) = given else { return RequestControl::Server(server) };
    if !server.is_empty() {
        let over = std::mem::replace(&mut *given, server.clone());
        given.make_room_for_play(&over);
        given.lay_over(over);
    }
    given.warn_of_idle_fields(warnings);
    RequestControl::Given(given)
}
