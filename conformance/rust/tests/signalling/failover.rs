//! The client fails over for hosts under livekit.cloud alone, so these tests use the mock
//! that is advertised under such a name.

use livekit_mock_conformance::{
    ENVIRONMENT, Outcome, attempts,
    signalling::{PATHS, Path, connect, report, token, token_by_key},
};
use livekit_signaling::{RegionUrlProvider, SignalError};
use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard};

/// The client keeps the region list for the whole process: one test at a time, each with none.
static TURN: Mutex<()> = Mutex::const_new(());

pub async fn turn() -> MutexGuard<'static, ()> {
    let turn = TURN.lock().await;
    RegionUrlProvider::clear();
    turn
}

/// The region that was joined, or the error, and every attempt.
async fn try_regions(token: &str, path: Path) -> (Result<String, SignalError>, Vec<String>) {
    let url = &ENVIRONMENT.cloud_urls[0];
    let (result, attempts) = attempts::during(connect(url, token, path)).await;
    match result {
        Ok(joined) => {
            joined.client.close().await;
            (Ok(joined.join.server_info.expect("a server").region), attempts)
        }
        Err(error) => (Err(error), attempts),
    }
}

async fn joins(control: Value, path: Path, region: &str, expected: &[usize]) {
    let (joined, attempts) = try_regions(&token(control), path).await;
    assert_eq!(joined.expect("it joins"), region);
    assert_eq!(attempts, on(path, expected));
}

fn on(path: Path, regions: &[usize]) -> Vec<String> {
    regions.iter().map(|region| format!("{region} {}", path.name)).collect()
}

const TWICE: &str =
    "Region 0 is asked twice: once by the URL given, once as the first of the region list.";

#[tokio::test]
async fn to_the_next_region() {
    let _turn = turn().await;
    for path in PATHS {
        joins(json!({ "failRegions": [0], "failStatus": 500 }), path, "region-1", &[0, 0, 1]).await;
    }
    report("signal-failover-0-1", Outcome::WorksBut(TWICE));
}

#[tokio::test]
async fn to_the_third_region() {
    let _turn = turn().await;
    joins(json!({ "failRegions": [0, 1] }), PATHS[1], "region-2", &[0, 0, 1, 2]).await;
    report("signal-failover-01-2", Outcome::Works);
}

#[tokio::test]
async fn with_all_regions_down() {
    let _turn = turn().await;
    let (result, attempts) =
        try_regions(&token(json!({ "failRegions": [0, 1, 2, 3] })), PATHS[0]).await;
    let error = result.expect_err("no region is up");
    assert!(
        matches!(&error, SignalError::Server(status, _) if status.as_u16() == 503),
        "{error:?}"
    );
    assert_eq!(attempts, on(PATHS[0], &[0, 0, 1, 2, 3]));
    report("signal-failover-all-down", Outcome::Works);
}

#[tokio::test]
async fn of_a_quota() {
    let _turn = turn().await;
    joins(json!({ "failRegions": [0], "failStatus": 429 }), PATHS[0], "region-1", &[0, 0, 1]).await;
    report(
        "signal-failover-429",
        Outcome::Wrong(
            "After a 429 it tries the next region, as after a 5xx, although a quota is that of the whole project (livekit/client-sdk-flutter#1204 keeps it final).",
        ),
    );
}

#[tokio::test]
async fn of_a_dropped_connection() {
    let _turn = turn().await;
    joins(json!({ "failRegions": [0], "failMode": "drop" }), PATHS[0], "region-1", &[0, 0, 1])
        .await;
    report("signal-failover-drop", Outcome::Works);
}

#[tokio::test]
async fn to_the_region_of_a_pin() {
    let _turn = turn().await;
    joins(json!({ "pinnedRegions": ["region-2"] }), PATHS[0], "region-2", &[0, 0, 1, 2]).await;
    // With the pin in the API key the region list has it too.
    RegionUrlProvider::clear();
    let by_key = token_by_key(json!({ "pinnedRegions": ["region-2"] }));
    let (joined, attempts) = try_regions(&by_key, PATHS[0]).await;
    assert_eq!(joined.expect("it joins"), "region-2");
    assert_eq!(attempts, on(PATHS[0], &[0, 2]));
    report(
        "signal-failover-pinned",
        Outcome::WorksBut(
            "By a 403. The client asks for the region list with its token, so a pin in the API key shortens that list; one in `lk.mock` does not.",
        ),
    );
}

#[tokio::test]
async fn without_a_region_list() {
    let _turn = turn().await;
    let no_list = token_by_key(json!({ "failRegions": [0], "regionsStatus": 500 }));
    let (result, attempts) = try_regions(&no_list, PATHS[0]).await;
    let error = result.expect_err("region 0 is down");
    assert!(
        matches!(&error, SignalError::Server(status, _) if status.as_u16() == 503),
        "{error:?}"
    );
    assert_eq!(attempts, on(PATHS[0], &[0]));

    // Outside livekit.cloud no list is asked for.
    let failing = token(json!({ "failRegions": [0] }));
    let call = connect(&ENVIRONMENT.urls[0], &failing, PATHS[0]);
    let (result, attempts) = attempts::during(call).await;
    assert!(result.is_err());
    assert_eq!(attempts, on(PATHS[0], &[0]));
    report(
        "signal-failover-discovery",
        Outcome::WorksBut("The first region's error reaches the caller."),
    );
}
