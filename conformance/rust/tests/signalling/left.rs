//! What the client does with a leave of the server.

use livekit_mock_conformance::{
    Outcome, attempts,
    signalling::{Joined, PATHS, Path, join, refusal, report, token},
};
use livekit_protocol::{
    DisconnectReason, LeaveRequest, ReconnectReason, leave_request::Action,
    signal_response::Message,
};
use livekit_signaling::SignalError;
use serde_json::json;

/// Joins and waits for the leave.
async fn left(action: &str, path: Path) -> (Joined, LeaveRequest) {
    let control = json!({ "signal": "leave_when_connected", "leaveAction": action });
    let mut joined = join(control, path).await;
    loop {
        if let Message::Leave(leave) = joined.message().await {
            return (joined, leave);
        }
    }
}

#[tokio::test]
async fn disconnect() {
    for path in PATHS {
        let (joined, leave) = left("DISCONNECT", path).await;
        assert_eq!(leave.reason(), DisconnectReason::ServerShutdown);
        assert_eq!(leave.action(), Action::Disconnect);
        assert!(joined.client.is_connected().await);
        joined.client.close().await;
    }
    report(
        "signal-leave-disconnect",
        Outcome::WorksBut(
            "The message reaches the caller with its reason; the caller has to close the connection.",
        ),
    );
}

#[tokio::test]
async fn reconnect() {
    for path in PATHS {
        let ((joined, leave), attempts) = attempts::during(left("RECONNECT", path)).await;
        assert_eq!(leave.action(), Action::Reconnect);
        assert_eq!(attempts.len(), 1);
        joined.client.close().await;
    }
    report(
        "signal-leave-reconnect",
        Outcome::Lacks(
            "The message reaches the caller with its action; the caller has to join anew.",
        ),
    );
}

#[tokio::test]
async fn resume() {
    for path in PATHS {
        let (joined, leave) = left("RESUME", path).await;
        assert_eq!(leave.action(), Action::Resume);
        let resumed = joined.client.restart(ReconnectReason::RrSignalDisconnected).await;
        let server = resumed.expect("a reconnect response").server_info.expect("a server");
        assert_eq!(server.node_id, "MOCK_NODE");
        joined.client.set_reconnected().await;
        assert!(joined.client.is_connected().await);
        joined.client.close().await;
    }
    report(
        "signal-leave-resume",
        Outcome::WorksBut(
            "The message reaches the caller, whose `restart` is a reconnect. `/rtc` says `reconnect=1`, `/rtc/v1` says so in its `join_request`.",
        ),
    );
}

#[tokio::test]
async fn in_place_of_the_join() {
    async fn rejected(path: Path) {
        let error = refusal(&token(json!({ "signal": "leave_first_message" })), path).await;
        let SignalError::Timeout(what) = error else { panic!("{error:?}") };
        assert!(what.contains("JoinResponse"), "{what}");
    }
    tokio::join!(rejected(PATHS[0]), rejected(PATHS[1]));
    report(
        "signal-leave-first",
        Outcome::Wrong(
            "`connect` fails, but only after its five seconds, with `Timeout`: the leave and its reason are lost.",
        ),
    );
}

#[tokio::test]
async fn in_place_of_the_reconnect() {
    for path in PATHS {
        let joined = join(json!({ "signal": "leave_during_reconnect" }), path).await;
        let error = joined.client.restart(ReconnectReason::RrUnknown).await;
        match error.expect_err("a leave") {
            SignalError::LeaveRequest { reason, action } => {
                assert_eq!(reason, DisconnectReason::ServerShutdown);
                assert_eq!(action, Action::Disconnect);
            }
            other => panic!("{other:?}"),
        }
        joined.client.close().await;
    }
    report(
        "signal-leave-during-reconnect",
        Outcome::WorksBut("`restart` fails with `LeaveRequest`, its reason and its action."),
    );
}
