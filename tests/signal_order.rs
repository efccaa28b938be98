//! The order of refusals is the same for an API call, the upgrade, its validation and the list of
//! regions: strictness, authorization, pin, wait, failure, and then the answer.

mod support;

use std::time::{Duration, Instant};

use livekit_mock::{Auth, Mock};
use serde_json::{Value, json};
use support::{
    Answer, CREATE_ROOM,
    socket::{Dial, PATHS},
};

const REGIONS: &str = "/settings/regions";
/// Longer than any test waits.
const NEVER: u64 = 600_000;

/// A refusal, together with all later ones: its name, the control, whether the token is valid, and
/// then the answers of an API call, of the upgrade and validate, and of the list of regions.
struct Case {
    name: &'static str,
    control: Value,
    sound: bool,
    api: u16,
    signal: u16,
    regions: u16,
}

fn cases() -> Vec<Case> {
    let pinned = |mut control: Value| {
        control["pinnedRegions"] = json!(["region-1"]);
        control["delayMs"] = json!(NEVER);
        control
    };
    let failing = |delay: u64| {
        json!({"delayMs": delay, "failRegions": [0], "signal": "room_not_found",
            "regionsStatus": 418})
    };
    let mut mistaken = pinned(failing(NEVER));
    mistaken["strict"] = json!(true);
    mistaken["failRegoins"] = json!([0]);
    let mut forgiven = mistaken.clone();
    forgiven["strict"] = json!(false);
    let case = |name, control, sound, (api, signal, regions)| Case {
        name,
        control,
        sound,
        api,
        signal,
        regions,
    };
    vec![
        case("strictness, before the token", mistaken.clone(), false, (400, 400, 400)),
        case("strictness", mistaken, true, (400, 400, 400)),
        case("the token", forgiven.clone(), false, (401, 401, 418)),
        case("the pin, before the wait", forgiven, true, (451, 403, 418)),
        case("the failure, after the wait", failing(100), true, (503, 503, 418)),
        case(
            "the scenario, after the wait",
            json!({"delayMs": 100, "signal": "room_not_found"}),
            true,
            (200, 404, 200),
        ),
    ]
}

/// The control in the API key, which counts everywhere.
fn dial(mock: &Mock, case: &Case) -> Dial {
    let dial = Dial::to(mock).claim("iss", json!(format!("mock:{}", case.control)));
    let grants = json!({"roomJoin": true, "roomCreate": true, "room": "my-room"});
    let dial = dial.claim("video", grants);
    if case.sound { dial } else { dial.claim("exp", json!(1)) }
}

fn is(answer: &Answer, status: u16, what: &str, took: Duration, case: &Case) {
    assert_eq!(answer.status.as_u16(), status, "{what}: {}: {answer:?}", case.name);
    if status == 400 {
        let said = answer.text().replace("\\\"", "\"");
        assert!(said.contains("did you mean \"failRegions\"?"), "{what}: {}: {said}", case.name);
    }
    let waits = case.name.ends_with("after the wait") && what != REGIONS;
    assert!(!waits || took >= Duration::from_millis(100), "{what}: {}: {took:?}", case.name);
}

#[test]
fn all_refuse_in_one_order() {
    let mock = Mock::builder().regions(2).auth(Auth::Strict).start_blocking().expect("a server");
    for case in cases() {
        let dial = dial(&mock, &case);
        let timed = |what: &str, status, ask: &dyn Fn() -> Answer| {
            let begun = Instant::now();
            is(&ask(), status, what, begun.elapsed(), &case);
        };
        let bearer = dial.clone().header("authorization", &format!("Bearer {}", dial.signed()));
        for (path, status) in [(CREATE_ROOM, case.api), (REGIONS, case.regions)] {
            timed(path, status, &|| bearer.get(path).expect("an answer"));
        }
        for path in PATHS {
            let dial = dial.clone().path(path);
            timed(path, case.signal, &|| dial.refused());
            timed("validate", case.signal, &|| dial.validate());
            // A request without an upgrade is refused for all of this first, and then with 400.
            timed("no upgrade", case.signal, &|| dial.get(path).expect("an answer"));
        }
    }
}

#[test]
fn strictness_of_the_server_has_the_same_place() {
    let builder = Mock::builder().regions(2).auth(Auth::Strict).strict(true);
    let mock = builder.start_blocking().expect("a server");
    let control = r#"{"pinnedRegions":["region-1"],"failRegions":[0],"failRegoins":[0]}"#;
    for path in PATHS {
        let dial = Dial::to(&mock).path(path).control_text(control);
        for answer in [dial.refused(), dial.validate(), dial.claim("exp", json!(1)).refused()] {
            assert_eq!(answer.status.as_u16(), 400);
            assert!(answer.text().starts_with("strict refuses "), "{}", answer.text());
        }
    }
}

#[test]
fn a_script_that_can_not_be_played_is_refused_before_a_pin() {
    let mock = Mock::builder().regions(2).strict(true).start_blocking().expect("a server");
    let control = json!({"pinnedRegions": ["region-1"], "script": [{"wiat": 1}]});
    let answer = Dial::to(&mock).control(&control).refused();
    assert_eq!(answer.status.as_u16(), 400);
    assert!(answer.text().contains("did you mean \"wait\"?"), "{}", answer.text());
}

#[test]
fn the_attribute_does_not_count_for_the_list_of_regions() {
    let mock = Mock::builder().regions(2).strict(true).start_blocking().expect("a server");
    let control = json!({"regionsStatus": 500, "pinnedRegions": ["region-1"], "nope": 1});
    let dial = Dial::to(&mock).control(&control);
    let bearer = format!("Bearer {}", dial.signed());
    let answer = dial.header("authorization", &bearer).get(REGIONS).expect("an answer");
    // Not even a strict server refuses it, since clients use the token with which they join.
    assert_eq!(answer.status.as_u16(), 200);
    assert_eq!(answer.json()["regions"].as_array().expect("a list").len(), 2);
    let [warning] = &answer.warnings()[..] else { panic!("{:?}", answer.warnings()) };
    assert!(warning.contains("lk.mock") && warning.contains("API key"), "{warning}");
    let plain = Dial::to(&mock);
    let bearer = format!("Bearer {}", plain.signed());
    let answer = plain.header("authorization", &bearer).get(REGIONS).expect("an answer");
    assert!(answer.warnings().is_empty(), "{:?}", answer.warnings());
}
