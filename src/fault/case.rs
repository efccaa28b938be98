//! What a fault decides from, and what it does.

use std::time::Duration;

use crate::{
    control::Control,
    outcome::{Break, End, Reply},
    reference::Reference,
    region::Region,
};

/// What a fault decides from.
pub(crate) struct Case<'a> {
    pub(crate) control: &'a Control,
    pub(crate) region: &'a Region,
    pub(crate) reference: Reference,
    /// Whether the call dials a SIP callee.
    pub(crate) dials: bool,
    /// Whether it transfers a SIP call.
    pub(crate) transfers: bool,
    /// How long the call takes by itself.
    pub(crate) latency: Duration,
}

/// What a fault does with a call: it may slow it, and end it.
#[derive(Debug, Default)]
pub(super) struct Effect {
    pub(super) wait: Duration,
    pub(super) end: Option<End>,
}

// === impl Effect ===

impl Effect {
    pub(super) fn pass() -> Self {
        Self::default()
    }

    pub(super) fn wait(wait: Duration) -> Self {
        Self { wait, end: None }
    }

    pub(super) fn broken(how: Break) -> Self {
        Self { wait: Duration::ZERO, end: Some(End::Break(how)) }
    }

    pub(super) fn end(reply: Reply) -> Self {
        Self { wait: Duration::ZERO, end: Some(End::Reply(reply)) }
    }
}
