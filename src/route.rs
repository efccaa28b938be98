//! Which part of the server a path leads to (contract, section 3). The HTTP method never counts.

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
    NotFound,
}

/// `prefix` starts with a slash and ends without one, or is empty.
pub(crate) fn route<'a>(path: &'a str, prefix: &str) -> Route<'a> {
    match path {
        "/settings/regions" => Route::Regions,
        "/rtc" => Route::Signal { v1: false },
        "/rtc/v1" => Route::Signal { v1: true },
        "/rtc/validate" => Route::Validate { v1: false },
        "/rtc/v1/validate" => Route::Validate { v1: true },
        "/" | "/_test/health" => Route::Health,
        _ => match path.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')) {
            Some(call) => Route::Api(call),
            None => Route::NotFound,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Route::*, route};

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
}
