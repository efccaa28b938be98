//! Paths as clients write them: escaped, with a slash too many, or wrong.

mod support;

use livekit_mock::Mock;
use support::{CREATE_ROOM, call, get, post, start};

#[tokio::test]
async fn escapes_in_a_path_are_decoded() {
    let mock = start(Mock::builder()).await;
    for path in
        ["/%74wirp/livekit.RoomService/CreateRoom", "/twirp%2Flivekit.RoomService%2FCreate%52oom"]
    {
        assert_eq!(
            post(&mock, 0, path, &[], r#"{"name":"a"}"#).await.json()["name"],
            "a",
            "{path}"
        );
    }
    let regions = get(&mock, 0, "/settings%2Fregions", &[]).await;
    assert_eq!(regions.json()["regions"][0]["region"], "region-0");
    for path in ["/rtc%2Fvalidate", "/rtc/%76alidate", "/rtc/v1%2fvalidate"] {
        assert_eq!(get(&mock, 0, path, &[]).await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn double_slashes_and_dots_change_nothing() {
    let mock = start(Mock::builder()).await;
    for path in [
        "//twirp/livekit.RoomService/CreateRoom",
        "/twirp//livekit.RoomService///CreateRoom",
        "/twirp/./livekit.RoomService/CreateRoom",
        "/x/../twirp/livekit.RoomService/CreateRoom",
        "/%2e%2e/twirp/livekit.RoomService/CreateRoom",
    ] {
        assert_eq!(
            post(&mock, 0, path, &[], r#"{"name":"a"}"#).await.json()["name"],
            "a",
            "{path}"
        );
    }
    assert_eq!(get(&mock, 0, "//settings/regions", &[]).await.status, 200);
    assert_eq!(get(&mock, 0, "//rtc//validate", &[]).await.status, 401);
    assert_eq!(get(&mock, 0, "//_test/health", &[]).await.text(), "ok");
}

#[tokio::test]
async fn a_path_with_a_broken_escape_is_refused_with_a_sentence() {
    let mock = start(Mock::builder()).await;
    for (path, escape) in [("/twirp/a%zz", "%zz"), ("/%", "%"), ("/settings/regions%2", "%2")] {
        let answer = get(&mock, 0, path, &[]).await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.text().starts_with("400 Bad Request"), "{}", answer.text());
        assert!(answer.warnings()[0].starts_with(&format!("\"{escape}\" in the path")), "{path}");
    }
}

#[tokio::test]
async fn an_unknown_method_gets_only_real_ones_as_suggestions() {
    let mock = start(Mock::builder()).await;
    for (call, meant) in [
        ("livekit.RoomService/CreateRom", "livekit.RoomService/CreateRoom"),
        ("livekit.SIPService/ListSIPTrunk", "livekit.SIP/ListSIPTrunk"),
        ("RoomService/CreateRoom", "livekit.RoomService/CreateRoom"),
        ("livekit.Rooms/createroom", "livekit.RoomService/CreateRoom"),
        ("CreateRoom", "livekit.RoomService/CreateRoom"),
        ("livekit.Egress/ListIngress", "livekit.Ingress/ListIngress"),
        ("livekit.RoomService/CreateRoom/", "livekit.RoomService/CreateRoom"),
    ] {
        let answer = post(&mock, 0, &format!("/twirp/{call}"), &[], "{}").await;
        assert_eq!(answer.status, 200);
        let warning = answer.warnings()[0];
        assert!(warning.contains(&format!("did you mean \"{meant}\"?")), "{call}: {warning}");
    }
    for call in ["livekit.RoomService/Zebra", "x", ""] {
        let answer = post(&mock, 0, &format!("/twirp/{call}"), &[], "{}").await;
        let warning = answer.warnings()[0];
        assert!(warning.contains("a call is SERVICE/METHOD, such as"), "{call}: {warning}");
    }
}

#[tokio::test]
async fn the_prefix_is_only_suggested_for_a_path_that_may_be_a_call() {
    let mock = start(Mock::builder()).await;
    let warning = |path: &'static str| {
        let mock = &mock;
        async move {
            let answer = get(mock, 0, path, &[]).await;
            assert_eq!((answer.status.as_u16(), answer.text()), (404, "404 page not found\n"));
            answer.warnings().concat()
        }
    };
    assert_eq!(warning("/favicon.ico").await, "no such path: \"/favicon.ico\"");
    assert!(warning("/rtc/v2").await.ends_with("did you mean \"/rtc/v1\"?"));
    assert!(warning("/livekit.SIP/ListSIPTrunk").await.ends_with("begins with /twirp/"));
    assert!(warning("/twirp").await.ends_with("a call is /twirp/SERVICE/METHOD"));
    let answer = call(&mock, 0, "POST", CREATE_ROOM, &[], "").await.expect("an answer");
    assert!(!answer.warnings().iter().any(|warning| warning.contains("no such path")));
}
