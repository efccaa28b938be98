//! A region that the call is not pinned to does not take it.

use http::StatusCode;

use super::{Case, Step};
use crate::outcome::{RegionHeader, Reply};

pub(crate) const NOT_ALLOWED: &str = "project not allowed in this region.";

pub(super) fn fault(case: &Case<'_>) -> Step {
    if case.control.allows(&case.region.name) {
        return Step::pass();
    }
    let status = StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS;
    Step::end(Reply::text(status, NOT_ALLOWED).in_region(RegionHeader::Empty))
}
