//! A request's target: its path and its query, of any length.

use http::request::Parts;

/// The longest target that `http::Uri` holds, in bytes.
pub(crate) const MAX_URI: usize = 65_534;

/// How much of a path the log shows, in bytes.
const SHOWN: usize = 300;

/// A target that is longer than that, since it may hold a token with long metadata. It is kept in the
/// request's extensions.
#[derive(Debug, Clone)]
pub(crate) struct LongTarget {
    path: String,
    query: String,
}

/// The path as it was sent.
pub(crate) fn path(parts: &Parts) -> &str {
    long(parts).map_or_else(|| parts.uri.path(), |target| &target.path)
}

/// What follows the question mark; empty if there is none.
pub(crate) fn query(parts: &Parts) -> &str {
    let own = || parts.uri.query().unwrap_or_default();
    long(parts).map_or_else(own, |target| &target.query)
}

/// The beginning of the path, for the log. The query is never shown, since it may hold a token.
pub(crate) fn shown(parts: &Parts) -> &str {
    let path = path(parts);
    path.get(..SHOWN).unwrap_or(path)
}

fn long(parts: &Parts) -> Option<&LongTarget> {
    parts.extensions.get::<LongTarget>()
}

// === impl LongTarget ===

impl LongTarget {
    /// `None` if it holds characters that a target can't have.
    pub(crate) fn read(target: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(target).ok()?;
        let text = text.split('#').next()?;
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        // A client that uses a proxy sends the scheme and the host, too.
        let local = match text.split_once("://") {
            Some((scheme, rest)) if !scheme.contains(['/', '?']) => {
                rest.find(['/', '?']).map_or("/", |begin| &rest[begin..])
            }
            _ => text,
        };
        let (path, query) = local.split_once('?').unwrap_or((local, ""));
        let path = if path.is_empty() { "/" } else { path };
        (path.starts_with('/')).then(|| Self { path: path.to_owned(), query: query.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_split_into_path_and_query() {
        for (target, path, query) in [
            ("/rtc?a=b?c", "/rtc", "a=b?c"),
            ("/rtc", "/rtc", ""),
            ("http://x:1/rtc?u=http://y", "/rtc", "u=http://y"),
            ("http://x?q", "/", "q"),
            ("/rtc?u=http://y#part", "/rtc", "u=http://y"),
        ] {
            let read = LongTarget::read(target.as_bytes()).expect(target);
            assert_eq!((read.path.as_str(), read.query.as_str()), (path, query), "{target}");
        }
        for target in ["rtc", "/a b", "/\u{e9}", ""] {
            let read = LongTarget::read(target.as_bytes());
            assert!(read.is_none_or(|read| read.path == "/"), "{target}");
        }
    }
}
