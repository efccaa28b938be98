//! The SDK fails over for hosts under livekit.cloud alone, so these tests use the mock
//! that is advertised under such a name. The programme rides in the API key.

use livekit_api::services::{
    LiveKitApi, ServerError, ServerErrorCode, ServiceError, ServiceResult,
};
use livekit_mock_conformance::{
    ENVIRONMENT, Outcome, programmed, programmed_cloud, report, retries, twirp_error,
};
use livekit_protocol::Room;
use serde_json::json;

/// Creates a room and tells in which regions that was tried again, by index.
async fn create_room(api: LiveKitApi) -> (ServiceResult<Room>, Vec<usize>) {
    let (result, urls) = retries::during(api.room().create_room("lobby", Default::default())).await;
    let regions = urls
        .iter()
        .map(|url| {
            ENVIRONMENT.cloud_urls.iter().position(|known| known == url).expect("a region's url")
        })
        .collect();
    (result, regions)
}

#[tokio::test]
async fn to_the_next_region() {
    let (room, retried) = create_room(programmed_cloud(json!({ "failRegions": [0] }))).await;
    assert_eq!(room.expect("region 1 answers").name, "lobby");
    assert_eq!(retried, [1]);
    report("failover-0-1", Outcome::Works);
}

#[tokio::test]
async fn to_the_third_region() {
    let (room, retried) = create_room(programmed_cloud(json!({ "failRegions": [0, 1] }))).await;
    assert_eq!(room.expect("region 2 answers").name, "lobby");
    assert_eq!(retried, [1, 2]);
    report("failover-01-2", Outcome::Works);
}

#[tokio::test]
async fn with_all_regions_down() {
    let (room, retried) =
        create_room(programmed_cloud(json!({ "failRegions": [0, 1, 2, 3] }))).await;
    assert_eq!(twirp_error(room).code, ServerErrorCode::UNAVAILABLE);
    assert_eq!(retried, [1, 2]);

    // A host outside livekit.cloud is tried once.
    let (room, retried) = create_room(programmed(json!({ "failRegions": [0] }))).await;
    assert_eq!(twirp_error(room).code, ServerErrorCode::UNAVAILABLE);
    assert!(retried.is_empty());
    report(
        "failover-all-down",
        Outcome::WorksBut("gives up after three tries, whatever the number of regions"),
    );
}

#[tokio::test]
async fn a_4xx_is_not_retried() {
    for (status, code) in [
        (400, ServerErrorCode::INVALID_ARGUMENT),
        (404, ServerErrorCode::NOT_FOUND),
        (429, ServerErrorCode::RESOURCE_EXHAUSTED),
    ] {
        let control = json!({ "failRegions": [0], "failStatus": status });
        let (room, retried) = create_room(programmed_cloud(control)).await;
        assert_eq!(twirp_error(room).code, code);
        assert!(retried.is_empty());
    }
    report("no-retry-4xx", Outcome::Works);
}

#[tokio::test]
async fn of_a_dropped_connection() {
    let control = json!({ "failRegions": [0], "failMode": "drop" });
    let (room, retried) = create_room(programmed_cloud(control)).await;
    assert_eq!(room.expect("region 1 answers").name, "lobby");
    assert_eq!(retried, [1]);
    report("failover-drop", Outcome::Works);
}

#[tokio::test]
async fn without_region_discovery() {
    let control = json!({ "failRegions": [0], "regionsStatus": 500 });
    let (room, retried) = create_room(programmed_cloud(control)).await;
    assert_eq!(twirp_error(room).code, ServerErrorCode::UNAVAILABLE);
    assert!(retried.is_empty());
    report("discovery-fails", Outcome::WorksBut("the first region's error reaches the caller"));
}

#[tokio::test]
async fn to_the_region_of_a_pin() {
    let (room, retried) =
        create_room(programmed_cloud(json!({ "pinnedRegions": ["region-1"] }))).await;
    // A client that follows the pin ends in region 1 with a room.
    let Err(ServiceError::Twirp(ServerError::Request(error))) = room else {
        panic!("expected the body of the 451 to be unreadable, got {room:?}");
    };
    assert!(error.is_decode(), "{error:?}");
    assert!(retried.is_empty());
    report(
        "pinned",
        Outcome::Wrong(
            "the client does not go on to the region that is allowed, and it reads the plain text of the 451 as JSON: \
             the caller sees an error in decoding, and no status",
        ),
    );
}
