//! The wait before success or failure: the control's, else the call's own.

use std::time::Duration;

use super::case::{Case, Effect};

pub(super) fn fault(case: &Case<'_>) -> Effect {
    Effect::wait(case.control.wait().unwrap_or(case.latency).saturating_add(jitter(case)))
}

fn jitter(case: &Case<'_>) -> Duration {
    let most = case.control.jitter();
    let drawn = case.chance.filter(|_| most > 0).map(|chance| chance.up_to(most));
    Duration::from_millis(drawn.unwrap_or(0))
}
