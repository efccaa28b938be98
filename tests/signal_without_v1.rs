//! `"v1":false`: a server without `/rtc/v1`, like older ones.

mod support;

use livekit_mock::Mock;
use livekit_protocol::{JoinRequest, signal_response::Message as Response};
use serde_json::{Value, json};
use support::{
    Answer,
    socket::{CHROMIUM, Dial},
};

fn start() -> Mock {
    Mock::builder().regions(2).start_blocking().expect("a server on free ports")
}

fn in_key(dial: Dial, control: &Value) -> Dial {
    dial.claim("iss", json!(format!("mock:{control}")))
}

fn in_attribute(dial: Dial, control: &Value) -> Dial {
    dial.control(control)
}

fn unknown(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.text()), (404, "404 page not found\n"));
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
}

/// Asserts that the upgrade, validate and a plain request are answered like an unknown path.
fn lacks(dial: &Dial) {
    unknown(&dial.refused());
    unknown(&dial.validate());
    unknown(&dial.get(dial.path).expect("an answer"));
}

fn serves(dial: &Dial) {
    assert_eq!(dial.validate().text(), "success");
    let mut socket = dial.connect();
    assert!(socket.head.warnings().is_empty(), "{:?}", socket.head.warnings());
    assert!(matches!(socket.message(), Response::Join(_)));
}

#[test]
fn v1_is_not_found_and_rtc_serves() {
    let mock = start();
    for place in [in_key, in_attribute] {
        for offer in [None, Some(CHROMIUM)] {
            let dial = |control| place(Dial::to(&mock).offer(offer), &control);
            lacks(&dial(json!({"v1": false})).v1());
            assert!(dial(json!({"v1": false})).v1().refused().warnings().is_empty());
            serves(&dial(json!({"v1": false})));
            serves(&dial(json!({"v1": true})).v1());
            serves(&dial(json!({"v1": null})).v1());
        }
    }
}

#[test]
fn the_attribute_wins_over_the_key() {
    let mock = start();
    let dial = in_key(Dial::to(&mock).v1(), &json!({"v1": false}));
    serves(&in_attribute(dial.clone(), &json!({"v1": true})));
    lacks(&in_attribute(dial, &json!({"signal": "happy"})));
}

#[test]
fn a_missing_path_checks_nothing_else() {
    let mock = start();
    let control = json!({
        "v1": false, "strict": true, "unknown": 1, "delayMs": 600_000, "failRegions": [0],
        "failMode": "drop", "pinnedRegions": ["region-1"], "signal": "validate_500",
    });
    for place in [in_key, in_attribute] {
        let dial = place(Dial::to(&mock).v1(), &control);
        lacks(&dial);
        lacks(&dial.clone().claim("exp", json!(1)));
        lacks(&dial.clone().without_claim("exp"));
        let broken = format!("{}x", dial.signed());
        lacks(&dial.token(&broken));
    }
    // On the other path, all of it counts.
    assert_eq!(in_key(Dial::to(&mock), &control).refused().status.as_u16(), 400);
}

#[test]
fn a_client_may_ask_for_it_itself() {
    let mock = start();
    let participant_attributes =
        [("lk.mock".to_owned(), r#"{"v1":false}"#.to_owned())].into_iter().collect();
    let request = JoinRequest { participant_attributes, ..JoinRequest::default() };
    lacks(&Dial::to(&mock).v1().join_request(&request));
    serves(&Dial::to(&mock).join_request(&request));
}

#[test]
fn a_header_can_not_remove_it() {
    let mock = start();
    let dial = Dial::to(&mock).v1().header("x-lk-mock", r#"{"v1":false}"#);
    assert_eq!(dial.validate().text(), "success");
}

#[test]
fn what_is_not_a_bool_is_warned_of() {
    let mock = start();
    let dial = Dial::to(&mock).v1().control(&json!({"v1": "false"}));
    let answer = dial.validate();
    assert_eq!(answer.text(), "success");
    let expected = "lk.mock: \"v1\" must be true or false, not \"false\"; ignored";
    assert_eq!(answer.warnings(), [expected]);
}
