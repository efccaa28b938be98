//! A failing region (`docs/BEHAVIOUR.md`, Failing).

use std::time::Duration;

use http::StatusCode;

use super::case::{Case, Effect};
use crate::{
    control::{Control, FailMode},
    outcome::{Break, Content, Reply},
    protocol::twirp,
};

pub(super) fn fault(case: &Case<'_>) -> Effect {
    fail(case, |status| twirp_error(case.control, status))
}

/// The signalling has no Twirp errors: it says the same as text.
pub(super) fn signal_fault(case: &Case<'_>) -> Effect {
    fail(case, |status| Reply::new(status, Content::Text, message(status)))
}

/// The failure that a control describes; `reply` words it for the protocol that it is told in.
fn fail(case: &Case<'_>, reply: impl FnOnce(StatusCode) -> Reply) -> Effect {
    let control = case.control;
    if !control.fails(case.region.index) {
        return Effect::pass();
    }
    let wait = match control.fail_mode.unwrap_or_default() {
        FailMode::Status => Duration::ZERO,
        FailMode::Delay => control.fail_delay(),
        FailMode::Drop => return Effect::broken(Break::Drop),
        FailMode::Reset => return Effect::broken(Break::Reset),
    };
    Effect { wait, ..Effect::end(reply(control.failure_status()).fit_for_status()) }
}

fn twirp_error(control: &Control, status: StatusCode) -> Reply {
    let given = control.fail_twirp_code.as_deref().filter(|code| !code.is_empty());
    let code = given.unwrap_or_else(|| code(status));
    twirp::error(status, code, &message(status))
}

fn message(status: StatusCode) -> String {
    format!("mock failure (status {})", status.as_u16())
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
