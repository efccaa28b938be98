//! The wait before success or failure: the control's, else the call's own.

use super::{Case, Step};

pub(super) fn fault(case: &Case<'_>) -> Step {
    Step::wait(case.control.wait().unwrap_or(case.latency))
}
