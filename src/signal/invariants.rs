//! What holds for every script. The property tests below and a fuzz target share it.

use livekit_protocol::SignalResponse;
use prost::Message as _;

use super::{
    message::Join,
    room::Room,
    script::Script,
    session::{Action, Session},
};
use crate::{control::LeaveAction, warning::Warnings};

/// Any script: what it sends is a message of the server, and a problem is told in a sentence.
pub(crate) fn script(text: &str) {
    let script = match Script::parse(text) {
        Ok(script) => script,
        Err(problem) => return check_problem(&problem),
    };
    for reconnects in [false, true] {
        let steps = script.steps(reconnects);
        let leave = LeaveAction::default();
        let session =
            Session::new(steps, &Join::default(), reconnects, leave, Room::default(), None);
        for action in session.actions {
            if let Action::Send(message) = action {
                SignalResponse::decode(message).expect("a message of the server");
            }
        }
    }
}

fn check_problem(problem: &str) {
    let mut warnings = Warnings::default();
    warnings.add(problem);
    warnings.assert_sound();
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};
    use serde_json::{Value, json};

    use super::*;
    use crate::arbitrary::{damaged_text, json_value};

    fn step() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(json!({"greet": {}})),
            Just(json!({"drop": {}})),
            Just(json!({"reset": {}})),
            (0..10_000_u32).prop_map(|time| json!({"wait": time})),
            (0..10_000_u32).prop_map(|time| json!({"pause": time})),
            (1000..5000_u16, ".{0,20}")
                .prop_map(|(code, reason)| json!({"close": {"code": code, "reason": reason}})),
            prop_oneof![Just("leave"), Just("ping"), Just("syncState"), Just("close")]
                .prop_map(|name| json!({"expect": name, "timeout": 5})),
            any::<bool>().prop_map(|all| json!({"answer": all})),
            prop_oneof![Just("join"), Just("leave"), Just("pong"), Just("reconnect")]
                .prop_map(|name| json!({"send": {name: {}}})),
            any::<i64>().prop_map(|time| json!({"send": {"pong": time.to_string()}})),
            json_value().prop_map(|value| json!({"send": value})),
        ]
    }

    proptest! {
        #[test]
        fn any_script(text in prop_oneof![
            ".{0,60}".boxed(),
            json_value().prop_map(|value| value.to_string()).boxed(),
            damaged_text(vec(step(), 0..6).prop_map(|steps| Value::from(steps).to_string())).boxed(),
        ]) {
            script(&text);
        }

        #[test]
        fn a_sound_script_has_its_steps(waits in vec(0..10_000_u32, 0..20), closes in any::<bool>()) {
            let mut steps: Vec<Value> = waits.iter().map(|wait| json!({"wait": wait})).collect();
            if closes {
                steps.push(json!({"onReconnect": [{"drop": {}}]}));
            }
            let script = Script::parse(&Value::from(steps).to_string()).expect("a sound script");
            prop_assert_eq!(script.steps(false).len(), waits.len());
            prop_assert_eq!(script.steps(true).len(), waits.len() + usize::from(closes));
        }

    }
}
