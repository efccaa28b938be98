//! The script language: what a connection does, step by step, as JSON (see `docs/SIGNALLING.md`).
//! Pure: a text becomes steps, and the session plays them.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use prost::Message as _;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::{
    go_json::{self, Raw},
    protocol::{from_json, signal::MESSAGES},
    warning::suggestion,
};

/// A parsed script, good for any connection.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Script(Vec<Step>);

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// Join, or reconnect where the client does so.
    Greet,
    Send(Sent),
    Wait(Duration),
    /// A wait in which nothing is read.
    Pause(Duration),
    Expect {
        what: Expected,
        timeout: Option<Duration>,
    },
    Close {
        code: u16,
        reason: String,
    },
    /// Ends TCP in order, without a close frame.
    Drop,
    /// Ends TCP with a RST.
    Reset,
    Answer(Answered),
    Refuse(Refusal),
    /// On a reconnect, these steps are played in place of the rest.
    OnReconnect(Vec<Step>),
}

/// A message of the server.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sent {
    /// Filled as the scenarios fill it.
    Join,
    Reconnect,
    Leave,
    Pong,
    PongResp,
    /// An encoded `SignalResponse`.
    Given(Bytes),
}

/// What a script waits for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expected {
    /// The client's close frame, which then gets no reply.
    Close,
    /// The `SignalRequest` of this field, which then gets no answer.
    Request(Request),
}

/// A kind of `SignalRequest`, by its field's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Request(u32);

/// Which requests are answered as `happy` answers them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answered {
    All,
    Only(Vec<Request>),
}

/// A refusal before the upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) body: String,
    /// What validate says, where that is another text.
    pub(super) validate_body: Option<String>,
}

/// The steps' names, as they are documented.
const STEPS: [&str; 11] = [
    "greet",
    "send",
    "wait",
    "pause",
    "expect",
    "close",
    "drop",
    "reset",
    "answer",
    "refuse",
    "onReconnect",
];
/// A longer script than any test needs.
const MAX_STEPS: usize = 1000;

// === impl Script ===

impl Script {
    /// # Errors
    /// A sentence that names the step and what was expected of it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let script = Self(parse_steps(text, true)?);
        let refuses = |step: &Step| matches!(step, Step::Refuse(_));
        let late = |reconnects| script.steps(reconnects).iter().skip(1).any(refuses);
        if late(false) || late(true) {
            return Err("refuse must be the first step: it comes before the upgrade".to_owned());
        }
        Ok(script)
    }

    /// The steps of one connection.
    pub(super) fn steps(&self, reconnects: bool) -> Vec<Step> {
        let mut steps = Vec::new();
        for step in &self.0 {
            match step {
                Step::OnReconnect(instead) if reconnects => {
                    steps.extend_from_slice(instead);
                    break;
                }
                Step::OnReconnect(_) => {}
                step => steps.push(step.clone()),
            }
        }
        steps
    }
}

fn parse_steps(text: &str, outermost: bool) -> Result<Vec<Step>, String> {
    let steps: Vec<&RawValue> = serde_json::from_str(text)
        .map_err(|error| format!("a script is a list of steps: {error}"))?;
    if steps.len() > MAX_STEPS {
        return Err(format!("it has {} steps, more than {MAX_STEPS}", steps.len()));
    }
    (1..)
        .zip(steps)
        .map(|(number, step)| {
            parse_step(step, outermost).map_err(|problem| format!("step {number}: {problem}"))
        })
        .collect()
}

fn parse_step(step: &RawValue, outermost: bool) -> Result<Step, String> {
    let fields: Option<serde_json::Map<String, Value>> = serde_json::from_str(step.get()).ok();
    let fields = fields
        .filter(|fields| !fields.is_empty())
        .ok_or("must be an object with one step, such as {\"wait\":200}")?;
    let repeated = go_json::parse(step.get().as_bytes()).ok().and_then(Raw::repeated_name);
    if let Some(name) = repeated {
        return Err(format!("\"{name}\" stands twice in one object, where one of them is lost"));
    }
    let named = |name: &str| fields.contains_key(name);
    let Some(&name) = STEPS.iter().find(|name| named(name)) else {
        let given = fields.keys().next().map_or("", String::as_str);
        let hint = suggestion(given, STEPS);
        return Err(format!("unknown step \"{given}\"{hint}; there are {}", STEPS.join(", ")));
    };
    let beside = |field: &&String| *field != name && !(name == "expect" && *field == "timeout");
    if let Some(other) = fields.keys().find(beside) {
        return Err(format!(
            "\"{other}\" does not belong to {name}; give each step its own object"
        ));
    }
    let value = &fields[name];
    match name {
        "greet" => nothing(name, value).map(|()| Step::Greet),
        "send" => parse_send(value).map(Step::Send),
        "wait" => milliseconds(name, value).map(Step::Wait),
        "pause" => milliseconds(name, value).map(Step::Pause),
        "expect" => parse_expect(value, fields.get("timeout")),
        "close" => parse_close(value),
        "drop" => nothing(name, value).map(|()| Step::Drop),
        "reset" => nothing(name, value).map(|()| Step::Reset),
        "answer" => parse_answer(value).map(Step::Answer),
        "refuse" => parse_refuse(value).map(Step::Refuse),
        _ if outermost => parse_steps(&value.to_string(), false)
            .map(Step::OnReconnect)
            .map_err(|problem| format!("onReconnect: {problem}")),
        _ => Err("onReconnect can't stand inside another".to_owned()),
    }
}

/// A step that needs no more than its name; its value may be anything empty or true.
fn nothing(name: &str, value: &Value) -> Result<(), String> {
    match value {
        Value::Null | Value::Bool(true) => Ok(()),
        Value::Object(fields) if fields.is_empty() => Ok(()),
        _ => Err(format!("{name} takes nothing: write {{\"{name}\":{{}}}}")),
    }
}

fn milliseconds(name: &str, value: &Value) -> Result<Duration, String> {
    let number = value.as_u64().map(Duration::from_millis);
    number.ok_or_else(|| format!("{name} must be a number of milliseconds, not {value}"))
}

fn parse_send(value: &Value) -> Result<Sent, String> {
    if let Some(sent) = filled(value) {
        return Ok(sent);
    }
    let decoded = from_json(&MESSAGES.response, value.to_string().as_bytes())
        .map_err(|error| format!("send must be a SignalResponse as JSON: {error}"))?;
    if let Some(stranger) = decoded.unknown.sentences("SignalResponse").next() {
        return Err(format!("send must be a SignalResponse as JSON: {stranger}"));
    }
    if decoded.message.fields().next().is_none() {
        return Err("send must be a SignalResponse as JSON, with one message in it".to_owned());
    }
    Ok(Sent::Given(decoded.message.encode_to_vec().into()))
}

/// An empty message that the scenarios know how to fill.
fn filled(value: &Value) -> Option<Sent> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    let (name, content) = fields.iter().next()?;
    content.as_object().filter(|content| content.is_empty())?;
    match name.as_str() {
        "join" => Some(Sent::Join),
        "reconnect" => Some(Sent::Reconnect),
        "leave" => Some(Sent::Leave),
        "pong" => Some(Sent::Pong),
        "pongResp" | "pong_resp" => Some(Sent::PongResp),
        _ => None,
    }
}

fn parse_expect(value: &Value, timeout: Option<&Value>) -> Result<Step, String> {
    let name =
        value.as_str().ok_or_else(|| format!("expect must be a message's name, not {value}"))?;
    let what = match name {
        "close" => Expected::Close,
        name => Expected::Request(Request::named(name)?),
    };
    let timeout = timeout.map(|timeout| milliseconds("timeout", timeout)).transpose()?;
    Ok(Step::Expect { what, timeout })
}

/// A value of several fields; a list of them in their order would pass for one otherwise.
fn fields_of<'a, T: Deserialize<'a>>(value: &'a Value) -> Result<T, String> {
    match value {
        Value::Object(_) => T::deserialize(value).map_err(|error| error.to_string()),
        _ => Err(format!("{value} is no object")),
    }
}

fn parse_close(value: &Value) -> Result<Step, String> {
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
        return Err(format!("no close frame can hold the code {code}; drop ends without a frame"));
    }
    if reason.len() > 123 {
        return Err(format!("a close reason has at most 123 bytes, not {}", reason.len()));
    }
    Ok(Step::Close { code, reason })
}

fn parse_answer(value: &Value) -> Result<Answered, String> {
    match value {
        Value::Bool(true) => Ok(Answered::All),
        Value::Bool(false) => Ok(Answered::Only(Vec::new())),
        Value::Array(names) => {
            let request = |name: &Value| Request::named(name.as_str().unwrap_or_default());
            names.iter().map(request).collect::<Result<_, _>>().map(Answered::Only)
        }
        _ => Err(format!("answer must be true, false or a list of requests, not {value}")),
    }
}

fn parse_refuse(value: &Value) -> Result<Refusal, String> {
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

// === impl Request ===

impl Request {
    /// The request of this name, as JSON or as the protocol spells it.
    fn named(name: &str) -> Result<Self, String> {
        let request = &MESSAGES.request;
        let field =
            request.get_field_by_json_name(name).or_else(|| request.get_field_by_name(name));
        field.map(|field| Self(field.number())).ok_or_else(|| {
            let names: Vec<String> =
                request.fields().map(|field| field.json_name().to_owned()).collect();
            let hint = suggestion(name, names.iter().map(String::as_str));
            format!("no SignalRequest is named \"{name}\"{hint}")
        })
    }

    /// The kind of an encoded request: of a oneof that stands twice, the last counts.
    pub(super) fn of(frame: &Bytes) -> Option<Self> {
        let message =
            prost_reflect::DynamicMessage::decode(MESSAGES.request.clone(), frame.clone()).ok()?;
        message.fields().next().map(|(field, _)| Self(field.number()))
    }
}

impl Answered {
    pub(super) fn includes(&self, request: Option<Request>) -> bool {
        match self {
            Self::All => true,
            Self::Only(requests) => request.is_some_and(|request| requests.contains(&request)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(script: &str) -> String {
        Script::parse(script).expect_err(script)
    }

    #[test]
    fn reads_the_documented_example() {
        let script = Script::parse(
            r#"[{"send":{"join":{}}},{"wait":200},{"send":{"leave":{"action":"RECONNECT"}}},{"expect":"leave"},{"close":{"code":1011,"reason":"bye"}}]"#,
        );
        let steps = script.unwrap().steps(false);
        assert_eq!(steps[0], Step::Send(Sent::Join));
        assert_eq!(steps[1], Step::Wait(Duration::from_millis(200)));
        assert!(
            matches!(&steps[2], Step::Send(Sent::Given(bytes)) if bytes.as_ref() == [0x42, 2, 0x18, 2])
        );
        assert!(matches!(
            steps[3],
            Step::Expect { what: Expected::Request(Request(8)), timeout: None }
        ));
        assert_eq!(steps[4], Step::Close { code: 1011, reason: "bye".to_owned() });
    }

    #[test]
    fn says_where_and_what_is_wrong() {
        for (script, expected) in [
            ("{}", "a script is a list of steps"),
            (r#"[{"wiat":1}]"#, "step 1: unknown step \"wiat\", did you mean \"wait\"?"),
            (r#"[{"wait":1},{"wait":"x"}]"#, "step 2: wait must be a number of milliseconds"),
            (r#"[{"pause":-1}]"#, "step 1: pause must be a number of milliseconds"),
            (r#"[{"puase":1}]"#, "step 1: unknown step \"puase\", did you mean \"pause\"?"),
            (r#"[{"wait":-1}]"#, "step 1: wait must be a number of milliseconds"),
            (r#"[{"wait":1,"drop":{}}]"#, "give each step its own object"),
            (r#"[{"send":{"nope":{}}}]"#, "send must be a SignalResponse"),
            (r#"[{"expect":"leve"}]"#, "did you mean \"leave\"?"),
            (r#"[{"close":[1011,"bye"]}]"#, "[1011,\"bye\"] is no object"),
            (r#"[{"refuse":[503]}]"#, "[503] is no object"),
            (r#"[{"wait":1,"wait":2}]"#, "step 1: \"wait\" stands twice in one object"),
            (r#"[{"close":{"code":1011,"code":1012}}]"#, "step 1: \"code\" stands twice"),
            (r#"[{"onReconnect":[{"wait":1,"wait":2}]}]"#, "step 1: \"wait\" stands twice"),
            (r#"[{"close":{"code":1006}}]"#, "no close frame can hold the code 1006"),
            (r#"[{"close":{"reason":"x"}}]"#, "missing field `code`"),
            (r#"[{"greet":{}},{"refuse":{"status":500}}]"#, "refuse must be the first step"),
            (
                r#"[{"wait":1},{"onReconnect":[{"refuse":{"status":500}}]}]"#,
                "refuse must be the first step",
            ),
            (r#"[{"onReconnect":[{"wiat":1}]}]"#, "step 1: onReconnect: step 1: unknown step"),
            (r#"[{"send":{}}]"#, "with one message in it"),
            (r"[{}]", "must be an object with one step"),
            (r#"[{"refuse":{"status":99}}]"#, "status from 200 to 599"),
            (r#"[{"onReconnect":[{"onReconnect":[]}]}]"#, "can't stand inside another"),
            (r"[3]", "must be an object with one step"),
        ] {
            let problem = problem(script);
            assert!(problem.contains(expected), "{script}: {problem}");
        }
    }

    #[test]
    fn a_reconnect_plays_other_steps() {
        let script = Script::parse(r#"[{"onReconnect":[{"drop":{}}]},{"greet":{}}]"#).unwrap();
        assert_eq!(script.steps(true), [Step::Drop]);
        assert_eq!(script.steps(false), [Step::Greet]);
    }

    #[test]
    fn deep_nesting_is_an_error() {
        let deep = format!("[{{\"send\":{}", "[".repeat(100_000));
        assert!(Script::parse(&deep).is_err());
        let closed = format!("[{{\"send\":{}{}}}]", "[".repeat(5000), "]".repeat(5000));
        assert!(Script::parse(&closed).is_err());
    }
}
