//! What the client makes of a refusal: it asks validate for the status and the text.

use livekit_mock_conformance::{
    ENVIRONMENT, Outcome, attempts,
    signalling::{PATHS, bad_token, connect, refusal, report, token},
};
use livekit_signaling::SignalError;
use serde_json::json;

use crate::failover;

/// Status and text of a refusal; `Client` for a 4xx, `Server` for a 5xx.
#[track_caller]
fn said(error: SignalError) -> (u16, String) {
    match error {
        SignalError::Client(status, text) if status.is_client_error() => (status.as_u16(), text),
        SignalError::Server(status, text) if status.is_server_error() => (status.as_u16(), text),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn with_a_500() {
    for path in PATHS {
        let error = refusal(&token(json!({ "signal": "validate_500" })), path).await;
        assert_eq!(said(error), (500, "internal server error".into()));
    }
    report(
        "signal-refused-500",
        Outcome::WorksBut("`Server`, with the status and the text of validate."),
    );
}

#[tokio::test]
async fn without_a_service() {
    for path in PATHS {
        let token = token(json!({ "signal": "validate_service_not_found" }));
        let (error, attempts) = attempts::during(refusal(&token, path)).await;
        assert_eq!(said(error), (404, "404 page not found".into()));
        let fallback: &[&str] =
            if path.name == "/rtc" { &["0 /rtc"] } else { &["0 /rtc/v1", "0 /rtc"] };
        assert_eq!(attempts, fallback);
    }
    report(
        "signal-refused-service-not-found",
        Outcome::WorksBut("`Client`, with the status and the text of validate."),
    );
}

#[tokio::test]
async fn without_a_room() {
    for path in PATHS {
        let error = refusal(&token(json!({ "signal": "room_not_found" })), path).await;
        assert_eq!(said(error), (404, "requested room does not exist".into()));
    }
    report(
        "signal-refused-room-not-found",
        Outcome::WorksBut("`Client`, with the status and the text of validate."),
    );
}

#[tokio::test]
async fn for_the_token() {
    for path in PATHS {
        let (status, text) = said(refusal(&bad_token(), path).await);
        assert_eq!(status, 401);
        assert!(text.starts_with("invalid token: "), "{text}");
    }
    // A token that is none is not sent at all.
    let error = refusal("not a\njwt", PATHS[0]).await;
    assert!(matches!(error, SignalError::TokenFormat), "{error:?}");

    let _turn = failover::turn().await;
    let url = &ENVIRONMENT.cloud_urls[0];
    let (result, attempts) = attempts::during(connect(url, &bad_token(), PATHS[0])).await;
    assert_eq!(said(result.err().expect("it is refused")).0, 401);
    assert_eq!(attempts, ["0 /rtc", "0 /rtc", "1 /rtc", "2 /rtc", "3 /rtc"]);
    report(
        "signal-refused-token",
        Outcome::Wrong(
            "`Client`, with the status and the text of validate, as it should be; but under `livekit.cloud` every region is asked with the same token before it says so.",
        ),
    );
}

#[tokio::test]
async fn by_a_script() {
    let script = json!([{ "refuse": { "status": 403, "body": "not this project" } }]);
    let error = refusal(&token(json!({ "script": script })), PATHS[1]).await;
    assert_eq!(said(error), (403, "not this project".into()));
    report("signal-refused-script", Outcome::Works);
}
