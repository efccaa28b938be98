//! Which part of the server a path leads to
//! (`docs/BEHAVIOUR.md`, Paths). The HTTP method never counts.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::{schema::Schema, warning::suggestion};

/// A path, told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    /// An API call; what follows `<twirp-prefix>/`, known or not.
    Api(&'a str),
    Regions,
    Signal {
        v1: bool,
    },
    Validate {
        v1: bool,
    },
    Health,
    /// What lies under `/_mock/`; the rest of the path.
    Inspector(&'a str),
    NotFound,
}

const PATHS: [(&str, Route<'static>); 8] = [
    ("/settings/regions", Route::Regions),
    ("/rtc", Route::Signal { v1: false }),
    ("/rtc/v1", Route::Signal { v1: true }),
    ("/rtc/validate", Route::Validate { v1: false }),
    ("/rtc/v1/validate", Route::Validate { v1: true }),
    ("/_test/health", Route::Health),
    ("/_mock", Route::Inspector("")),
    ("/", Route::Health),
];

/// What the paths of the mock's own begin with.
const INSPECTOR: &str = "/_mock/";

impl Route<'_> {
    /// Whether it is `/rtc/v1`, or its validation.
    pub(crate) fn is_v1(self) -> bool {
        matches!(self, Self::Signal { v1: true } | Self::Validate { v1: true })
    }
}

/// `path` is [`cleaned`]; `prefix` starts with a slash and ends without one, or is empty.
pub(crate) fn route<'a>(path: &'a str, prefix: &str) -> Route<'a> {
    if let Some((_, route)) = PATHS.iter().find(|(known, _)| *known == path) {
        return *route;
    }
    if let Some(rest) = path.strip_prefix(INSPECTOR) {
        return Route::Inspector(rest);
    }
    match path.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')) {
        Some(call) => Route::Api(call),
        None => Route::NotFound,
    }
}

/// A path with its escapes undone, runs of slashes made one, and dot segments resolved, as a client
/// whose URL ends in a slash means it; or the invalid escape in it.
pub(crate) fn cleaned(path: &str) -> Result<Cow<'_, str>, String> {
    if !path.contains('%') && !path.contains("//") && !path.contains("/.") {
        return Ok(Cow::Borrowed(path));
    }
    if let Some(broken) = path.split('%').skip(1).find(|rest| !is_escape(rest)) {
        return Err(format!("%{}", broken.chars().take(2).collect::<String>()));
    }
    Ok(Cow::Owned(resolved(&percent_decode_str(path).decode_utf8_lossy())))
}

fn is_escape(rest: &str) -> bool {
    rest.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

fn resolved(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            name => kept.push(name),
        }
    }
    let directory = path.ends_with(['/']) || path.ends_with("/.") || path.ends_with("/..");
    let end = if directory && !kept.is_empty() { "/" } else { "" };
    format!("/{}{end}", kept.join("/"))
}

/// What is said of a path that leads nowhere: which one may be meant.
pub(crate) fn not_found(path: &str, prefix: &str, schema: &Schema) -> String {
    let call = path.trim_matches('/').rsplit('/').nth(1);
    if let Some(service) = call.filter(|call| schema.calls().any(|(service, _)| service == *call)) {
        return format!("no such path: a call of {service} begins with {prefix}/");
    }
    if path == prefix {
        return format!("no such path: a call is {prefix}/SERVICE/METHOD");
    }
    let hint = suggestion(path, PATHS.iter().map(|(known, _)| *known));
    format!("no such path: \"{path}\"{hint}")
}

#[cfg(test)]
mod tests {
    use super::{Route::*, *};
    use crate::reference::Reference;

    #[test]
    fn tells_every_path_apart() {
        for (path, expected) in [
            ("/twirp/livekit.SIP/X", Api("livekit.SIP/X")),
            ("/twirp/", Api("")),
            ("/twirp/x", Api("x")),
            ("/twirp", NotFound),
            ("/twirpx/y", NotFound),
            ("/settings/regions", Regions),
            ("/settings/regions/", NotFound),
            ("/rtc", Signal { v1: false }),
            ("/rtc/v1", Signal { v1: true }),
            ("/rtc/v2", NotFound),
            ("/rtc/validate", Validate { v1: false }),
            ("/rtc/v1/validate", Validate { v1: true }),
            ("/rtc/v1/nope", NotFound),
            ("/", Health),
            ("/_test/health", Health),
            ("/_mock/", Inspector("")),
            ("/_mock/calls", Inspector("calls")),
            ("/_mock", Inspector("")),
            ("*", NotFound),
        ] {
            assert_eq!(route(path, "/twirp"), expected, "{path}");
        }
    }

    #[test]
    fn an_empty_prefix_makes_every_other_path_a_call() {
        assert_eq!(route("/livekit.SIP/X", ""), Api("livekit.SIP/X"));
        assert_eq!(route("/settings/regions", ""), Regions);
    }

    #[test]
    fn cleans_as_clients_mean_it() {
        for (path, expected) in [
            ("/twirp/livekit.SIP/X", Ok("/twirp/livekit.SIP/X")),
            ("//rtc", Ok("/rtc")),
            ("///", Ok("/")),
            ("/a/./b/../c", Ok("/a/c")),
            ("/../rtc", Ok("/rtc")),
            ("/a/..", Ok("/")),
            ("/a/.", Ok("/a/")),
            ("/a//", Ok("/a/")),
            ("/%74wirp%2Fx", Ok("/twirp/x")),
            ("/%2e%2E/rtc", Ok("/rtc")),
            ("/%ff", Ok("/\u{fffd}")),
            ("/a+b", Ok("/a+b")),
            ("/%zz", Err("%zz")),
            ("/%2", Err("%2")),
            ("/%", Err("%")),
            ("/%é", Err("%é")),
        ] {
            let cleaned = cleaned(path);
            assert_eq!(cleaned.as_deref().map_err(String::as_str), expected, "{path}");
        }
    }

    #[test]
    fn a_lost_path_is_told_what_may_be_meant() {
        for (path, expected) in [
            ("/favicon.ico", "no such path: \"/favicon.ico\""),
            (
                "/setting/regions",
                "no such path: \"/setting/regions\", did you mean \"/settings/regions\"?",
            ),
            ("/rtc/v2", "no such path: \"/rtc/v2\", did you mean \"/rtc/v1\"?"),
            ("/twirp", "no such path: a call is /twirp/SERVICE/METHOD"),
            ("/livekit.SIP/X", "no such path: a call of livekit.SIP begins with /twirp/"),
            ("/api/livekit.SIP/X", "no such path: a call of livekit.SIP begins with /twirp/"),
        ] {
            assert_eq!(not_found(path, "/twirp", &Schema::of(Reference::Latest)), expected);
        }
    }
}
