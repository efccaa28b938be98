//! The control of a request, from all that it may come in.

use std::ops::Deref;

use http::HeaderMap;

use super::{
    fields::Control,
    header, key, legacy,
    names::KEY_PREFIX,
    origin::{Origins, Source},
};
use crate::warning::Warnings;

/// What counts for a request: what it asks for, over what the server starts from.
#[derive(Debug)]
pub(crate) enum RequestControl<'a> {
    /// It asks for nothing.
    Server(&'a Control),
    Given(Box<Control>, Origins),
}

/// Controls that came in several ways, one over the other.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    control: Option<Box<Control>>,
    origins: Origins,
}

impl Deref for RequestControl<'_> {
    type Target = Control;

    fn deref(&self) -> &Control {
        match self {
            Self::Server(control) => control,
            Self::Given(control, _) => control,
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
    let key = key.filter(|key| holds_control(key));
    if scripted.is_empty() && key.is_none() {
        // So it is with nearly every request.
        return RequestControl::Server(server);
    }
    let length = |own: bool| {
        let values = scripted.iter().filter(|(suffix, _)| suffix.is_empty() == own);
        values.map(|(_, value)| value.len()).sum()
    };
    let mut layers = Layers::default();
    layers.add(Source::Legacy, legacy::read(&scripted, warnings), length(false));
    let in_key = key.and_then(|key| key::read(key, warnings));
    layers.add(Source::Key, in_key, key.map_or(0, str::len));
    layers.add(Source::Header, header::read(&scripted, warnings), length(true));
    layers.over(server, warnings)
}

/// Whether an API key is a control.
pub(crate) fn holds_control(key: &str) -> bool {
    key.starts_with(KEY_PREFIX)
}

impl Layers {
    /// Lays a control over those before, if there is one; its text has so many bytes.
    pub(crate) fn add(&mut self, source: Source, over: Option<Box<Control>>, text_length: usize) {
        let Some(over) = over else { return };
        self.origins.add(source, over.given(), text_length);
        match &mut self.control {
            None => self.control = Some(over),
            Some(below) => below.lay_over(*over),
        }
    }

    /// What is played is not of two controls.
    pub(crate) fn make_room_for_play(&mut self, over: Option<&Control>) {
        if let (Some(below), Some(over)) = (&mut self.control, over) {
            below.make_room_for_play(over);
        }
    }

    /// All of them over what the server starts from.
    pub(crate) fn over<'a>(
        self,
        server: &'a Control,
        warnings: &mut Warnings,
    ) -> RequestControl<'a> {
        let Some(mut given) = self.control else { return RequestControl::Server(server) };
        if !server.is_empty() {
            let over = std::mem::replace(&mut *given, server.clone());
            given.make_room_for_play(&over);
            given.lay_over(over);
        }
        given.warn_of_idle_fields(warnings);
        RequestControl::Given(given, self.origins)
    }
}
