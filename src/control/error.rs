//! What a caller in Rust did wrong.

/// A value that no server could use, given to a method of [`Control`](crate::Control) or of one of
/// its parts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{method}: {problem}")]
pub struct ControlError {
    method: &'static str,
    problem: String,
}

impl ControlError {
    /// `problem` is a sentence without the method's name.
    pub(crate) fn new(method: &'static str, problem: impl Into<String>) -> Self {
        Self { method, problem: problem.into() }
    }
}
