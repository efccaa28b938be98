use base64::{
    Engine as _,
    prelude::{BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD},
};
use livekit_mock_conformance::{ENVIRONMENT, Outcome, programmed, relay, report, with_key};
use serde_json::json;

#[tokio::test]
async fn response_override() {
    let api = programmed(json!({
        "response": { "rooms": [{ "name": "lobby", "sid": "RM_1", "numParticipants": 3 }, { "name": "hall" }] },
    }));
    let rooms = api.room().list_rooms(Vec::new()).await.unwrap();
    assert_eq!(rooms.len(), 2);
    assert_eq!(
        (rooms[0].name.as_str(), rooms[0].sid.as_str(), rooms[0].num_participants),
        ("lobby", "RM_1", 3)
    );
    assert_eq!(rooms[1].name, "hall");
    report("response-override", Outcome::Works);
}

#[tokio::test]
async fn unknown_field() {
    // Field 18000, length-delimited, one byte long.
    let tail = vec![0x82, 0xe5, 0x08, 1, b'!'];
    let url = relay::appending(ENVIRONMENT.urls[0].clone(), tail).await;
    let api = with_key(&url, &ENVIRONMENT.api_key);
    let room = api.room().create_room("lobby", Default::default()).await.unwrap();
    assert_eq!(room.name, "lobby");
    report(
        "unknown-field",
        Outcome::WorksBut(
            "skipped; it was added to the mock's answer on the way, since the mock answers with its own schema",
        ),
    );
}

#[tokio::test]
async fn control_by_key() {
    let control = json!({ "response": { "name": "by key", "sid": "RM_KEY" } }).to_string();
    for key in
        [control.clone(), BASE64_URL_SAFE.encode(&control), BASE64_URL_SAFE_NO_PAD.encode(&control)]
    {
        let api = with_key(&ENVIRONMENT.urls[0], &format!("mock:{key}"));
        let room = api.room().create_room("lobby", Default::default()).await.unwrap();
        assert_eq!((room.name.as_str(), room.sid.as_str()), ("by key", "RM_KEY"), "{key}");
    }
    report("control-by-key", Outcome::Works);
}
