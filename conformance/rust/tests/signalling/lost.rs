//! Connections that end, and the ping that the client sends right after the join.

use livekit_mock_conformance::{
    Outcome,
    signalling::{PATHS, Path, join, refusal, report, token},
};
use livekit_protocol::{ReconnectReason, signal_response::Message};
use livekit_signaling::SignalError;
use serde_json::json;

#[tokio::test]
async fn after_the_join() {
    let reset = json!({ "script": [{ "onReconnect": [{ "greet": {} }] }, { "greet": {} }, { "reset": {} }] });
    let close = json!({ "signal": "close_when_connected" });
    let dropped = json!({ "signal": "drop_when_connected" });
    for control in [close, dropped, reset] {
        for path in PATHS {
            let mut joined = join(control.clone(), path).await;
            let (_, why) = joined.until_close().await;
            assert_eq!(why, "stream closed");
            let resumed = joined.client.restart(ReconnectReason::RrSignalDisconnected).await;
            assert!(resumed.is_ok(), "{control}: {resumed:?}");
            joined.client.close().await;
        }
    }
    report(
        "signal-lost",
        Outcome::WorksBut(
            "`Close` with \"stream closed\" for all of them, without code and reason; the caller's `restart` resumes.",
        ),
    );
}

/// The client pings at once. In the 200 ms after the join nothing is read, so nothing is
/// answered before the end; after a leave it is.
#[tokio::test]
async fn a_ping_right_after_the_join() {
    for scenario in ["close_when_connected", "drop_when_connected"] {
        for path in PATHS {
            let mut joined = join(json!({ "signal": scenario }), path).await;
            let (messages, _) = joined.until_close().await;
            assert!(messages.is_empty(), "{scenario} on {}: {messages:?}", path.name);
        }
    }
    for path in PATHS {
        let mut joined = join(json!({ "signal": "leave_when_connected" }), path).await;
        let first = joined.message().await;
        assert!(matches!(first, Message::Leave(_)), "{first:?}");
        let second = joined.message().await;
        assert!(matches!(second, Message::PongResp(_)), "{second:?}");
        joined.client.close().await;
    }
    report("signal-ping-at-once", Outcome::Works);
}

#[tokio::test]
async fn before_the_join() {
    for path in PATHS {
        let error = refusal(&token(json!({ "signal": "close_before_join" })), path).await;
        assert!(matches!(error, SignalError::Closed), "{error:?}");
    }
    report(
        "signal-close-before-join",
        Outcome::WorksBut("`connect` fails with `Closed`, at once."),
    );
}

#[tokio::test]
async fn nothing_at_all() {
    async fn given_up(path: Path) {
        let error = refusal(&token(json!({ "signal": "no_first_message" })), path).await;
        assert!(matches!(error, SignalError::Timeout(_)), "{error:?}");
    }
    tokio::join!(given_up(PATHS[0]), given_up(PATHS[1]));
    report("signal-no-first-message", Outcome::WorksBut("`Timeout` after 5 s."));
}
