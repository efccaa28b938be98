//! `failContentType`: what the body of a failure is.

use http::HeaderValue;
use serde::{Serialize, Serializer};

use super::{
    kind::{InJson, Kind},
    value::{Problem, put, string},
};
use crate::go_json::Raw;

/// The value of a `Content-Type`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContentType(pub(crate) HeaderValue);

impl Kind for ContentType {
    type Held = Self;
    const TYPE: &'static str = "string";
}

impl InJson for ContentType {
    fn read(place: &mut Option<Self>, value: Raw<'_>, _: &str) -> Result<(), Problem> {
        let text = string(value)?;
        put(place, Self::given(&text).map_err(|problem| format!("{problem}; ignored")))
    }
}

impl ContentType {
    pub(super) fn given(text: &str) -> Result<Self, Problem> {
        // A header's value may hold other bytes too, but then it is no text that can be written again.
        let value = HeaderValue::try_from(text).ok().filter(|_| text.is_ascii());
        value.map(Self).ok_or_else(|| "must be such as text/html, in plain ASCII".to_owned())
    }
}

impl Serialize for ContentType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.to_str().unwrap_or_default())
    }
}
