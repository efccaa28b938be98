//! Whether a request is protobuf or JSON (`docs/BEHAVIOUR.md`, Bodies).

use http::{HeaderMap, header::CONTENT_TYPE};

/// The encoding of a request and of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Protobuf,
    Json,
}

impl Format {
    /// JSON if the content type contains `json` in lower case.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let json = headers
            .get(CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().windows(4).any(|window| window == b"json"));
        if json { Self::Json } else { Self::Protobuf }
    }
}
