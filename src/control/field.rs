//! What is known of a field of the control; `C` is the control.

use super::{names::FAIL_DELAY_HEADER, value::Problem};
use crate::go_json::Raw;

/// A field as it was declared.
pub(super) struct Field<C> {
    /// Its name in JSON; one field travels as a header alone.
    pub(super) json: Option<Json<C>>,
    /// The seed-era header that says the same.
    pub(super) header: Option<Header<C>>,
    /// What `null` does, where it is not passed over.
    pub(super) null: Option<Null>,
    /// What counts in place of a value that is out of range.
    pub(super) otherwise: &'static str,
    /// The fields without any of which it has no effect; none where it stands alone.
    pub(super) needs: &'static [&'static str],
    /// Where it counts.
    pub(super) counts_for: &'static [Part],
    pub(super) clear: fn(&mut C),
    /// Its type in JSON.
    pub(super) kind: &'static str,
    /// All its values, where they are few.
    pub(super) values: &'static [&'static str],
    /// What it does, in a sentence or two.
    pub(super) about: &'static str,
}

pub(super) struct Json<C> {
    pub(super) name: &'static str,
    pub(super) read: fn(&mut C, Raw<'_>, &str) -> Result<(), Problem>,
}

pub(super) struct Header<C> {
    /// What follows `X-Lk-Mock` in its name.
    pub(super) suffix: &'static str,
    pub(super) read: fn(&mut C, &str, &str) -> Result<(), Problem>,
}

/// What a `null` in JSON does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Null {
    /// It takes a value away that came before it, as in Go where there is a place for no value.
    Clears,
    /// It is a value as any other.
    Counts,
}

/// A part of the server that controls speak to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// API calls.
    Calls,
    /// `/settings/regions`.
    Discovery,
    /// `/rtc` and the paths beside it.
    Signalling,
}

/// Fields of a control: a bit for each, in the order of their declaration.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Given(pub(super) u64);

impl<C> Field<C> {
    pub(super) fn name(&self) -> Option<&'static str> {
        Some(self.json.as_ref()?.name)
    }

    /// Its name in JSON, or that of its header: one of them has none in JSON.
    pub(super) fn shown_name(&self) -> &'static str {
        self.name().unwrap_or(FAIL_DELAY_HEADER)
    }
}
