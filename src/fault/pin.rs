//! A region that the call is not pinned to does not take it.

use http::StatusCode;

use super::case::{Case, Effect};
use crate::outcome::{RegionHeader, Reply};

const NOT_ALLOWED: &str = "project not allowed in this region.";

pub(super) fn fault(case: &Case<'_>) -> Effect {
    let status = StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS;
    refuse(case, || Reply::text(status, NOT_ALLOWED).in_region(RegionHeader::Empty))
}

/// The signalling says it with another status than the API.
pub(super) fn signal_fault(case: &Case<'_>) -> Effect {
    refuse(case, || Reply::text(StatusCode::FORBIDDEN, NOT_ALLOWED))
}

fn refuse(case: &Case<'_>, reply: impl FnOnce() -> Reply) -> Effect {
    if case.control.allows(&case.region.name) { Effect::pass() } else { Effect::end(reply()) }
}
