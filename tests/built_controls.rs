//! Controls that are built in Rust.

mod support;

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use livekit_mock::{Auth, Control, ControlError, FailMode, Mock, SipStatus, SipTransfer};
use livekit_protocol::{Codec, Room};
use serde_json::{Value, json};

use support::{Answer, CREATE_ROOM, all_grants, post, soon, start};

/// A call in region 0 with all headers of the control and a token that allows everything.
async fn call(mock: &Mock, control: &Control) -> Answer {
    let (token, sent) = (all_grants(mock), control.headers());
    let mut headers = vec![("authorization", token.as_str())];
    headers.extend(sent.iter().map(|(name, value)| (*name, value.as_str())));
    soon(post(mock, 0, CREATE_ROOM, &headers, "{\"name\":\"a\"}")).await
}

#[tokio::test]
async fn a_control_can_be_built_and_sent() {
    let mock = start(Mock::builder()).await;
    let control = Control::new()
        .fail_regions([1])
        .response(json!({"sid": "RM_1", "metadata": "\u{e9}\u{1f600}"}))
        .expect("JSON")
        .delay_ms(1)
        .auth(Auth::Off)
        .strict(true)
        .pinned_regions(["region-0"]);
    let (name, value) = control.header();
    assert!(value.is_ascii());
    let answer = post(&mock, 0, CREATE_ROOM, &[(name, &value)], "{}").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({"sid": "RM_1", "metadata": "\u{e9}\u{1f600}"}));
    assert_eq!(answer.warnings(), Vec::<&str>::new());
    let fields: Value = serde_json::from_str(&value).expect("JSON");
    assert_eq!(fields["delayMs"], 1);
    assert_eq!(fields["auth"], "off");
}

#[tokio::test]
async fn a_late_failure_can_be_built() {
    let mock = start(Mock::builder()).await;
    let late = Control::new().fail_regions([0]).fail_mode(FailMode::Delay).fail_delay_ms(50);
    let begun = Instant::now();
    let answer = call(&mock, &late).await;
    assert!(begun.elapsed() >= Duration::from_millis(50));
    assert_eq!((answer.status.as_u16(), answer.warnings()), (503, vec![]));
    let plain = Control::new().fail_regions([0]);
    assert_eq!(plain.headers(), [plain.header()]);
}

#[tokio::test]
async fn a_message_of_the_protocol_can_be_the_response() {
    let mock = start(Mock::builder()).await;
    let codec = Codec { mime: "audio/opus".to_owned(), ..Codec::default() };
    let room = Room {
        sid: "RM_1".to_owned(),
        creation_time: 1_700_000_000,
        enabled_codecs: vec![codec],
        ..Room::default()
    };
    let answer = call(&mock, &Control::new().response(&room).expect("a message")).await;
    assert_eq!(answer.warnings(), Vec::<&str>::new());
    assert_eq!(
        answer.json(),
        json!({"sid": "RM_1", "creationTime": "1700000000", "enabledCodecs": [{"mime": "audio/opus"}]})
    );
}

#[test]
fn an_invalid_value_is_an_error_of_its_method() {
    let control = Control::new;
    let is_wrong = |made: Result<Control, ControlError>, sentence: &str| {
        assert_eq!(made.expect_err(sentence).to_string(), sentence);
    };
    is_wrong(control().fail_status(700), "fail_status: must be a status from 200 to 599, not 700");
    is_wrong(
        control().regions_status(100),
        "regions_status: must not be 100, which only announces an answer",
    );
    is_wrong(
        control().response("{\"sid\":\"RM_1\"}"),
        "response: must be an object, not a string: parse a text of JSON first",
    );
    is_wrong(control().response(json!([1])), "response: must be an object, not [1]");
    is_wrong(
        control().response(HashMap::from([((1, 2), 3)])),
        "response: has no JSON form: key must be a string",
    );
    is_wrong(
        control().signal("no_pnog"),
        "signal: must name a scenario, not \"no_pnog\", did you mean \"no_pong\"?",
    );
    is_wrong(
        control().script(json!([{"wait": 1}, {"wait": "x"}])),
        "script: step 2: wait must be a number of milliseconds, not \"x\"",
    );
    let transfer = SipTransfer::new("STR_REJECT").expect_err("no reason");
    assert_eq!(
        transfer.to_string(),
        "SipTransfer::new: must be given a SIPTransferReason, not \"STR_REJECT\", did you mean \"STR_REJECTED\"?"
    );
}

#[test]
fn a_sip_status_may_be_only_a_code() {
    let status = |status: SipStatus| Control::new().sip_status(status).json();
    assert_eq!(Control::new().sip_status(486).json(), status(SipStatus::new(486)));
    let busy = SipStatus::new(486).text("Busy");
    assert_eq!(status(busy), "{\"sipStatus\":{\"code\":486,\"status\":\"Busy\"}}");
}
