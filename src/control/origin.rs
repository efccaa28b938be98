//! Where the fields of a control came from.

use super::{field::Given, fields::Control};

/// A way in which a control comes, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Server,
    Legacy,
    Key,
    Attribute,
    Header,
}

const NAMES: [&str; 5] = ["--control", "X-Lk-Mock-*", "API key", "lk.mock", "X-Lk-Mock"];

/// Which fields came in which way. What no other way gave is the server's own.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Origins {
    given: [Given; NAMES.len()],
    text_length: usize,
}

impl Origins {
    /// Fields that came in this way, in a text of so many bytes, in place of those before.
    pub(super) fn add(&mut self, source: Source, given: Given, text_length: usize) {
        for others in &mut self.given {
            others.0 &= !given.0;
        }
        self.given[source as usize].0 |= given.0;
        self.text_length += text_length;
    }

    /// How long the texts are from which the control was read.
    pub(crate) fn text_length(&self) -> usize {
        self.text_length
    }

    /// The fields of the control, each with where it came from.
    pub(crate) fn of(
        &self,
        control: &Control,
    ) -> impl Iterator<Item = (&'static str, &'static str)> {
        let given = self.given;
        control.given().fields().map(move |field| {
            let source = given.iter().position(|given| given.contains(field));
            (field.shown_name(), NAMES[source.unwrap_or(Source::Server as usize)])
        })
    }
}
