//! Why a message could not be decoded to its end.

use std::fmt;

/// Why a text or bytes could not be decoded any further, in the terms of the person who wrote them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DecodeError {
    /// The field, such as `agents[1].agentName`; empty if the error is not in a field.
    path: String,
    /// What is wrong; it follows the field's name in the sentence.
    problem: String,
}

impl DecodeError {
    pub(crate) fn new(problem: impl Into<String>) -> Self {
        Self { path: String::new(), problem: problem.into() }
    }

    /// The same error, as it is seen from the message that holds the field.
    pub(super) fn within(mut self, segment: &str) -> Self {
        self.path = joined(segment, &self.path);
        self
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => formatter.write_str(&self.problem),
            path => write!(formatter, "\"{path}\": {}", self.problem),
        }
    }
}

/// `agents`, `[1]` and `agentName` become `agents[1].agentName`.
pub(super) fn joined(segment: &str, path: &str) -> String {
    let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
    format!("{segment}{dot}{path}")
}
