//! Parses the JSON value of a step.

use std::time::Duration;

use http::StatusCode;
use prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use serde::Deserialize;
use serde_json::Value;

use super::step::{AnsweredRequests, DataKind, Expected, Outgoing, Refusal, RequestKind, Step};
use crate::protocol::{from_json, signal::MESSAGES};

/// The value of a step that takes none: null, true or an empty object.
pub(super) fn nothing(name: &str, value: &Value) -> Result<(), String> {
    match value {
        Value::Null | Value::Bool(true) => Ok(()),
        Value::Object(fields) if fields.is_empty() => Ok(()),
        _ => Err(format!("{name} takes no value: write {{\"{name}\":{{}}}}")),
    }
}

pub(super) fn milliseconds(name: &str, value: &Value) -> Result<Duration, String> {
    let number = value.as_u64().map(Duration::from_millis);
    number.ok_or_else(|| format!("{name} must be a number of milliseconds, not {value}"))
}

pub(super) fn send(value: &Value) -> Result<Outgoing, String> {
    if let Some(sent) = filled(value) {
        return Ok(sent);
    }
    let message = message("send", &MESSAGES.response, value)?;
    let Some((field, _)) = message.fields().next() else {
        return Err("send must be a SignalResponse as JSON, with one message in it".to_owned());
    };
    let encoded = message.encode_to_vec().into();
    Ok(match field.name() {
        "join" | "reconnect" => Outgoing::Greeting(encoded),
        _ => Outgoing::Encoded(encoded),
    })
}

/// A message that a step is given as protojson.
pub(super) fn message(
    step: &str,
    message: &MessageDescriptor,
    value: &Value,
) -> Result<DynamicMessage, String> {
    let kind = message.name();
    let decoded = from_json(message, value.to_string().as_bytes())
        .map_err(|error| format!("{step} must be a {kind} as JSON: {error}"))?;
    match decoded.unknown.sentences(kind).next() {
        Some(sentence) => Err(format!("{step} must be a {kind} as JSON: {sentence}")),
        None => Ok(decoded.message),
    }
}

/// A message that is given as an empty object, and is filled as in the scenarios.
fn filled(value: &Value) -> Option<Outgoing> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    let (name, content) = fields.iter().next()?;
    content.as_object().filter(|content| content.is_empty())?;
    match name.as_str() {
        "join" => Some(Outgoing::Join),
        "reconnect" => Some(Outgoing::Reconnect),
        "leave" => Some(Outgoing::Leave),
        "pong" => Some(Outgoing::Pong),
        "pongResp" | "pong_resp" => Some(Outgoing::PongResp),
        _ => None,
    }
}

pub(super) fn expect(value: &Value, timeout: Option<&Value>) -> Result<Step, String> {
    let what = match name_of("expect", value)? {
        "close" => Expected::Close,
        "connected" => Expected::Connected,
        name => Expected::Request(RequestKind::named(name)?),
    };
    expected(what, timeout)
}

pub(super) fn expect_data(value: &Value, timeout: Option<&Value>) -> Result<Step, String> {
    let kind = DataKind::named(name_of("expectData", value)?)?;
    expected(Expected::Data(kind), timeout)
}

fn name_of<'a>(step: &str, value: &'a Value) -> Result<&'a str, String> {
    value.as_str().ok_or_else(|| format!("{step} must be a message's name, not {value}"))
}

fn expected(what: Expected, timeout: Option<&Value>) -> Result<Step, String> {
    let timeout = timeout.map(|timeout| milliseconds("timeout", timeout)).transpose()?;
    Ok(Step::Expect { what, timeout })
}

/// Reads an object. Without the check, serde would also accept a list of the values.
pub(super) fn fields_of<'a, T: Deserialize<'a>>(value: &'a Value) -> Result<T, String> {
    match value {
        Value::Object(_) => T::deserialize(value).map_err(|error| error.to_string()),
        _ => Err(format!("{value} is not an object")),
    }
}

pub(super) fn close(value: &Value) -> Result<Step, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Close {
        code: u16,
        #[serde(default)]
        reason: String,
    }
    let Close { code, reason } = fields_of(value).map_err(|error| {
        format!("close must be such as {{\"code\":1011,\"reason\":\"bye\"}}: {error}")
    })?;
    if !(1000..5000).contains(&code) || matches!(code, 1004..=1006 | 1015) {
        return Err(format!(
            "a close frame can't hold the code {code}; drop ends without a close frame"
        ));
    }
    if reason.len() > 123 {
        return Err(format!("a close reason has at most 123 bytes, not {}", reason.len()));
    }
    Ok(Step::Close { code, reason })
}

pub(super) fn answer(value: &Value) -> Result<AnsweredRequests, String> {
    match value {
        Value::Bool(true) => Ok(AnsweredRequests::All),
        Value::Bool(false) => Ok(AnsweredRequests::Only(Vec::new())),
        Value::Array(names) => {
            let request = |name: &Value| RequestKind::named(name.as_str().unwrap_or_default());
            names.iter().map(request).collect::<Result<_, _>>().map(AnsweredRequests::Only)
        }
        _ => Err(format!("answer must be true, false or a list of requests, not {value}")),
    }
}

pub(super) fn refuse(value: &Value) -> Result<Refusal, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    struct Refuse {
        status: u16,
        #[serde(default)]
        body: String,
        validate_body: Option<String>,
    }
    let Refuse { status, body, validate_body } = fields_of(value).map_err(|error| {
        format!("refuse must be such as {{\"status\":503,\"body\":\"later\"}}: {error}")
    })?;
    match StatusCode::from_u16(status) {
        Ok(code) if (200..600).contains(&status) => {
            Ok(Refusal { status: code, body, validate_body })
        }
        _ => Err(format!("refuse must have a status from 200 to 599, not {status}")),
    }
}
