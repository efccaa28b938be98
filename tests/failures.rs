//! What a failure says, and how discovery fails (`docs/BEHAVIOUR.md`, Failing).

mod support;

use std::time::{Duration, Instant};

use livekit_mock::{Control, FailMode, Grants, Mock};
use serde_json::json;

use support::{Answer, CREATE_ROOM, get, post, start};

const REGIONS: &str = "/settings/regions";

async fn failed(mock: &Mock, control: &str) -> Answer {
    post(mock, 0, CREATE_ROOM, &[("x-lk-mock", control)], "{}").await
}

/// What is said of the control, beside the missing token.
fn told(answer: &Answer) -> Vec<&str> {
    let missing = |warning: &&str| !warning.starts_with("served without");
    answer.warnings().into_iter().filter(missing).collect()
}

#[tokio::test]
async fn message_and_meta_are_those_of_the_twirp_error() {
    let mock = start(Mock::builder()).await;
    for mode in ["status", "delay", "drip"] {
        let control = format!(
            r#"{{"failRegions":[0],"failMode":"{mode}","failStatus":404,"failMessage":"no <such> room","failMeta":{{"b":"2","a":"1"}}}}"#
        );
        let control = control.replace("\"drip\"", "\"drip\",\"dripMs\":1");
        let headers = [("x-lk-mock", control.as_str()), ("x-lk-mock-delay-ms", "1")];
        let headers = if mode == "delay" { &headers[..] } else { &headers[..1] };
        let answer = post(&mock, 0, CREATE_ROOM, headers, "{}").await;
        assert_eq!(answer.status, 404);
        assert_eq!(
            answer.json(),
            json!({"code":"not_found","msg":"no <such> room","meta":{"a":"1","b":"2"}})
        );
        assert_eq!(told(&answer), [""; 0]);
    }
}

#[tokio::test]
async fn a_body_takes_the_place_of_the_error() {
    let mock = start(Mock::builder()).await;
    for (body, given, expected) in [
        ("<h1>Bad gateway</h1>", "", "text/html; charset=utf-8"),
        ("\\n <h1>", "", "text/html; charset=utf-8"),
        ("upstream timed out", "", "text/plain; charset=utf-8"),
        ("", "", "text/plain; charset=utf-8"),
        ("{}", r#","failContentType":"application/problem+json""#, "application/problem+json"),
    ] {
        let control =
            format!(r#"{{"failRegions":[0],"failStatus":502,"failBody":"{body}"{given}}}"#);
        let answer = failed(&mock, &control).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (502, Some(expected)));
        assert_eq!(answer.text(), body.replace("\\n", "\n"));
        assert_eq!(answer.header("x-lk-mock-region"), Some(""));
    }
}

#[tokio::test]
async fn headers_go_with_the_failure_but_for_those_of_the_server() {
    let mock = start(Mock::builder()).await;
    let control = r#"{"failRegions":[0],"failStatus":429,"failHeaders":{"Retry-After":"2","connection":"close","X-Lk-Mock-Region":"9","Content-Type":"a/b","bad name":"x","B":"a\nb"}}"#;
    let answer = failed(&mock, control).await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, Some("2")));
    assert_eq!(answer.header("x-lk-mock-region"), Some(""));
    let all = told(&answer).join("\n");
    for part in [
        "leaves out connection, which the server sends itself",
        "leaves out X-Lk-Mock-Region, which the server sends itself",
        "leaves out Content-Type: failContentType sets it",
        "leaves out \"bad name\", which is not a header's name",
    ] {
        assert!(all.contains(part), "{part}: {all}");
    }
    let good = post(&mock, 1, CREATE_ROOM, &[("x-lk-mock", control)], "{}").await;
    assert_eq!((good.status.as_u16(), good.header("retry-after")), (200, None));
}

#[tokio::test]
async fn at_most_32_headers_are_sent() {
    let mock = start(Mock::builder()).await;
    let many: serde_json::Map<_, _> =
        (0..40).map(|number| (format!("a-{number:02}"), json!("x"))).collect();
    let control = json!({"failRegions": [0], "failHeaders": many}).to_string();
    let answer = failed(&mock, &control).await;
    let sent = answer.headers.keys().filter(|name| name.as_str().starts_with("a-")).count();
    assert_eq!(sent, 32);
    assert!(told(&answer)[0].contains("beyond 32 headers"), "{:?}", told(&answer));
}

#[tokio::test]
async fn the_signalling_says_it_as_text() {
    let mock = start(Mock::builder()).await;
    let token = |control: &str| {
        mock.token().attribute("lk.mock", control).grants(Grants::all("r")).to_jwt()
    };
    for (control, body, content) in [
        (r#"{"failRegions":[0],"failMessage":"later"}"#, "later", "text/plain; charset=utf-8"),
        (r#"{"failRegions":[0],"failBody":"<p>"}"#, "<p>", "text/html; charset=utf-8"),
    ] {
        for path in ["/rtc", "/rtc/validate", "/rtc/v1", "/rtc/v1/validate"] {
            let answer =
                get(&mock, 0, &format!("{path}?access_token={}", token(control)), &[]).await;
            assert_eq!((answer.status.as_u16(), answer.text()), (503, body), "{path}");
            assert_eq!(answer.header("content-type"), Some(content));
        }
    }
    for mode in ["truncate", "drip"] {
        let control = format!(r#"{{"failRegions":[0],"failMode":"{mode}"}}"#);
        let path = format!("/rtc/validate?access_token={}", token(&control));
        let answer = get(&mock, 0, &path, &[]).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, "success"));
        let warning = "failMode truncate and drip have no effect on signalling: nothing fails";
        assert_eq!(told(&answer), [warning]);
    }
}

#[tokio::test]
async fn what_is_said_in_vain_is_told() {
    let mock = start(Mock::builder()).await;
    for (control, expected) in [
        (
            r#"{"failMessage":"x"}"#,
            "failMessage has no effect without failRegions, failTimes or failRate",
        ),
        (
            r#"{"failRegions":[1],"failContentType":"a/b"}"#,
            "failContentType has no effect without failBody",
        ),
        (
            r#"{"failRegions":[1],"failMode":"hang","failBody":"x"}"#,
            "failBody has no effect in a mode that ends without an answer",
        ),
        (
            r#"{"failRegions":[1],"failMode":"drip","failMeta":{}}"#,
            "failMeta has no effect without failStatus, as the good answer is sent",
        ),
        (
            r#"{"failRegions":[1],"failBody":"x","failMessage":"y"}"#,
            "failMessage has no effect beside failBody",
        ),
        (r#"{"dripMs":5}"#, "dripMs counts only in mode drip; delayMs delays any answer"),
        (r#"{"seed":5}"#, "seed has no effect without failRate or delayJitterMs"),
        (
            r#"{"failTimes":-1}"#,
            "X-Lk-Mock: \"failTimes\" must be from 0 to 4294967295, not -1; ignored",
        ),
        (
            r#"{"failRate":1.5}"#,
            "X-Lk-Mock: \"failRate\" must be a number from 0 to 1, not 1.5; ignored",
        ),
        (
            r#"{"failRegions":[1],"failBody":"x","failContentType":"text/h\u00fcml"}"#,
            "X-Lk-Mock: \"failContentType\" must be such as text/html, in plain ASCII; ignored",
        ),
        (
            r#"{"failRegions":[1],"failMeta":{"a":1}}"#,
            "X-Lk-Mock: \"failMeta\" must be an object of strings such as {\"a\":\"b\"}, not {\"a\":1}; ignored",
        ),
        (
            r#"{"failRegions":[1],"failMode":"hung"}"#,
            "X-Lk-Mock: \"failMode\" must be status, drop, delay, reset, hang, truncate, garbage or drip, not \"hung\"; status is used",
        ),
    ] {
        let answer = failed(&mock, control).await;
        assert_eq!((answer.status.as_u16(), told(&answer)), (200, vec![expected]), "{control}");
    }
}

#[test]
fn a_builder_says_what_can_not_be_sent() {
    let control = || Control::new().fail_regions([0]);
    assert!(control().fail_headers([("Retry-After", "2")]).is_ok());
    for (error, expected) in [
        (
            control().fail_headers([("Content-Length", "2")]),
            "fail_headers: leaves out Content-Length",
        ),
        (control().fail_rate(1.5), "fail_rate: must be a number from 0 to 1, not 1.5"),
        (control().fail_content_type("a\nb"), "fail_content_type: must be such as text/html"),
        (control().fail_content_type("text/hüml"), "fail_content_type: must be such as text/html"),
    ] {
        let error = error.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let control = control().fail_mode(FailMode::Truncate).fail_times(2).key("test").json();
    assert_eq!(control, r#"{"failRegions":[0],"failMode":"truncate","failTimes":2,"key":"test"}"#);
}

// === Discovery ===

#[tokio::test]
async fn discovery_fails_by_its_own_mode() {
    let mock = start(Mock::builder()).await;
    for (control, status, body) in [
        (r#"{"regionsMode":"status","regionsStatus":502}"#, 502, ""),
        (r#"{"regionsMode":"drip","dripMs":1,"regionsStatus":502}"#, 502, ""),
    ] {
        let answer = get(&mock, 0, REGIONS, &[("x-lk-mock", control)]).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (status, body), "{control}");
        assert_eq!(told(&answer), [""; 0]);
    }
    // 200 changes nothing.
    let listed = get(&mock, 0, REGIONS, &[]).await;
    for mode in ["status", "delay", "drip"] {
        let control = format!(r#"{{"regionsMode":"{mode}","regionsStatus":200}}"#);
        let control = control.replace("drip\"", "drip\",\"dripMs\":1");
        let headers = [("x-lk-mock", control.as_str()), ("x-lk-mock-delay-ms", "1")];
        let answer = get(&mock, 0, REGIONS, &headers).await;
        assert_eq!((answer.status, answer.text()), (listed.status, listed.text()), "{mode}");
    }
    let alone = get(&mock, 0, REGIONS, &[("x-lk-mock", r#"{"regionsMode":"status"}"#)]).await;
    assert_eq!(alone.status, 200);
    assert_eq!(told(&alone), ["regionsMode status has no effect without regionsStatus"]);
}

#[tokio::test]
async fn discovery_is_late_by_the_header_of_late_failures() {
    let mock = start(Mock::builder()).await;
    for (control, status) in [
        (r#"{"regionsMode":"delay"}"#, 503),
        (r#"{"regionsMode":"delay","regionsStatus":404}"#, 404),
    ] {
        let begun = Instant::now();
        let headers = [("x-lk-mock", control), ("x-lk-mock-delay-ms", "80")];
        let answer = get(&mock, 0, REGIONS, &headers).await;
        assert_eq!((answer.status.as_u16(), told(&answer)), (status, vec![]));
        assert!(begun.elapsed() >= Duration::from_millis(80));
    }
}

#[tokio::test]
async fn calls_do_not_fail_by_the_mode_of_discovery_nor_the_other_way_round() {
    let mock = start(Mock::builder()).await;
    let control = r#"{"regionsMode":"reset"}"#;
    assert_eq!(failed(&mock, control).await.status, 200);
    let control = r#"{"failRegions":[0],"failMode":"reset"}"#;
    assert_eq!(get(&mock, 0, REGIONS, &[("x-lk-mock", control)]).await.status, 200);
}
