//! Pages of any origin may make calls and read every answer, including failures
//! (`docs/BEHAVIOUR.md`, Paths).

mod support;

use livekit_mock::{Auth, Mock};

use support::{Answer, CREATE_ROOM, address, call, get, post, raw, soon, start};

const REGIONS: &str = "/settings/regions";

fn assert_readable(answer: &Answer, what: &str) {
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{what}");
    let exposed = answer.header("access-control-expose-headers");
    assert_eq!(exposed, Some("X-Lk-Mock-Region, X-Lk-Mock-Warning"), "{what}");
}

#[tokio::test]
async fn every_answer_can_be_read_by_a_page() {
    let mock = start(Mock::builder()).await;
    for (path, control, status) in [
        (CREATE_ROOM, "{}", 200),
        (CREATE_ROOM, "{\"auth\":\"strict\"}", 401),
        (CREATE_ROOM, "{\"failRegions\":[0]}", 503),
        (CREATE_ROOM, "{\"failRegions\":[0],\"failStatus\":204}", 204),
        (CREATE_ROOM, "{\"failRegions\":[0],\"failStatus\":304}", 304),
        (CREATE_ROOM, "{\"pinnedRegions\":[\"region-1\"]}", 451),
        (CREATE_ROOM, "{\"strict\":true,\"nope\":1}", 400),
        (
            "/twirp/livekit.SIP/TransferSIPParticipant",
            "{\"delayMs\":0,\"sipStatus\":{\"code\":486}}",
            412,
        ),
        ("/twirp/livekit.Nope/X", "{}", 200),
        ("/twirp/livekit.Nope/X", "{\"strict\":true}", 404),
        (REGIONS, "{}", 200),
        (REGIONS, "{\"regionsStatus\":500}", 500),
        ("/rtc/validate", "{}", 401),
        ("/rtc/v1/validate", "{}", 401),
        ("/rtc", "{}", 401),
        ("/", "{}", 200),
        ("/_test/health", "{}", 200),
        ("/nothing", "{}", 404),
    ] {
        let headers = [("x-lk-mock", control), ("origin", "http://a.test")];
        let answer = post(&mock, 0, path, &headers, "{}").await;
        assert_eq!(answer.status, status, "{path} {control}");
        assert_readable(&answer, &format!("{path} {control}"));
    }
    let answer = call(&mock, 0, "POST", CREATE_ROOM, &[], vec![b'x'; (8 << 20) + 1]).await;
    assert_readable(&answer.expect("an answer"), "a body that is too large");
}

#[tokio::test]
async fn a_preflight_is_answered_with_what_it_asks_for() {
    let mock = start(Mock::builder().auth(Auth::Strict)).await;
    for path in [CREATE_ROOM, "/twirp/x", REGIONS, "/rtc/validate", "/rtc/v1/validate"] {
        let headers = [
            ("origin", "http://a.test"),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,content-type,x-lk-mock"),
            ("x-lk-mock", "{\"failRegions\":[0],\"regionsStatus\":500}"),
        ];
        let answer = call(&mock, 0, "OPTIONS", path, &headers, "").await.expect("an answer");
        assert_eq!((answer.status.as_u16(), answer.text()), (204, ""), "{path}");
        assert_readable(&answer, path);
        assert_eq!(answer.header("access-control-allow-methods"), Some("POST"));
        let allowed = answer.header("access-control-allow-headers");
        assert_eq!(allowed, Some("authorization,content-type,x-lk-mock"));
        assert_eq!(answer.header("access-control-allow-private-network"), None);
    }
}

#[tokio::test]
async fn a_preflight_may_ask_for_less_or_for_the_private_network() {
    let mock = start(Mock::builder()).await;
    let headers = [("access-control-request-method", "GET")];
    let answer = call(&mock, 0, "OPTIONS", REGIONS, &headers, "").await.expect("an answer");
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-headers"), None);
    let headers = [
        ("access-control-request-method", "GET"),
        ("access-control-request-private-network", "true"),
    ];
    let answer = call(&mock, 0, "OPTIONS", REGIONS, &headers, "").await.expect("an answer");
    assert_eq!(answer.header("access-control-allow-private-network"), Some("true"));
}

#[tokio::test]
async fn options_without_a_question_is_a_plain_request() {
    let mock = start(Mock::builder().auth(Auth::Strict)).await;
    let answer = call(&mock, 0, "OPTIONS", CREATE_ROOM, &[], "").await.expect("an answer");
    assert_eq!(answer.status, 401, "as from the reference");
    let answer = get(&mock, 0, CREATE_ROOM, &[("access-control-request-method", "POST")]).await;
    assert_eq!(answer.status, 401, "no preflight without OPTIONS");
    for path in ["/", "/nothing"] {
        let headers = [("access-control-request-method", "GET")];
        let answer = call(&mock, 0, "OPTIONS", path, &headers, "").await.expect("an answer");
        assert_ne!(answer.status, 204, "{path}");
    }
}

/// Answers that are given before a request is read completely.
#[tokio::test]
async fn a_head_that_is_no_request_is_answered_400() {
    let mock = start(Mock::builder()).await;
    let answer = soon(raw::exchange(address(&mock, 0), b"nonsense\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer:?}");
}
