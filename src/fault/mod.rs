//! How a call goes wrong: an ordered list of faults, each a pure function of what was asked.

mod delay;
mod pin;
mod region;
mod sip;
mod transfer;

use std::time::Duration;

use crate::{
    control::Control,
    outcome::{End, Outcome, Reply},
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
pub(crate) struct Step {
    pub(crate) wait: Duration,
    pub(crate) end: Option<End>,
}

type Fault = fn(&Case<'_>) -> Step;

/// An API call's, in the order of `docs/BEHAVIOUR.md`, An API call, step by step.
const API_FAULTS: [Fault; 5] = [
    pin::fault,      // First and at once: a region that is not allowed does no work.
    delay::fault,    // Then the wait, before success and failure alike.
    transfer::fault, // A failed transfer says more than a SIP status, which it may hold.
    sip::fault,      // A dial that fails has been dialled, so this region was up:
    region::fault,   // which is why a failing region comes last.
];

/// A signalling connection's, in the same order; they say the same in plain text.
const SIGNAL_FAULTS: [Fault; 3] = [pin::signal_fault, delay::fault, region::signal_fault];

/// Runs the faults of an API call until one ends it; `answer` is for a call that none ended.
pub(crate) fn apply(case: &Case<'_>, answer: impl FnOnce() -> Reply) -> Outcome {
    run(&API_FAULTS, case, || End::Reply(answer()))
}

/// Runs the faults of an upgrade or of its validation.
pub(crate) fn apply_to_signal(case: &Case<'_>, answer: impl FnOnce() -> End) -> Outcome {
    run(&SIGNAL_FAULTS, case, answer)
}

fn run(faults: &[Fault], case: &Case<'_>, answer: impl FnOnce() -> End) -> Outcome {
    let mut wait = Duration::ZERO;
    for fault in faults {
        let step = fault(case);
        wait = wait.saturating_add(step.wait);
        if let Some(end) = step.end {
            return Outcome { wait, ..end.into() };
        }
    }
    Outcome { wait, ..answer().into() }
}

// === impl Step ===

impl Step {
    fn pass() -> Self {
        Self::default()
    }

    fn wait(wait: Duration) -> Self {
        Self { wait, end: None }
    }

    fn end(reply: Reply) -> Self {
        Self { wait: Duration::ZERO, end: Some(End::Reply(reply)) }
    }
}
