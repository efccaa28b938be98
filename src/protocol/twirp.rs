//! Twirp errors: a status, and a JSON object with a code and a message.

use http::StatusCode;
use serde::Serialize;

use crate::outcome::{Content, RegionHeader, Reply};

#[derive(Serialize)]
struct Body<'a, M> {
    code: &'a str,
    msg: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<M>,
}

/// An error as the API answers it: as JSON, with an empty region header.
pub(crate) fn error(status: StatusCode, code: &str, msg: &str) -> Reply {
    error_with(status, code, msg, None::<()>)
}

/// An error with metadata, an object of strings.
pub(crate) fn error_with(
    status: StatusCode,
    code: &str,
    msg: &str,
    meta: Option<impl Serialize>,
) -> Reply {
    // Strings always serialize.
    let body = serde_json::to_string(&Body { code, msg, meta }).unwrap_or_default();
    Reply::new(status, Content::Json, html_safe(body)).in_region(RegionHeader::Empty)
}

/// The error for a request that has a mistake in it, from a strict server.
pub(crate) fn malformed(msg: &str) -> Reply {
    error(StatusCode::BAD_REQUEST, "malformed", msg)
}

/// Escapes what the reference escapes: `<`, `>`, `&` and two line separators. In JSON they only occur
/// in strings.
fn html_safe(json: String) -> String {
    const ESCAPES: [(char, &str); 5] = [
        ('<', "\\u003c"),
        ('>', "\\u003e"),
        ('&', "\\u0026"),
        ('\u{2028}', "\\u2028"),
        ('\u{2029}', "\\u2029"),
    ];
    // The line separators begin with the byte 0xe2.
    if !json.bytes().any(|byte| matches!(byte, b'<' | b'>' | b'&' | 0xe2)) {
        return json;
    }
    ESCAPES.iter().fold(json, |json, (character, escape)| json.replace(*character, escape))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_html_would_read() {
        let reply = error(StatusCode::OK, "a", "<b> & \u{2028}\u{e9}");
        assert_eq!(
            reply.body,
            "{\"code\":\"a\",\"msg\":\"\\u003cb\\u003e \\u0026 \\u2028\u{e9}\"}"
        );
    }
}
