//! What the client does on a connection that stays.

use livekit_mock_conformance::{
    ENVIRONMENT, Outcome, attempts,
    signalling::{
        IDENTITY, Joined, PATHS, Path, ROOM, connect, join, report, token_by_both, token_by_key,
    },
};
use livekit_protocol::{
    DisconnectReason, LeaveRequest, ParticipantInfo, UpdateParticipantMetadata,
    request_response::Reason, signal_request, signal_response::Message,
};
use serde_json::json;

#[tokio::test]
async fn who_and_where() {
    for path in PATHS {
        let (joined, attempts) = attempts::during(join(json!({ "signal": "happy" }), path)).await;
        assert_eq!(attempts, [format!("0 {}", path.name)]);
        let room = joined.join.room.as_ref().expect("a room");
        assert_eq!((room.name.as_str(), room.sid.as_str()), (ROOM, "RM_MOCK"));
        let participant = joined.join.participant.as_ref().expect("a participant");
        assert_eq!(
            (participant.identity.as_str(), participant.sid.as_str()),
            (IDENTITY, "PA_MOCK")
        );
        let server = joined.join.server_info.as_ref().expect("a server");
        assert_eq!((server.region.as_str(), server.node_id.as_str()), ("region-0", "MOCK_NODE"));
        assert_eq!((joined.join.ping_interval, joined.join.ping_timeout), (1, 3));
        assert_eq!(joined.client.is_single_pc_mode_active(), path.name == "/rtc/v1");
        joined.client.close().await;
    }
    report(
        "signal-join",
        Outcome::WorksBut("`single_peer_connection` takes `/rtc/v1`, else it is `/rtc`."),
    );
}

#[tokio::test]
async fn no_media() {
    report(
        "signal-connected",
        Outcome::Lacks("It is only the signalling: media belong to the crate `livekit`."),
    );
}

#[tokio::test]
async fn pings() {
    async fn four_answers(path: Path) {
        let mut joined = join(json!({ "signal": "happy" }), path).await;
        for _ in 0..4 {
            let Message::PongResp(pong) = joined.message().await else { panic!("a pong") };
            assert!(pong.last_ping_timestamp > 0 && pong.timestamp >= pong.last_ping_timestamp);
        }
        joined.client.close().await;
    }
    tokio::join!(four_answers(PATHS[0]), four_answers(PATHS[1]));
    report(
        "signal-ping",
        Outcome::WorksBut("`ping_req` alone; the first one right after the join response."),
    );
}

#[tokio::test]
async fn a_ping_without_an_answer() {
    async fn given_up(path: Path) {
        let mut joined = join(json!({ "signal": "no_pong" }), path).await;
        assert_eq!(joined.close().await, "ping timeout");
        assert!(!joined.client.is_connected().await);
    }
    tokio::join!(given_up(PATHS[0]), given_up(PATHS[1]));
    report(
        "signal-ping-timeout",
        Outcome::WorksBut("`Close` with \"ping timeout\"; the caller decides what follows."),
    );
}

#[tokio::test]
async fn the_client_leaves() {
    for path in PATHS {
        let mut joined = join(json!({ "signal": "happy" }), path).await;
        leave(&joined).await;
        assert_eq!(joined.until_close().await.1, "stream closed");
    }
    // A script that goes on after the leave says that it came; `drop_on_close` that a close
    // frame without a reply does not hold the client up.
    let script = json!({ "script": [{ "greet": {} }, { "expect": "leave" }, { "send": { "leave": { "reason": "ROOM_DELETED" } } }] });
    let mut joined = join(script, PATHS[0]).await;
    leave(&joined).await;
    loop {
        match joined.message().await {
            Message::Leave(leave) => {
                assert_eq!(leave.reason(), DisconnectReason::RoomDeleted);
                break;
            }
            other => assert!(matches!(other, Message::PongResp(_)), "{other:?}"),
        }
    }
    joined.client.close().await;
    join(json!({ "signal": "drop_on_close" }), PATHS[0]).await.client.close().await;
    report(
        "signal-client-leave",
        Outcome::WorksBut(
            "It is the caller that sends a leave, by `send`; `close` ends without one.",
        ),
    );
}

async fn leave(joined: &Joined) {
    let leave =
        LeaveRequest { reason: DisconnectReason::ClientInitiated.into(), ..Default::default() };
    joined.client.send(signal_request::Message::Leave(leave)).await;
}

#[tokio::test]
async fn messages_of_a_script() {
    let bob = json!({ "sid": "PA_BOB", "identity": "bob", "state": "ACTIVE", "metadata": "hi" });
    let script = json!([{ "greet": {} }, { "send": { "update": { "participants": [bob] } } }]);
    let mut joined = join(json!({ "script": script }), PATHS[1]).await;
    let bob: ParticipantInfo = loop {
        match joined.message().await {
            Message::Update(update) => break update.participants[0].clone(),
            other => assert!(matches!(other, Message::PongResp(_)), "{other:?}"),
        }
    };
    assert_eq!((bob.identity.as_str(), bob.metadata.as_str()), ("bob", "hi"));

    let id = joined.client.next_request_id();
    let update =
        UpdateParticipantMetadata { metadata: "mine".into(), request_id: id, ..Default::default() };
    joined.client.send(signal_request::Message::UpdateMetadata(update)).await;
    let answer = loop {
        match joined.message().await {
            Message::RequestResponse(answer) => break answer,
            other => assert!(matches!(other, Message::PongResp(_)), "{other:?}"),
        }
    };
    assert_eq!((answer.request_id, answer.reason()), (id, Reason::Ok));
    joined.client.close().await;
    report("signal-script", Outcome::Works);
}

#[tokio::test]
async fn a_control_in_the_api_key() {
    let leaves = json!({ "signal": "leave_first_message" });
    let missing = json!({ "signal": "room_not_found" });
    let url = &ENVIRONMENT.urls[0];
    assert!(connect(url, &token_by_key(missing.clone()), PATHS[0]).await.is_err());
    // `lk.mock` wins over it.
    let happy = token_by_both(leaves, json!({ "signal": "happy" }));
    connect(url, &happy, PATHS[0]).await.expect("it joins").client.close().await;
    report(
        "signal-control-by-key",
        Outcome::WorksBut(
            "It has no API key of its own: this is the `iss` of the token that it is given.",
        ),
    );
}

#[tokio::test]
async fn what_a_browser_has() {
    report("signal-deflate", Outcome::Lacks("It does not offer permessage-deflate."));
    report("cors", Outcome::Lacks("It does not run in a page, so it sends no origin."));
}
