//! A failing region (`docs/BEHAVIOUR.md`, Failing).

use http::StatusCode;

use super::{
    case::{Case, Effect},
    failure, mode,
};
use crate::{
    control::FailMode,
    outcome::{Content, RegionHeader, Reply},
};

pub(super) fn fault(case: &Case<'_>) -> Effect {
    fail(case, || {
        let reply = failure::body(case.control).map(|reply| reply.in_region(RegionHeader::Empty));
        reply.unwrap_or_else(|| failure::twirp(case.control))
    })
}

/// The signalling has no Twirp errors: it says the same as text. It has no body either that could be
/// cut or drip.
pub(super) fn signal_fault(case: &Case<'_>) -> Effect {
    match case.control.fail_mode {
        Some(FailMode::Truncate | FailMode::Drip) => Effect::pass(),
        _ => fail(case, || failure::body(case.control).unwrap_or_else(|| text(case))),
    }
}

fn fail(case: &Case<'_>, reply: impl FnOnce() -> Reply) -> Effect {
    if !case.is_failing() {
        return Effect::pass();
    }
    let control = case.control;
    let failure = || failure::with_headers(control, reply()).fit_for_status();
    let effect = mode::effect(control.fail_mode, control, control.fail_status.is_some(), failure);
    Effect { fails: true, ..effect }
}

fn text(case: &Case<'_>) -> Reply {
    let status: StatusCode = case.control.failure_status();
    Reply::new(status, Content::Text, failure::message(case.control, status))
}
