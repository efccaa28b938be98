//! What a failure says: a Twirp error, or a body of the test's own.

use std::collections::BTreeMap;

use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};

use crate::{
    control::Control,
    outcome::{Content, Reply},
    protocol,
};

/// The Twirp error.
pub(super) fn twirp(control: &Control) -> Reply {
    let status = control.failure_status();
    let given = control.fail_twirp_code.as_deref().filter(|code| !code.is_empty());
    let code = given.unwrap_or_else(|| code(status));
    let meta: Option<&BTreeMap<String, String>> = control.fail_meta.as_ref();
    protocol::twirp::error_with(status, code, &message(control, status), meta)
}

/// The body that the control has in place of an error, such as a proxy's HTML.
pub(super) fn body(control: &Control) -> Option<Reply> {
    let body = control.fail_body.clone()?;
    let html = body.trim_start().starts_with('<');
    let content = match &control.fail_content_type {
        Some(given) => given.0.clone(),
        None if html => HeaderValue::from_static("text/html; charset=utf-8"),
        None => HeaderValue::from_static("text/plain; charset=utf-8"),
    };
    let reply = Reply::new(control.failure_status(), Content::None, body);
    Some(reply.with_header(CONTENT_TYPE, content))
}

/// The failure with the headers that the control has for it.
pub(super) fn with_headers(control: &Control, mut reply: Reply) -> Reply {
    if let Some(headers) = &control.fail_headers {
        reply.extra.extend(headers.0.iter().cloned());
    }
    reply
}

pub(super) fn message(control: &Control, status: StatusCode) -> String {
    let own = || format!("mock failure (status {})", status.as_u16());
    control.fail_message.clone().unwrap_or_else(own)
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
