//! What the SDK does when the network breaks. Each call goes over a [`Wire`] of its own,
//! which sees every request and cannot be seen.

use std::{error::Error, io, time::Duration};

use livekit_api::services::{
    LiveKitApi, ServerError, ServerErrorCode, ServiceError, ServiceResult,
    sip::CreateSIPParticipantOptions,
};
use livekit_mock_conformance::{
    ENVIRONMENT, Outcome, clock::with_waits, report_does, twirp_error, wire::Wire, with_key,
};
use livekit_protocol::Room;
use serde_json::{Value, json};

/// The SDK on region 0 of these, under a control.
async fn over_wire(regions: &[String], mut control: Value) -> (LiveKitApi, Wire) {
    let wire = Wire::before(regions).await;
    control["advertise"] = wire.urls.clone().into();
    (with_key(&wire.urls[0], &format!("mock:{control}")), wire)
}

/// Creates a room under the host for which the SDK fails over.
async fn on_cloud(control: Value) -> (ServiceResult<Room>, Vec<String>) {
    create_room(&ENVIRONMENT.cloud_urls, control).await
}

/// Creates a room under a host for which it does not.
async fn on_plain_host(control: Value) -> (ServiceResult<Room>, Vec<String>) {
    create_room(&ENVIRONMENT.urls, control).await
}

async fn create_room(regions: &[String], control: Value) -> (ServiceResult<Room>, Vec<String>) {
    let (api, wire) = over_wire(regions, control).await;
    let result = api.room().create_room("lobby", Default::default()).await;
    assert!(wire.ids().iter().all(Option::is_none), "the SDK sends ids: {:?}", wire.ids());
    (result, wire.lines())
}

#[track_caller]
fn answered((result, requests): (ServiceResult<Room>, Vec<String>), expected: &[&str]) {
    assert_eq!(requests, expected);
    assert_eq!(result.expect("an answer").name, "lobby");
}

/// A Twirp error of this code and message.
#[track_caller]
fn refused(
    (result, requests): (ServiceResult<Room>, Vec<String>),
    code: &str,
    message: &str,
    expected: &[&str],
) {
    assert_eq!(requests, expected);
    let error = twirp_error(result);
    assert_eq!((error.code.as_str(), error.msg.as_str()), (code, message));
    assert!(error.meta.is_empty(), "{error:?}");
}

/// The error of the HTTP client, which knows no status.
#[track_caller]
fn broken(
    (result, requests): (ServiceResult<Room>, Vec<String>),
    expected: &[&str],
) -> ServiceError {
    assert_eq!(requests, expected);
    let error = result.expect_err("no answer");
    assert_eq!(http(&error).status(), None);
    error
}

fn http(error: &ServiceError) -> &reqwest::Error {
    match error {
        ServiceError::Twirp(ServerError::Request(error)) => error,
        other => panic!("expected an error of the HTTP client, got {other:?}"),
    }
}

/// The error and its sources, as texts.
fn chain(error: &ServiceError) -> Vec<String> {
    let mut error = Some(error as &dyn Error);
    let mut texts = Vec::new();
    while let Some(this) = error {
        texts.push(this.to_string());
        error = this.source();
    }
    texts
}

/// The error of the operating system that lies under it.
fn io_error(error: &ServiceError) -> Option<io::ErrorKind> {
    let mut source = error.source();
    while let Some(this) = source {
        if let Some(error) = this.downcast_ref::<io::Error>() {
            return Some(error.kind());
        }
        source = this.source();
    }
    None
}

const REPLAYED: [&str; 3] = ["0 CreateRoom 503, try 1", "0 regions 200", "1 CreateRoom 200, try 2"];
const NO_ID: &str = "0 → 1, no id: answered";

#[tokio::test]
async fn reset() {
    let control = json!({ "failRegions": [0], "failMode": "reset", "key": "rust-reset" });
    let replayed = ["0 CreateRoom reset", "0 regions 200", "1 CreateRoom 200, try 2"];
    answered(on_cloud(control.clone()).await, &replayed);

    let error = broken(on_plain_host(control).await, &["0 CreateRoom reset"]);
    assert!(http(&error).is_request());
    assert_eq!(io_error(&error), Some(io::ErrorKind::ConnectionReset));
    assert!(!error.to_string().contains("reset"), "{error}");

    // A call is dialled again, and nothing tells the server that it was dialled before.
    let control = json!({ "failRegions": [0], "failMode": "reset", "delayMs": 0 });
    let (api, wire) = over_wire(&ENVIRONMENT.cloud_urls, control).await;
    let options =
        CreateSIPParticipantOptions { wait_until_answered: Some(true), ..Default::default() };
    let sip = api.sip();
    sip.create_sip_participant(
        "ST_trunk".into(),
        "+15105550100".into(),
        "lobby".into(),
        options,
        None,
    )
    .await
    .expect("region 1 answers");
    let dialled = ["0 CreateSIPParticipant reset", "0 regions 200", "1 CreateSIPParticipant 200"];
    assert_eq!(wire.lines(), dialled);
    assert_eq!(wire.ids(), [None, None, None]);
    report_does(
        "net-reset",
        NO_ID,
        Outcome::WorksBut(
            "No request brings an `X-Livekit-Request-Id`, as those of Go, Python and Node do (livekit/server-sdk-go#954, livekit/python-sdks#787, \
         livekit/node-sdks#711): a server can't know a second try from a second call, so `create_sip_participant` dials again after a reset. \
         With a plain host it is asked once: the text of `ServerError::Request` does not say that the connection was reset; an `io::Error` among its sources does.",
        ),
    );
}

#[tokio::test]
async fn hang() {
    let control = json!({ "failRegions": [0], "failMode": "hang", "key": "rust-hang" });
    let hanging = json!({ "failRegions": [0, 1, 2, 3], "failMode": "hang" });

    // Under 5 s there is one try.
    for regions in [&ENVIRONMENT.cloud_urls, &ENVIRONMENT.urls] {
        let (api, wire) = over_wire(regions, control.clone()).await;
        let api = api.with_request_timeout(Duration::from_millis(300));
        let result = api.room().create_room("lobby", Default::default()).await;
        let error = broken((result, wire.lines()), &["0 CreateRoom"]);
        assert!(http(&error).is_timeout());
        assert!(!error.to_string().contains("time"), "{error}");
    }

    // From 5 s on each of three tries has them.
    let (api, wire) = over_wire(&ENVIRONMENT.cloud_urls, hanging.clone()).await;
    let api = api.with_request_timeout(Duration::from_secs(5));
    let call = api.room().create_room("lobby", Default::default());
    let five = Duration::from_secs(5);
    let result = with_waits(&wire, &[(1, five), (3, five), (4, five)], call).await;
    let requests = ["0 CreateRoom", "0 regions 200", "1 CreateRoom", "2 CreateRoom"];
    assert!(http(&broken((result, wire.lines()), &requests)).is_timeout());

    // Without a time-out of the application's, 10 s.
    let (api, wire) =
        over_wire(&ENVIRONMENT.cloud_urls, json!({ "failRegions": [0], "failMode": "hang" })).await;
    let call = api.room().create_room("lobby", Default::default());
    let result = with_waits(&wire, &[(1, Duration::from_secs(10))], call).await;
    answered((result, wire.lines()), &["0 CreateRoom", "0 regions 200", "1 CreateRoom 200"]);
    report_does(
        "net-hang",
        "0: ServerError::Request, is_timeout; from 5 s on 0 → 1, no id: answered",
        Outcome::WorksBut(
            "`with_request_timeout` is the time of a try, not of the call: from 5 s on there are three, so a call may take three times as long. \
         Without it each try has 10 s. The error's text does not say that time ran out; `is_timeout` of the `reqwest::Error` does.",
        ),
    );
}

#[tokio::test]
async fn truncate() {
    let control = json!({ "failRegions": [0], "failMode": "truncate", "key": "rust-truncate" });
    let error = broken(on_cloud(control.clone()).await, &["0 CreateRoom 200, try 1, cut"]);
    assert!(http(&error).is_decode());
    assert_eq!(io_error(&error), Some(io::ErrorKind::UnexpectedEof));
    broken(on_plain_host(control).await, &["0 CreateRoom 200, try 2, cut"]);

    let half = json!({ "failRegions": [0], "failMode": "truncate", "failStatus": 503, "key": "rust-half" });
    let error = broken(on_plain_host(half).await, &["0 CreateRoom 503, try 1, cut"]);
    assert!(http(&error).is_decode());
    report_does(
        "net-truncate",
        "0: ServerError::Request, is_decode",
        Outcome::WorksBut(
            "It is not tried again, while a reset is. The text of the error is `error decoding response body`; that the body ended too early is in its sources.",
        ),
    );
}

#[tokio::test]
async fn garbage() {
    let control = json!({ "failRegions": [0], "failMode": "garbage", "key": "rust-garbage" });
    let replayed = ["0 CreateRoom garbage", "0 regions 200", "1 CreateRoom 200, try 2"];
    answered(on_cloud(control.clone()).await, &replayed);
    let error = broken(on_plain_host(control).await, &["0 CreateRoom garbage"]);
    assert!(http(&error).is_request());
    assert_eq!(chain(&error).last().map(String::as_str), Some("invalid HTTP version parsed"));
    report_does(
        "net-garbage",
        NO_ID,
        Outcome::WorksBut(
            "With a plain host it is asked once: `ServerError::Request`, and only the last of its sources says that the HTTP is invalid.",
        ),
    );
}

#[tokio::test]
async fn html() {
    let page = "<html><body>502 Bad Gateway</body></html>";
    let control =
        json!({ "failRegions": [0], "failStatus": 502, "failBody": page, "key": "rust-html" });
    let replayed = ["0 CreateRoom 502, try 1", "0 regions 200", "1 CreateRoom 200, try 2"];
    answered(on_cloud(control).await, &replayed);

    let everywhere = json!({ "failRegions": [0, 1, 2, 3], "failStatus": 502, "failBody": page, "key": "rust-html-all" });
    let requests = [
        "0 CreateRoom 502, try 1",
        "0 regions 200",
        "1 CreateRoom 502, try 2",
        "2 CreateRoom 502, try 3",
    ];
    let error = broken(on_cloud(everywhere.clone()).await, &requests);
    let alone = broken(on_plain_host(everywhere).await, &["0 CreateRoom 502, try 4"]);
    for error in [error, alone] {
        assert!(http(&error).is_decode());
        let texts = chain(&error).join("\n");
        assert!(texts.ends_with("expected value at line 1 column 1"), "{texts}");
        assert!(!texts.contains("502") && !texts.contains("Gateway"), "{texts}");
    }
    report_does(
        "net-html-502",
        NO_ID,
        Outcome::Wrong(
            "Where no other region is left, and with a plain host at once, the page is read as JSON: the application gets an error in decoding, without the status, and without the page.",
        ),
    );
}

#[tokio::test]
async fn quota() {
    let control =
        json!({ "failRegions": [0], "failStatus": 429, "failHeaders": { "Retry-After": "1" } });
    let message = "mock failure (status 429)";
    for result in [on_cloud(control.clone()).await, on_plain_host(control).await] {
        refused(result, ServerErrorCode::RESOURCE_EXHAUSTED, message, &["0 CreateRoom 429"]);
    }
    // A 503 that says when to come back is not waited for either: that would be beyond the wait of 200 ms.
    let control =
        json!({ "failRegions": [0], "failHeaders": { "Retry-After": "60" }, "key": "rust-later" });
    let result = tokio::time::timeout(Duration::from_secs(10), on_cloud(control)).await;
    answered(result.expect("region 1 is asked at once"), &REPLAYED);
    report_does(
        "net-429",
        "0: ServerErrorCode resource_exhausted",
        Outcome::WorksBut(
            "`Retry-After` is not read, and the error does not hold it. Of a 503 it is not read either: region 1 is asked at once.",
        ),
    );
}

#[tokio::test]
async fn fails_once() {
    answered(on_cloud(json!({ "failTimes": 1, "key": "rust-once" })).await, &REPLAYED);
    let result = on_plain_host(json!({ "failTimes": 1, "key": "rust-once-plain" })).await;
    refused(result, ServerErrorCode::UNAVAILABLE, UNAVAILABLE, &["0 CreateRoom 503, try 1"]);
    report_does("net-fails-once", NO_ID, Outcome::WorksBut("A plain host is asked once."));
}

const UNAVAILABLE: &str = "mock failure (status 503)";

#[tokio::test]
async fn fails_twice() {
    let requests = [
        "0 CreateRoom 503, try 1",
        "0 regions 200",
        "1 CreateRoom 503, try 2",
        "2 CreateRoom 200, try 3",
    ];
    answered(on_cloud(json!({ "failTimes": 2, "key": "rust-twice" })).await, &requests);
    report_does("net-fails-twice", "0 → 1 → 2, no id: answered", Outcome::Works);
}

#[tokio::test]
async fn fails_in_turn() {
    let result = on_cloud(json!({ "failTimes": 4, "key": "rust-in-turn" })).await;
    let requests = [
        "0 CreateRoom 503, try 1",
        "0 regions 200",
        "1 CreateRoom 503, try 2",
        "2 CreateRoom 503, try 3",
    ];
    refused(result, ServerErrorCode::UNAVAILABLE, UNAVAILABLE, &requests);
    report_does(
        "net-fails-in-turn",
        "0 → 1 → 2, no id: ServerErrorCode unavailable",
        Outcome::WorksBut("Three tries are all: region 3 is never asked, and region 0 not again."),
    );
}

#[tokio::test]
async fn cloud_api() {
    let control = json!({ "failTimes": 1, "key": "rust-cloud-api" });
    let result = create_room(&ENVIRONMENT.cloud_api_urls, control).await;
    refused(result, ServerErrorCode::UNAVAILABLE, UNAVAILABLE, &["0 CreateRoom 503, try 1"]);
    report_does(
        "net-cloud-api",
        "0: ServerErrorCode unavailable",
        Outcome::WorksBut(
            "Such a host is asked once: what Go does since livekit/server-sdk-go#1002 is not in this SDK.",
        ),
    );
}
