use std::time::{Duration, Instant};

use livekit_api::services::{ServerError, ServiceError, sip::CreateSIPParticipantOptions};
use livekit_mock_conformance::{Outcome, plain, programmed_cloud, report, retries};
use serde_json::json;

#[tokio::test]
async fn deadline() {
    let api = programmed_cloud(json!({ "delayMs": 5000 }))
        .with_request_timeout(Duration::from_millis(300));
    let begin = Instant::now();
    let (room, retried) =
        retries::during(api.room().create_room("lobby", Default::default())).await;
    let Err(ServiceError::Twirp(ServerError::Request(error))) = room else {
        panic!("expected the deadline, got {room:?}");
    };
    assert!(error.is_timeout(), "{error:?}");
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    assert!(retried.is_empty(), "a deadline below 5 s is not retried: {retried:?}");

    // Dialling has the mock's own latency of 11 s, beyond the SDK's usual 10 s: the SDK
    // has to wait longer for a call that rings.
    let options =
        CreateSIPParticipantOptions { wait_until_answered: Some(true), ..Default::default() };
    let participant = plain()
        .sip()
        .create_sip_participant(
            "ST_trunk".into(),
            "+15105550100".into(),
            "lobby".into(),
            options,
            None,
        )
        .await
        .expect("a call that is answered after 11 s");
    assert_eq!(participant.room_name, "lobby");
    report("deadline", Outcome::Works);
}
