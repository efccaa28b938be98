//! The wait before success or failure: the control's, else the call's own.

use super::case::{Case, Effect};

pub(super) fn fault(case: &Case<'_>) -> Effect {
    Effect::wait(case.control.wait().unwrap_or(case.latency))
}
