//! What the client does when the network breaks. Each connection goes over a [`Wire`] of
//! its own, which sees every request and cannot be seen. A connection has no id: the
//! control's `key` is its.

use std::time::{Duration, Instant};

use livekit_mock_conformance::{
    ENVIRONMENT, Outcome,
    clock::with_waits,
    signalling::{Joined, PATHS, Path, connect, connect_within, report_does, token_by_both},
    wire::Wire,
};
use livekit_signaling::{RegionUrlProvider, SignalError};
use serde_json::{Value, json};

use crate::failover::turn;

/// A wire before these regions, and a token that leads over it.
async fn over_wire(regions: &[String], mut control: Value, key: &str) -> (Wire, String) {
    RegionUrlProvider::clear();
    let wire = Wire::before(regions).await;
    control["key"] = format!("signalling {key} {}", regions[0]).into();
    let token = token_by_both(json!({ "advertise": wire.urls }), control);
    (wire, token)
}

/// The region that was joined, or the error.
async fn outcome(joined: Result<Joined, SignalError>) -> Result<String, SignalError> {
    let joined = joined?;
    joined.client.close().await;
    Ok(joined.join.server_info.expect("a server").region)
}

/// Joins under the host for which the client fails over; these requests have to be sent,
/// where `/rtc` stands for either path.
async fn joins(control: Value, key: &str, region: &str, expected: &[&str]) {
    for path in PATHS {
        let key = format!("{key} {}", path.name);
        let (wire, token) = over_wire(&ENVIRONMENT.cloud_urls, control.clone(), &key).await;
        let result = outcome(connect(&wire.urls[0], &token, path).await).await;
        assert_eq!(result.expect("it joins"), region);
        was_sent(&wire, path, expected);
    }
}

/// The error of a connection to a plain host, the same on both paths.
async fn fails(control: Value, key: &str, expected: &[&str]) -> SignalError {
    let mut errors = Vec::new();
    for path in PATHS {
        let key = format!("{key} {}", path.name);
        let (wire, token) = over_wire(&ENVIRONMENT.urls, control.clone(), &key).await;
        let result = outcome(connect(&wire.urls[0], &token, path).await).await;
        errors.push(result.expect_err("it fails"));
        was_sent(&wire, path, expected);
    }
    assert_eq!(errors[0].to_string(), errors[1].to_string());
    errors.remove(0)
}

fn was_sent(wire: &Wire, path: Path, expected: &[&str]) {
    let expected: Vec<_> = expected.iter().map(|line| line.replace("/rtc", path.name)).collect();
    assert_eq!(wire.lines(), expected);
    assert!(wire.ids().iter().all(Option::is_none), "it sends ids: {:?}", wire.ids());
}

#[track_caller]
fn is_server_error(error: &SignalError, status: u16, text: &str) {
    let SignalError::Server(its_status, its_text) = error else { panic!("{error:?}") };
    assert_eq!((its_status.as_u16(), its_text.as_str()), (status, text));
}

const TWICE: &str = "0 → 0 → 1, no id: joined";

#[tokio::test]
async fn reset() {
    let _turn = turn().await;
    let control = json!({ "failRegions": [0], "failMode": "reset" });
    let requests = [
        "0 /rtc reset",
        "0 /rtc/validate reset",
        "0 regions 200",
        "0 /rtc reset",
        "0 /rtc/validate reset",
        "1 /rtc 101, try 3",
    ];
    joins(control.clone(), "reset", "region-1", &requests).await;
    let error = fails(control, "reset", &requests[..2]).await;
    let SignalError::Connection(text) = &error else { panic!("{error:?}") };
    assert_eq!(text, "IO error: Connection reset by peer (os error 104)");
    report_does(
        "net-reset",
        TWICE,
        Outcome::WorksBut(
            "Each failed upgrade is followed by its validate, and region 0 has two tries. With a plain host it is asked once: `Connection`, whose text says that the connection was reset.",
        ),
    );
}

#[tokio::test]
async fn hang() {
    let _turn = turn().await;
    let control = json!({ "failRegions": [0], "failMode": "hang" });
    let requests = [
        "0 /rtc",
        "0 /rtc/validate",
        "0 regions 200",
        "0 /rtc",
        "0 /rtc/validate",
        "1 /rtc 101, try 3",
    ];
    let (upgrade, validate) = (Duration::from_secs(5), Duration::from_secs(3));
    for path in PATHS {
        let key = format!("hang {}", path.name);
        let (wire, token) = over_wire(&ENVIRONMENT.cloud_urls, control.clone(), &key).await;
        let waits = [(1, upgrade), (2, validate), (4, upgrade), (5, validate)];
        let joined = with_waits(&wire, &waits, connect(&wire.urls[0], &token, path)).await;
        assert_eq!(outcome(joined).await.expect("it joins"), "region-1");
        was_sent(&wire, path, &requests);

        // The application's time-out is that of the upgrade alone.
        let (wire, token) = over_wire(&ENVIRONMENT.urls, control.clone(), &key).await;
        let call = connect_within(Duration::from_millis(300), &wire.urls[0], &token, path);
        let joined = with_waits(&wire, &[(2, validate)], call).await;
        let error = outcome(joined).await.expect_err("it gives up");
        assert!(matches!(error, SignalError::Timeout(_)), "{error:?}");
        was_sent(&wire, path, &requests[..2]);
    }
    report_does(
        "net-hang",
        TWICE,
        Outcome::WorksBut(
            "`connect_timeout` (5 s by default) is the time of an upgrade alone: the validate that follows has 3 s, and region 0 has both twice, so region 1 is asked after 16 s. With a plain host it is `Timeout`, 3 s after the time-out that the application set.",
        ),
    );
}

#[tokio::test]
async fn garbage() {
    let _turn = turn().await;
    let control = json!({ "failRegions": [0], "failMode": "garbage" });
    let requests = [
        "0 /rtc garbage",
        "0 /rtc/validate garbage",
        "0 regions 200",
        "0 /rtc garbage",
        "0 /rtc/validate garbage",
        "1 /rtc 101, try 3",
    ];
    joins(control.clone(), "garbage", "region-1", &requests).await;
    let error = fails(control, "garbage", &requests[..2]).await;
    let SignalError::Connection(text) = &error else { panic!("{error:?}") };
    assert_eq!(text, "WebSocket protocol error: httparse error: invalid HTTP version");
    report_does(
        "net-garbage",
        TWICE,
        Outcome::WorksBut(
            "With a plain host it is asked once: `Connection`, whose text says that the HTTP is invalid.",
        ),
    );
}

#[tokio::test]
async fn html() {
    let _turn = turn().await;
    let page = "<html><body>502 Bad Gateway</body></html>";
    let control = json!({ "failRegions": [0], "failStatus": 502, "failBody": page });
    let requests = [
        "0 /rtc 502, try 1",
        "0 /rtc/validate 502, try 1",
        "0 regions 200",
        "0 /rtc 502, try 2",
        "0 /rtc/validate 502, try 2",
        "1 /rtc 101, try 3",
    ];
    joins(control.clone(), "html", "region-1", &requests).await;
    is_server_error(&fails(control, "html", &requests[..2]).await, 502, page);
    report_does(
        "net-html-502",
        TWICE,
        Outcome::WorksBut(
            "With a plain host it is asked once: `Server`, with the status and the whole page as the text of validate.",
        ),
    );
}

const UNAVAILABLE: &str = "mock failure (status 503)";

#[tokio::test]
async fn fails_once() {
    let _turn = turn().await;
    let requests =
        ["0 /rtc 503, try 1", "0 /rtc/validate 503, try 1", "0 regions 200", "0 /rtc 101, try 2"];
    joins(json!({ "failTimes": 1 }), "once", "region-0", &requests).await;
    let error = fails(json!({ "failTimes": 1 }), "once", &requests[..2]).await;
    is_server_error(&error, 503, UNAVAILABLE);
    report_does(
        "net-fails-once",
        "0 → 0, no id: joined",
        Outcome::WorksBut(
            "The first of the region list is region 0 again, so it joins there. With a plain host it is asked once: `Server` 503.",
        ),
    );
}

#[tokio::test]
async fn fails_in_turn() {
    let _turn = turn().await;
    let requests = [
        "0 /rtc 503, try 1",
        "0 /rtc/validate 503, try 1",
        "0 regions 200",
        "0 /rtc 503, try 2",
        "0 /rtc/validate 503, try 2",
        "1 /rtc 503, try 3",
        "1 /rtc/validate 503, try 3",
        "2 /rtc 503, try 4",
        "2 /rtc/validate 503, try 4",
        "3 /rtc 101, try 5",
    ];
    let begin = Instant::now();
    joins(json!({ "failTimes": 4 }), "in turn", "region-3", &requests).await;
    assert!(begin.elapsed() < Duration::from_secs(3), "it waits between its tries");

    // One more, and every try that there is has failed.
    let path = PATHS[0];
    let (wire, token) = over_wire(&ENVIRONMENT.cloud_urls, json!({ "failTimes": 5 }), "all").await;
    let error = outcome(connect(&wire.urls[0], &token, path).await).await;
    is_server_error(&error.expect_err("no region is left"), 503, UNAVAILABLE);
    let last = ["3 /rtc 503, try 5", "3 /rtc/validate 503, try 5"];
    was_sent(&wire, path, &[&requests[..9], &last].concat());
    report_does(
        "net-fails-in-turn",
        "0 → 0 → 1 → 2 → 3, no id: joined",
        Outcome::WorksBut(
            "Five tries are all: one by the URL given, and one for each region of the list, however many it has, without a wait between them. After a fifth failure it is `Server` 503.",
        ),
    );
}
