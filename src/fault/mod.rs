//! How a call goes wrong: an ordered list of faults, each a pure function of what was asked.

mod case;
mod chance;
mod delay;
pub(crate) mod discovery;
mod failure;
mod mode;
mod pin;
mod region;
mod sip;
mod transfer;

use std::time::Duration;

use crate::outcome::{End, Outcome, Reply};
use case::{Bend, Effect};

pub(crate) use case::Case;
pub(crate) use chance::Chance;

type Fault = fn(&Case<'_>) -> Effect;

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
        let Effect { wait: more, end, bend, fails } = fault(case);
        wait = wait.saturating_add(more);
        if end.is_some() || bend.is_some() {
            let outcome = match end {
                Some(end) => Outcome::failed(Bend::applied(bend, end)),
                None => Outcome::answered(Bend::applied(bend, answer())),
            };
            return Outcome { wait, fails, ..outcome };
        }
    }
    Outcome { wait, ..Outcome::answered(answer()) }
}
