//! What holds for every script. The property tests below and a fuzz target share it.

use livekit_protocol::{DataPacket, SignalResponse};
use prost::Message as _;

use super::{
    action::{Action, Preparation},
    message::Join,
    script::Script,
    step::RoomStep,
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
        let join = Join::default();
        check(Preparation::new(&join, reconnects, LeaveAction::default()).actions(steps));
    }
}

fn check(actions: Vec<Action>) {
    for action in actions {
        match action {
            Action::Join(message) | Action::Send(message) => {
                SignalResponse::decode(message).expect("a message of the server");
            }
            Action::InRoom(RoomStep::Data(_, packet)) => {
                let packet = DataPacket::decode(packet).expect("a packet");
                assert!(packet.value.is_some());
            }
            Action::Repeat(actions) => check(actions),
            _ => {}
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
            json_value().prop_map(|value| json!({"data": value})),
            json_value().prop_map(|value| json!({"participant": value})),
            ".{0,20}".prop_map(|text| json!({"text": {"topic": "t", "text": text, "from": "bob"}})),
            ".{0,20}"
                .prop_map(|text| json!({"data": {"user": {"payload": "aGk=", "topic": text}}})),
            Just(json!({"rpc": {"method": "m", "answer": "a"}})),
            Just(json!({"publish": {"from": "bob", "kind": "audio"}})),
            Just(json!({"repeat": [{"expectData": "user"}]})),
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
