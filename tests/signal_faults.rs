//! Faults by region, for the upgrade and for its validation, from `lk.mock` and from the API key.

mod support;

use std::time::{Duration, Instant};

use livekit_mock::Mock;
use livekit_protocol::signal_response::Message as Response;
use serde_json::{Value, json};
use support::{
    Answer,
    socket::{CHROMIUM, Dial, PATHS},
};

/// Where a control can be.
const PLACES: [fn(Dial, &Value) -> Dial; 2] = [in_attribute, in_key];

fn start() -> Mock {
    Mock::builder().regions(3).start_blocking().expect("a server on free ports")
}

fn in_attribute(dial: Dial, control: &Value) -> Dial {
    dial.control(control)
}

fn in_key(dial: Dial, control: &Value) -> Dial {
    dial.claim("iss", json!(format!("mock:{control}")))
}

/// The control in both places, on both paths, with and without compression.
fn each(mock: &Mock, control: &Value, check: impl Fn(&Dial)) {
    for place in PLACES {
        for path in PATHS {
            for offer in [None, Some(CHROMIUM)] {
                check(&place(Dial::to(mock).path(path).offer(offer), control));
            }
        }
    }
}

fn says(answer: &Answer, status: u16, text: &str) {
    assert_eq!((answer.status.as_u16(), answer.text()), (status, text));
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert!(answer.warnings().is_empty(), "{:?}", answer.warnings());
}

fn fails(dial: &Dial, status: u16, text: &str) {
    says(&dial.refused(), status, text);
    says(&dial.validate(), status, text);
}

fn works(dial: &Dial) {
    assert_eq!(dial.validate().text(), "success");
    let mut socket = dial.connect();
    assert!(socket.head.warnings().is_empty(), "{:?}", socket.head.warnings());
    assert!(matches!(socket.message(), Response::Join(_)));
}

#[test]
fn a_failing_region_says_503_and_the_next_one_works() {
    let mock = start();
    each(&mock, &json!({"failRegions": [0, 2]}), |dial| {
        fails(dial, 503, "mock failure (status 503)");
        works(&dial.clone().region(&mock, 1));
        fails(&dial.clone().region(&mock, 2), 503, "mock failure (status 503)");
    });
}

#[test]
fn a_failing_region_answers_the_status_of_the_control() {
    let mock = start();
    for status in [400, 404, 429, 500, 502, 599] {
        let control = json!({"failRegions": [0], "failStatus": status, "failMode": "status"});
        each(&mock, &control, |dial| {
            fails(dial, status, &format!("mock failure (status {status})"));
        });
    }
}

#[test]
fn a_failure_never_upgrades() {
    let mock = start();
    for status in [100, 101, 200, 204, 304] {
        let control = json!({"failRegions": [0], "failStatus": status});
        let answer = Dial::to(&mock).control(&control).refused();
        assert_ne!(answer.status.as_u16(), 101, "{status}");
    }
}

#[test]
fn a_region_drops_the_connection_without_a_byte() {
    let mock = start();
    each(&mock, &json!({"failRegions": [0], "failMode": "drop"}), |dial| {
        assert!(dial.upgrade().is_none());
        assert!(dial.try_validate().is_none());
        works(&dial.clone().region(&mock, 1));
    });
}

#[test]
fn a_region_that_is_not_pinned_says_403() {
    let mock = start();
    each(&mock, &json!({"pinnedRegions": ["region-1"]}), |dial| {
        fails(dial, 403, "project not allowed in this region.");
        works(&dial.clone().region(&mock, 1));
    });
    each(&mock, &json!({"pinnedRegions": []}), works);
}

#[test]
fn a_delay_comes_before_success_and_failure_alike() {
    let mock = start();
    let timed = |run: &dyn Fn()| {
        let started = Instant::now();
        run();
        started.elapsed()
    };
    let (least, most) = (Duration::from_millis(100), Duration::from_secs(3));
    for control in [json!({"delayMs": 100}), json!({"delayMs": 100, "failRegions": [0]})] {
        each(&mock, &control, |dial| {
            let validate = timed(&|| drop(dial.validate()));
            let upgrade = timed(&|| drop(dial.upgrade()));
            assert!((least..most).contains(&validate), "{validate:?}");
            assert!((least..most).contains(&upgrade), "{upgrade:?}");
        });
    }
    each(&mock, &json!({"delayMs": -5}), works);
    // A region that is not pinned does no work.
    let control = json!({"delayMs": 600_000, "pinnedRegions": ["region-1"]});
    each(&mock, &control, |dial| fails(dial, 403, "project not allowed in this region."));
}

#[test]
fn a_delay_comes_before_the_scenarios_own_refusal() {
    let mock = start();
    let started = Instant::now();
    let control = json!({"delayMs": 100, "signal": "room_not_found"});
    assert_eq!(Dial::to(&mock).control(&control).refused().status.as_u16(), 404);
    assert!(started.elapsed() >= Duration::from_millis(100));
}

#[test]
fn the_key_may_name_scenario_script_and_action() {
    let mock = start();
    let dial = |control| in_key(Dial::to(&mock), &control);
    assert_eq!(dial(json!({"signal": "room_not_found"})).refused().status.as_u16(), 404);
    let mut socket = dial(json!({"script": [{"send": {"pong": 3}}]})).connect();
    assert_eq!(socket.message(), Response::Pong(3));
    let mut socket = dial(json!({"signal": "leave_first_message", "leaveAction": 2})).connect();
    let Response::Leave(leave) = socket.message() else { panic!("no leave") };
    assert_eq!(leave.action, 2);
}

#[test]
fn the_attribute_wins_over_the_key_field_by_field() {
    let mock = start();
    let dial =
        |key: Value, attribute: Value| in_attribute(in_key(Dial::to(&mock), &key), &attribute);
    let both = dial(json!({"failRegions": [0], "failStatus": 429}), json!({"failStatus": 500}));
    assert_eq!(both.refused().status.as_u16(), 500);
    works(&dial(json!({"failRegions": [0]}), json!({"failRegions": []})));
    works(&dial(json!({"signal": "room_not_found"}), json!({"signal": "happy"})));
}

#[test]
fn what_the_attribute_plays_wins_over_what_the_key_plays() {
    let mock = start();
    let (script, scenario) = (json!({"script": [{"drop": {}}]}), json!({"signal": "happy"}));
    let dial = in_attribute(in_key(Dial::to(&mock), &script), &scenario);
    works(&dial);
    let script = json!({"script": [{"greet": {}}]});
    let dial = in_attribute(in_key(Dial::to(&mock), &json!({"signal": "room_not_found"})), &script);
    works(&dial);
}

#[test]
fn a_bad_token_is_refused_before_any_fault() {
    let mock = start();
    let dial = Dial::to(&mock).claim("exp", json!(1));
    for control in [json!({"failRegions": [0], "failMode": "drop"}), json!({"delayMs": 600_000})] {
        assert_eq!(dial.clone().control(&control).refused().status.as_u16(), 401);
        assert_eq!(dial.clone().control(&control).validate().status.as_u16(), 401);
    }
}

#[test]
fn what_has_no_effect_is_warned_of() {
    let mock = start();
    for (control, expected) in [
        (json!({"failRegions": [7]}), "failRegions: there is no region 7, only 0 to 2"),
        (json!({"pinnedRegions": ["region-0", "region-9"]}), "there is no region \"region-9\""),
        (json!({"failStatus": 500}), "failStatus has no effect without failRegions"),
        (json!({"failMode": "drop"}), "failMode has no effect without failRegions"),
        (json!({"failRegion": [0]}), "did you mean \"failRegions\"?"),
        (json!({"skipAuth": true}), "lk.mock: \"skipAuth\" has no effect on signalling"),
        (json!({"response": {}}), "lk.mock: \"response\" has no effect on signalling"),
        (json!({"regionsStatus": 500}), "lk.mock: \"regionsStatus\" has no effect on signalling"),
    ] {
        let dial = Dial::to(&mock).control(&control);
        let socket = dial.connect();
        for warnings in [socket.head.warnings(), dial.validate().warnings()] {
            let [warning] = warnings[..] else { panic!("{control}: {warnings:?}") };
            assert!(warning.contains(expected), "{control}: {warning}");
        }
        let mut strict = control.clone();
        strict["strict"] = json!(true);
        let answer = Dial::to(&mock).control(&strict).refused();
        assert_eq!(answer.status.as_u16(), 400, "{control}");
        assert!(answer.text().contains(expected), "{control}: {}", answer.text());
    }
    // The key counts for the API, too.
    works(&in_key(Dial::to(&mock), &json!({"skipAuth": true, "regionsStatus": 500})));
}

#[test]
fn a_control_in_the_header_does_not_count_for_signalling() {
    let mock = start();
    let dial = Dial::to(&mock).header("x-lk-mock", r#"{"failRegions":[0]}"#);
    let mut socket = dial.connect();
    assert!(matches!(socket.message(), Response::Join(_)));
    let expected = "X-Lk-Mock: has no effect on signalling, put it into the attribute lk.mock";
    assert_eq!(socket.head.warnings(), [expected]);
}
