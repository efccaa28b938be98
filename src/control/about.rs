//! The fields of the control, told to whoever makes a form of them.

use serde::Serialize;

use super::{
    field::{Field, Part},
    fields::{Control, FIELDS},
};

/// A field that has a name in JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FieldAbout {
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    /// All its values, where they are few.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    values: &'static [&'static str],
    about: &'static str,
    counts_for: Vec<&'static str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    needs: &'static [&'static str],
}

pub(crate) fn about_fields() -> impl Iterator<Item = FieldAbout> {
    FIELDS.iter().filter_map(about)
}

fn about(field: &Field<Control>) -> Option<FieldAbout> {
    Some(FieldAbout {
        name: field.name()?,
        kind: field.kind,
        values: field.values,
        about: field.about.trim(),
        counts_for: field.counts_for.iter().map(|part| part.name()).collect(),
        needs: field.needs,
    })
}

impl Part {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Discovery => "discovery",
            Self::Signalling => "signalling",
        }
    }
}
