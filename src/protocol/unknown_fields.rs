//! What was skipped while a message was decoded. It is not an error: the sender's schema may be newer.

use super::decode_error::joined;
use crate::warning::MAX_WARNINGS;

/// The fields that were skipped, or as many of them as there can be warnings.
#[derive(Debug, Default)]
pub(crate) struct UnknownFields(Vec<UnknownField>);

#[derive(Debug)]
struct UnknownField {
    /// Such as `agents[1].agentName`.
    path: String,
    mismatch: Mismatch,
}

/// What the schema does not know about a field.
#[derive(Debug)]
pub(crate) enum Mismatch {
    /// The field itself; the text suggests the one that may be meant.
    Field(String),
    /// The name of an enum's value, in a sentence.
    EnumValue(String),
    /// Its wire type, which is not the schema's.
    WireType,
}

impl UnknownFields {
    /// Adds a field, unless there are enough already.
    pub(super) fn add(&mut self, path: &str, mismatch: impl FnOnce() -> Mismatch) {
        if self.0.len() < MAX_WARNINGS {
            self.0.push(UnknownField { path: path.to_owned(), mismatch: mismatch() });
        }
    }

    /// How many there are so far.
    pub(super) fn mark(&self) -> usize {
        self.0.len()
    }

    /// Puts this field in front of the paths of those that were added since the mark.
    pub(super) fn within(&mut self, mark: usize, segment: &str) {
        for field in &mut self.0[mark..] {
            field.path = joined(segment, &field.path);
        }
    }

    /// A sentence about each; `message` is the name of the message that was decoded.
    pub(crate) fn sentences(&self, message: &str) -> impl Iterator<Item = String> {
        self.0.iter().map(move |UnknownField { path, mismatch }| match mismatch {
            Mismatch::Field(hint) => format!("{message} has no field \"{path}\"{hint}"),
            Mismatch::EnumValue(sentence) => format!("\"{path}\" {sentence}"),
            Mismatch::WireType => {
                format!("\"{path}\" has another wire type than in {message} and is skipped")
            }
        })
    }
}
