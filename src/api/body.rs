//! A request's body, read up to the first fault in it, and what is said of the rest.

use bytes::Bytes;
use http::{
    HeaderMap,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
};
use prost_reflect::DynamicMessage;

use crate::{
    exchange::Exchange,
    protocol::{Decoded, Format},
    schema::Method,
};

pub(super) fn read(
    method: &Method,
    format: Format,
    exchange: &mut Exchange<'_>,
    body: &Bytes,
) -> DynamicMessage {
    let (headers, warnings) = (&exchange.parts.headers, &mut exchange.warnings);
    let name = method.input.full_name();
    let Decoded { message, error, unknown } = format.decode(&method.input, body);
    if let Some(cause) = error.as_ref().and_then(|_| mistaken(format, headers, body)) {
        warnings.add(format_args!("body: {cause}"));
        return message;
    }
    for sentence in unknown.sentences(name) {
        warnings.note(format_args!("body: {sentence}"));
    }
    if let Some(error) = error {
        warnings
            .add(format_args!("body: is no {name}, what stands before the fault counts: {error}"));
    }
    message
}

/// What makes the whole body something else than it is read as.
fn mistaken(format: Format, headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let said = |name| {
        let value = headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
        value.filter(|value| !value.trim().is_empty())
    };
    if let Some(encoding) = said(CONTENT_ENCODING).filter(|encoding| encoding != "identity") {
        return Some(format!(
            "Content-Encoding is {encoding}, and no encoding is undone here: send the body as it is"
        ));
    }
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
    match (format, said(CONTENT_TYPE)) {
        (Format::Protobuf, given) if first == Some(b'{') => {
            let given = given.map_or("there is no Content-Type".to_owned(), |given| {
                format!("Content-Type is {given}")
            });
            Some(format!(
                "it looks like JSON, but {given}, so it is read as protobuf: send Content-Type: application/json"
            ))
        }
        (Format::Json, Some(given)) if first.is_some_and(|byte| byte < b' ') => Some(format!(
            "it looks like protobuf, but Content-Type is {given}: send Content-Type: application/protobuf"
        )),
        _ => None,
    }
}
