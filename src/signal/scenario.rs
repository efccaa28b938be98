//! The scenarios that a control can name. Each is a script (`docs/SIGNALLING.md`, Scenarios).

use std::sync::LazyLock;

use super::script::Script;

/// The scenario that is played by default.
pub(super) const HAPPY: &str = "happy";

/// The names and scripts. After its last step, a script goes on answering, as `happy` does.
#[rustfmt::skip] // A table.
const SCENARIOS: [(&str, &str); 17] = [
    (HAPPY,                   r#"[{"greet":{}}]"#),
    ("validate_500",          r#"[{"refuse":{"status":500,"validateBody":"internal server error"}}]"#),
    ("validate_service_not_found",
                              r#"[{"refuse":{"status":404,"validateBody":"404 page not found"}}]"#),
    ("room_not_found",        r#"[{"refuse":{"status":404,"validateBody":"requested room does not exist"}}]"#),
    ("no_first_message",      r#"[{"answer":false}]"#),
    ("no_pong",               r#"[{"greet":{}},{"answer":["leave","updateMetadata","offer","answer","trickle","addTrack","simulate"]}]"#),
    ("close_before_join",     r#"[{"pause":50},{"close":{"code":1011}}]"#),
    ("close_when_connected",  r#"[{"greet":{}},{"pause":200},{"close":{"code":1011,"reason":"mock close_when_connected"}}]"#),
    ("drop_when_connected",   r#"[{"greet":{}},{"pause":200},{"drop":{}}]"#),
    ("leave_when_connected",  r#"[{"greet":{}},{"pause":200},{"send":{"leave":{}}}]"#),
    ("leave_first_message",   r#"[{"send":{"leave":{}}},{"answer":false}]"#),
    ("leave_during_reconnect",
                              r#"[{"onReconnect":[{"send":{"leave":{}}},{"answer":false}]},{"greet":{}}]"#),
    ("drop_on_close",         r#"[{"greet":{}},{"expect":"close"},{"drop":{}}]"#),
    ("rtc_no_answer",         r#"[{"answer":["ping","pingReq","leave","updateMetadata","addTrack"]},{"greet":{}}]"#),
    ("rtc_dead",              r#"[{"media":"stop"},{"greet":{}}]"#),
    ("rtc_lost",              r#"[{"greet":{}},{"expect":"connected"},{"wait":500},{"media":"stop"}]"#),
    ("agent",                 AGENT),
];

/// An agent that has nothing to think about.
const AGENT: &str = r#"[
    {"greet":{}},
    {"participant":{"identity":"agent","name":"Mock agent","kind":"AGENT","attributes":{"lk.agent.state":"initializing"}}},
    {"expect":"connected"},
    {"participant":{"identity":"agent","attributes":{"lk.agent.state":"listening"}}},
    {"repeat":[
        {"expectData":"streamHeader"},
        {"participant":{"identity":"agent","attributes":{"lk.agent.state":"thinking"}}},
        {"wait":50},
        {"participant":{"identity":"agent","attributes":{"lk.agent.state":"speaking"}}},
        {"text":{"topic":"lk.chat","text":"I am a mock agent.","from":"agent"}},
        {"participant":{"identity":"agent","attributes":{"lk.agent.state":"listening"}}}
    ]}
]"#;

static SCRIPTS: LazyLock<Vec<Script>> = LazyLock::new(|| {
    let parse = |(name, text): (&str, &str)| {
        Script::parse(text).unwrap_or_else(|problem| panic!("the scenario {name}: {problem}"))
    };
    SCENARIOS.map(parse).into()
});

/// The script of the scenario with exactly this name.
pub(super) fn script(name: &str) -> Option<&'static Script> {
    SCENARIOS.iter().position(|(known, _)| *known == name).map(|index| &SCRIPTS[index])
}

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    SCENARIOS.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_parses() {
        assert!(names().all(|name| script(name).is_some()));
    }
}
