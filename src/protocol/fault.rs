//! Where a text or bytes could be read no further, and what was passed over.

use std::fmt;

use crate::warning::MAX_WARNINGS;

/// Why a text or bytes can be read no further, in the terms of who wrote them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The field, as `agents[1].agentName`; empty where the fault is in no field.
    path: String,
    /// What is wrong; goes on behind the field's name.
    problem: String,
}

/// What was passed over, though nothing is wrong with it: the sender's schema may be newer.
#[derive(Debug, Default)]
pub(crate) struct Unknown(Vec<Stranger>);

#[derive(Debug)]
struct Stranger {
    path: String,
    kind: Strange,
}

/// What is not known of a field.
#[derive(Debug)]
pub(crate) enum Strange {
    /// The field itself; perhaps a known one is meant.
    Name(String),
    /// The name of an enum's value, in a sentence.
    EnumValue(String),
    /// Its wire type is another than the schema's.
    WireType,
}

// === impl Fault ===

impl Fault {
    pub(crate) fn new(problem: impl Into<String>) -> Self {
        Self { path: String::new(), problem: problem.into() }
    }

    /// The same fault, told from one level further up.
    pub(super) fn within(mut self, segment: &str) -> Self {
        self.path = joined(segment, &self.path);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => formatter.write_str(&self.problem),
            path => write!(formatter, "\"{path}\": {}", self.problem),
        }
    }
}

// === impl Unknown ===

impl Unknown {
    /// Remembers a stranger, as long as there is a use for it.
    pub(super) fn add(&mut self, path: &str, kind: impl FnOnce() -> Strange) {
        if self.0.len() < MAX_WARNINGS {
            self.0.push(Stranger { path: path.to_owned(), kind: kind() });
        }
    }

    /// How many there are so far.
    pub(super) fn mark(&self) -> usize {
        self.0.len()
    }

    /// Says of those since the mark that they lie in this field.
    pub(super) fn within(&mut self, mark: usize, segment: &str) {
        for stranger in &mut self.0[mark..] {
            stranger.path = joined(segment, &stranger.path);
        }
    }

    /// A sentence for each; `message` is what lacks them.
    pub(crate) fn sentences(&self, message: &str) -> impl Iterator<Item = String> {
        self.0.iter().map(move |Stranger { path, kind }| match kind {
            Strange::Name(hint) => format!("{message} has no field \"{path}\"{hint}"),
            Strange::EnumValue(sentence) => format!("\"{path}\" {sentence}"),
            Strange::WireType => {
                format!("\"{path}\" has another wire type than in {message} and is passed over")
            }
        })
    }
}

/// `agents`, `[1]` and `agentName` become `agents[1].agentName`.
fn joined(segment: &str, path: &str) -> String {
    let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
    format!("{segment}{dot}{path}")
}
