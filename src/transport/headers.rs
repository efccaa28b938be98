//! The headers of an answer, independent of the version of HTTP.

use http::{HeaderName, StatusCode, header};

use crate::{
    outcome::{Readers, RegionHeader, Remarks, Reply},
    region::Region,
};

const REGION: HeaderName = HeaderName::from_static("x-lk-mock-region");
const WARNING: HeaderName = HeaderName::from_static("x-lk-mock-warning");
const ATTEMPT: HeaderName = HeaderName::from_static("x-lk-mock-attempt");
const EXPOSED: &[u8] = b"X-Lk-Mock-Region, X-Lk-Mock-Warning";
const EXPOSED_WITH_ATTEMPT: &[u8] = b"X-Lk-Mock-Region, X-Lk-Mock-Warning, X-Lk-Mock-Attempt";
const ANYONE: &[u8] = b"*";

/// Calls `put` for every header of an answer, except those of the connection itself.
pub(crate) fn each_header(
    reply: &Reply,
    region: &Region,
    remarks: &Remarks,
    mut put: impl FnMut(&HeaderName, &[u8]),
) {
    if let Some(content) = reply.content.header() {
        put(&header::CONTENT_TYPE, content.as_bytes());
    }
    match reply.region {
        RegionHeader::Absent => {}
        RegionHeader::Empty => put(&REGION, b""),
        RegionHeader::Index => put(&REGION, region.header.as_bytes()),
    }
    if reply.readers == Readers::Anyone {
        put(&header::ACCESS_CONTROL_ALLOW_ORIGIN, ANYONE);
        let attempt = remarks.attempt.is_some();
        let exposed = if attempt { EXPOSED_WITH_ATTEMPT } else { EXPOSED };
        put(&header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
    if let Some(attempt) = remarks.attempt {
        put(&ATTEMPT, attempt.to_string().as_bytes());
    }
    for (name, value) in &reply.extra {
        put(name, value.as_bytes());
    }
    for warning in remarks.warnings.iter() {
        // Warnings consist of printable ASCII.
        put(&WARNING, warning.as_bytes());
    }
}

/// Whether an answer with this status may have a body, and so a length.
pub(crate) fn allows_length(status: StatusCode) -> bool {
    !status.is_informational()
        && !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}
