//! The script language: what a connection does, step by step, as JSON (`docs/SIGNALLING.md`, Scripts).
//! A script is only parsed here; the session plays it.

use serde_json::{Value, value::RawValue};

use super::{
    parse::{answer, close, expect, expect_data, milliseconds, nothing, refuse, send},
    parse_room::{data, media, participant, publish, rpc, text},
    step::Step,
};
use crate::{
    go_json::{self, Raw},
    warning::suggestion,
};

/// A parsed script. It can be played on any number of connections.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Script(Vec<Step>);

/// A step's JSON.
struct StepInput<'a> {
    name: &'static str,
    value: &'a Value,
    /// Only for `expect` and `expectData`.
    timeout: Option<&'a Value>,
    /// Whether the step is not inside an `onReconnect`.
    outermost: bool,
}

type Parse = fn(&StepInput<'_>) -> Result<Step, String>;

/// The steps' names and parsers, in the order of the documentation.
#[rustfmt::skip] // A table.
const STEPS: [(&str, Parse); 19] = [
    ("greet",       |given| nothing(given.name, given.value).map(|()| Step::Greet)),
    ("send",        |given| send(given.value).map(Step::Send)),
    ("wait",        |given| milliseconds(given.name, given.value).map(Step::Wait)),
    ("pause",       |given| milliseconds(given.name, given.value).map(Step::Pause)),
    ("expect",      |given| expect(given.value, given.timeout)),
    ("close",       |given| close(given.value)),
    ("drop",        |given| nothing(given.name, given.value).map(|()| Step::Drop)),
    ("reset",       |given| nothing(given.name, given.value).map(|()| Step::Reset)),
    ("answer",      |given| answer(given.value).map(Step::Answer)),
    ("participant", |given| participant(given.value).map(Step::InRoom)),
    ("data",        |given| data(given.value).map(Step::InRoom)),
    ("expectData",  |given| expect_data(given.value, given.timeout)),
    ("text",        |given| text(given.value).map(Step::InRoom)),
    ("rpc",         |given| rpc(given.value).map(Step::InRoom)),
    ("publish",     |given| publish(given.value).map(Step::InRoom)),
    ("media",       |given| media(given.value).map(Step::InRoom)),
    ("refuse",      |given| refuse(given.value).map(Step::Refuse)),
    ("repeat",      repeat),
    ("onReconnect", on_reconnect),
];
/// More steps than any test needs.
const MAX_STEPS: usize = 1000;

// === impl Script ===

impl Script {
    /// # Errors
    /// The text is not a script. The sentence names the step and what was expected.
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
        return Err(format!("a script has at most {MAX_STEPS} steps, not {}", steps.len()));
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
        return Err(format!(
            "\"{name}\" is given twice in one object, so one of them would be lost"
        ));
    }
    let Some((name, parse)) = STEPS.iter().find(|(name, _)| fields.contains_key(*name)) else {
        return Err(unknown_step(fields.keys().next().map_or("", String::as_str)));
    };
    let beside =
        |field: &&String| field != name && !(name.starts_with("expect") && *field == "timeout");
    if let Some(other) = fields.keys().find(beside) {
        return Err(format!(
            "\"{other}\" does not belong to {name}; give each step its own object"
        ));
    }
    parse(&StepInput { name, value: &fields[*name], timeout: fields.get("timeout"), outermost })
}

fn unknown_step(given: &str) -> String {
    let names: Vec<&str> = STEPS.iter().map(|(name, _)| *name).collect();
    let hint = suggestion(given, names.iter().copied());
    format!("unknown step \"{given}\"{hint}; there are {}", names.join(", "))
}

fn repeat(given: &StepInput<'_>) -> Result<Step, String> {
    let steps = parse_steps(&given.value.to_string(), false)
        .map_err(|problem| format!("repeat: {problem}"))?;
    match steps.iter().any(|step| matches!(step, Step::Refuse(_) | Step::Repeat(_))) {
        true => Err("repeat can't hold refuse, nor another repeat".to_owned()),
        false if steps.is_empty() => Err("repeat must hold at least one step".to_owned()),
        false => Ok(Step::Repeat(steps)),
    }
}

fn on_reconnect(given: &StepInput<'_>) -> Result<Step, String> {
    if !given.outermost {
        return Err("onReconnect can't be inside another step".to_owned());
    }
    parse_steps(&given.value.to_string(), false)
        .map(Step::OnReconnect)
        .map_err(|problem| format!("onReconnect: {problem}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::signal::step::{Expected, Outgoing, RequestKind};

    fn problem(script: &str) -> String {
        Script::parse(script).expect_err(script)
    }

    #[test]
    fn reads_the_documented_example() {
        let script = Script::parse(
            r#"[{"send":{"join":{}}},{"wait":200},{"send":{"leave":{"action":"RECONNECT"}}},{"expect":"leave"},{"close":{"code":1011,"reason":"bye"}}]"#,
        );
        let steps = script.unwrap().steps(false);
        assert_eq!(steps[0], Step::Send(Outgoing::Join));
        assert_eq!(steps[1], Step::Wait(Duration::from_millis(200)));
        assert!(
            matches!(&steps[2], Step::Send(Outgoing::Encoded(bytes)) if bytes.as_ref() == [0x42, 2, 0x18, 2])
        );
        assert!(matches!(
            steps[3],
            Step::Expect { what: Expected::Request(request), timeout: None } if request == RequestKind::named("leave").unwrap()
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
            (r#"[{"close":[1011,"bye"]}]"#, "[1011,\"bye\"] is not an object"),
            (r#"[{"refuse":[503]}]"#, "[503] is not an object"),
            (r#"[{"wait":1,"wait":2}]"#, "step 1: \"wait\" is given twice in one object"),
            (r#"[{"close":{"code":1011,"code":1012}}]"#, "step 1: \"code\" is given twice"),
            (r#"[{"onReconnect":[{"wait":1,"wait":2}]}]"#, "step 1: \"wait\" is given twice"),
            (r#"[{"close":{"code":1006}}]"#, "a close frame can't hold the code 1006"),
            (r#"[{"close":{"reason":"x"}}]"#, "missing field `code`"),
            (r#"[{"greet":{}},{"refuse":{"status":500}}]"#, "refuse must be the first step"),
            (
                r#"[{"wait":1},{"onReconnect":[{"refuse":{"status":500}}]}]"#,
                "refuse must be the first step",
            ),
            (r#"[{"participant":{"name":"Bob"}}]"#, "participant must have an identity"),
            (r#"[{"participant":{"idenity":"bob"}}]"#, "participant must be a ParticipantInfo"),
            (r#"[{"data":{"participantIdentity":"bob"}}]"#, "data must hold something"),
            (r#"[{"data":3}]"#, "data must be a DataPacket as JSON"),
            (r#"[{"expectData":"usr"}]"#, "no DataPacket is named \"usr\", did you mean \"user\"?"),
            (r#"[{"expectData":"kind"}]"#, "no DataPacket is named \"kind\""),
            (r#"[{"text":{"text":"hi","from":"bob"}}]"#, "missing field `topic`"),
            (r#"[{"rpc":{"method":"m"}}]"#, "with either an answer or an error"),
            (r#"[{"rpc":{"method":"m","answer":"a","error":{"code":1}}}]"#, "either an answer"),
            (r#"[{"publish":{"from":"bob","kind":"screen"}}]"#, "the kind audio or video"),
            (r#"[{"repeat":[]}]"#, "repeat must hold at least one step"),
            (r#"[{"repeat":[{"wiat":1}]}]"#, "step 1: repeat: step 1: unknown step"),
            (r#"[{"repeat":[{"repeat":[{"wait":1}]}]}]"#, "nor another repeat"),
            (r#"[{"repeat":[{"onReconnect":[]}]}]"#, "can't be inside another step"),
            (r#"[{"media":"pause"}]"#, "media must be \"stop\", \"start\" or \"close\""),
            (r#"[{"onReconnect":[{"wiat":1}]}]"#, "step 1: onReconnect: step 1: unknown step"),
            (r#"[{"send":{}}]"#, "with one message in it"),
            (r"[{}]", "must be an object with one step"),
            (r#"[{"refuse":{"status":99}}]"#, "status from 200 to 599"),
            (r#"[{"onReconnect":[{"onReconnect":[]}]}]"#, "can't be inside another"),
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
