//! Objects of strings: what an error says beside its code, and the headers of a failure.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue};
use serde::{Serialize, Serializer};

use super::{
    kind::{InJson, Kind},
    value::{Problem, put, string, wrong_type},
};
use crate::go_json::Raw;

/// The most headers of one failure.
const MAX_HEADERS: usize = 32;
/// Headers that the server sends itself, since they frame a message or say who may read it.
const OWN: [&str; 10] = [
    "access-control-allow-origin",
    "access-control-expose-headers",
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Any strings by any names; the last of a repeated name counts.
pub(crate) enum Strings {}

/// Headers by their names.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Headers(pub(crate) Vec<(HeaderName, HeaderValue)>);

impl Kind for Strings {
    type Held = BTreeMap<String, String>;
    const TYPE: &'static str = "object of strings";
}

impl InJson for Strings {
    fn read(place: &mut Option<Self::Held>, value: Raw<'_>, _: &str) -> Result<(), Problem> {
        put(place, strings(value).map(|members| members.into_iter().collect()))
    }
}

impl Kind for Headers {
    type Held = Self;
    const TYPE: &'static str = "object of strings";
}

impl InJson for Headers {
    fn read(place: &mut Option<Self>, value: Raw<'_>, _: &str) -> Result<(), Problem> {
        let (headers, left_out) = Self::of(strings(value)?);
        *place = Some(headers);
        match left_out.as_slice() {
            [] => Ok(()),
            reasons => Err(reasons.join("; ")),
        }
    }
}

impl Headers {
    /// A caller's headers, all of which must be such as can be sent.
    pub(super) fn given(members: Vec<(String, String)>) -> Result<Self, Problem> {
        match Self::of(members) {
            (headers, left_out) if left_out.is_empty() => Ok(headers),
            (_, left_out) => Err(left_out.join("; ")),
        }
    }

    /// The headers that can be sent, and why the others can't.
    fn of(members: Vec<(String, String)>) -> (Self, Vec<Problem>) {
        let (mut headers, mut left_out) = (Self::default(), Vec::new());
        for (name, value) in members {
            match header(&name, &value) {
                Ok(_) if headers.0.len() == MAX_HEADERS => {
                    left_out
                        .push(format!("leaves out {name}, which is beyond {MAX_HEADERS} headers"));
                }
                Ok(header) => {
                    // The last of a repeated name counts.
                    headers.0.retain(|(name, _)| *name != header.0);
                    headers.0.push(header);
                }
                Err(problem) => left_out.push(problem),
            }
        }
        (headers, left_out)
    }
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Problem> {
    let parsed = HeaderName::try_from(name)
        .map_err(|_| format!("leaves out \"{name}\", which is not a header's name"))?;
    let lower = parsed.as_str();
    if lower == "content-type" {
        return Err("leaves out Content-Type: failContentType sets it".to_owned());
    }
    if OWN.contains(&lower) || lower.starts_with("x-lk-mock") {
        return Err(format!("leaves out {name}, which the server sends itself"));
    }
    let value = HeaderValue::try_from(value)
        .map_err(|_| format!("leaves out {name}, whose value is not that of a header"))?;
    Ok((parsed, value))
}

impl Serialize for Headers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        serializer.collect_map(self.0.iter().map(|(name, value)| (name.as_str(), text(value))))
    }
}

fn strings(value: Raw<'_>) -> Result<Vec<(String, String)>, Problem> {
    let wrong = || wrong_type("an object of strings such as {\"a\":\"b\"}", value);
    let members = value.members().ok_or_else(wrong)?;
    members
        .map(|(name, value)| Ok((name.text().into_owned(), string(value).map_err(|_| wrong())?)))
        .collect()
}
