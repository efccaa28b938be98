//! A failing region (contract, section 7).

use std::time::Duration;

use http::StatusCode;

use super::{Case, Step};
use crate::{
    api::twirp,
    control::{Control, FailMode},
    outcome::{End, Reply},
};

pub(super) fn fault(case: &Case<'_>) -> Step {
    if case.control.fails(case.region.index) {
        fail(case.control, |status| reply(case.control, status))
    } else {
        Step::pass()
    }
}

/// The failure that a control describes; `reply` words it for the protocol that it is told in.
pub(crate) fn fail(control: &Control, reply: impl FnOnce(StatusCode) -> Reply) -> Step {
    let wait = match control.fail_mode.unwrap_or_default() {
        FailMode::Status => Duration::ZERO,
        FailMode::Delay => control.fail_delay(),
        FailMode::Drop => {
            return Step { wait: Duration::ZERO, end: Some(End::Drop) };
        }
    };
    Step { wait, ..Step::end(reply(control.failure_status()).settled()) }
}

fn reply(control: &Control, status: StatusCode) -> Reply {
    let given = control.fail_twirp_code.as_deref().filter(|code| !code.is_empty());
    let code = given.unwrap_or_else(|| code(status));
    twirp::error(status, code, &format!("mock failure (status {})", status.as_u16()))
}

/// The Twirp code that goes with a status, unless the control names one.
fn code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "invalid_argument",
        401 => "unauthenticated",
        403 => "permission_denied",
        404 => "not_found",
        429 => "resource_exhausted",
        500.. => "unavailable",
        _ => "internal",
    }
}
