//! The control: its fields, the headers and keys that it can be in, and which of them wins
//! (`docs/BEHAVIOUR.md`, The control).

mod support;

use std::time::{Duration, Instant};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use livekit_mock::{AccessToken, Auth, Control, Mock};
use serde_json::json;

use support::{
    Answer, CREATE_ROOM, address, all_grants, call_at, create_room, get, post, soon, start,
};

const REGIONS: &str = "/settings/regions";
const TRANSFER_SIP: &str = "/twirp/livekit.SIP/TransferSIPParticipant";

async fn served() -> Mock {
    start(Mock::builder()).await
}

/// A call in region 0 with these headers and a token that allows everything.
async fn with(mock: &Mock, headers: &[(&str, &str)]) -> Answer {
    let token = all_grants(mock);
    let mut all = vec![("authorization", token.as_str())];
    all.extend(headers);
    soon(post(mock, 0, CREATE_ROOM, &all, "{\"name\":\"a\"}")).await
}

fn region_names(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let regions = body["regions"].as_array().cloned().unwrap_or_default();
    regions.iter().map(|region| region["region"].as_str().expect("a name").to_owned()).collect()
}

// === The header ===

#[tokio::test]
async fn a_valid_control_causes_no_warning() {
    let mock = served().await;
    for control in [
        "{}",
        "",
        " {\"failRegions\" : [] } ",
        "{\"failRegions\":[1],\"failMode\":\"status\",\"failStatus\":500,\"failTwirpCode\":\"x\"}",
        "{\"delayMs\":0,\"regionsStatus\":200,\"skipAuth\":false,\"auth\":\"strict\",\"strict\":false}",
        "{\"response\":{\"sid\":\"RM_1\"},\"pinnedRegions\":[\"region-0\"]}",
        "{\"failRegions\":null,\"failMode\":null,\"failStatus\":null,\"failTwirpCode\":null,\
         \"delayMs\":null,\"regionsStatus\":null,\"skipAuth\":null,\"auth\":null,\"strict\":null,\
         \"sipStatus\":null,\"pinnedRegions\":null}",
    ] {
        let answer = create_room(&mock, 0, control).await;
        assert_eq!((answer.status.as_u16(), answer.warnings()), (200, vec![]), "{control}");
    }
}

#[tokio::test]
async fn names_of_fields_and_modes_count_in_any_case() {
    let mock = served().await;
    let control = "{\"FAILREGIONS\":[0],\"failstatus\":418,\"FailTwirpCode\":\"teapot\"}";
    let answer = create_room(&mock, 0, control).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (418, &json!("teapot")));
    for mode in ["STATUS", "Status", "", "nonsense"] {
        let control = format!("{{\"failRegions\":[0],\"failMode\":\"{mode}\"}}");
        assert_eq!(create_room(&mock, 0, &control).await.status, 503, "{mode}");
    }
}

#[tokio::test]
async fn the_last_of_a_repeated_field_wins() {
    let mock = served().await;
    let control = "{\"failStatus\":400,\"failRegions\":[0],\"FailStatus\":418}";
    assert_eq!(create_room(&mock, 0, control).await.status, 418);
    // A later one that is wrong, or null, does not count.
    for later in ["\"x\"", "null", "1.0"] {
        let control = format!("{{\"failStatus\":418,\"failRegions\":[0],\"failStatus\":{later}}}");
        assert_eq!(create_room(&mock, 0, &control).await.status, 418, "{later}");
    }
}

/// For fields that Go has as pointers, lists or maps, a later null removes the value.
#[tokio::test]
async fn a_null_removes_some_values() {
    let mock = served().await;
    for control in [
        "{\"failRegions\":[0],\"failRegions\":null}",
        "{\"pinnedRegions\":[\"region-1\"],\"PinnedRegions\":null}",
        "{\"delayMs\":60000,\"delayMs\":null}",
    ] {
        let answer = create_room(&mock, 0, control).await;
        assert_eq!(answer.status, 200, "{control}");
        assert!(answer.warnings()[0].contains("is given twice, the last one counts"), "{answer:?}");
    }
}

#[tokio::test]
async fn invalid_text_is_replaced_as_go_does() {
    let mock = served().await;
    for (control, code) in [
        (&br#"{"failRegions":[0],"failTwirpCode":"\ud83d"}"#[..], "\u{fffd}"),
        (br#"{"failRegions":[0],"failTwirpCode":"a\ud83d\ude00"}"#, "a\u{1f600}"),
        (br#"{"failRegions":[0],"\ud83d":1}"#, "unavailable"),
        (b"{\"failRegions\":[0],\"failTwirpCode\":\"\xe2\x82\"}", "\u{fffd}\u{fffd}"),
        ("{\"failRegion\u{17f}\":[0]}".as_bytes(), "unavailable"),
    ] {
        let head = b"POST /twirp/livekit.RoomService/CreateRoom HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\nX-Lk-Mock: ";
        let request = [&head[..], control, b"\r\n\r\n"].concat();
        let answer =
            support::soon(support::raw::exchange(support::address(&mock, 0), &request)).await;
        assert!(answer.contains(&format!("{{\"code\":\"{code}\"")), "{control:?}: {answer}");
    }
}

#[tokio::test]
async fn only_the_field_of_the_wrong_type_is_ignored() {
    let mock = served().await;
    for (field, values) in [
        ("failMode", &["1", "true", "[]", "{}"][..]),
        ("failStatus", &["\"500\"", "1.0", "5e2", "true", "[500]", "99999999999999999999", "-0.0"]),
        ("failTwirpCode", &["1", "null", "[\"x\"]"]),
        ("delayMs", &["\"5\"", "0.5", "1e1", "{}", "9223372036854775808"]),
        ("regionsStatus", &["\"500\"", "500.0", "[]"]),
        ("skipAuth", &["\"true\"", "1", "[]"]),
        ("auth", &["1", "\"never\"", "true", "[]"]),
        ("strict", &["\"true\"", "0", "{}"]),
        ("pinnedRegions", &["\"region-1\"", "[1]", "[\"region-1\",null]", "{}", "1"]),
        (
            "sipStatus",
            &[
                "486",
                "\"486\"",
                "[486]",
                "{\"code\":\"486\"}",
                "{\"code\":486.0}",
                "{\"status\":1}",
            ],
        ),
    ] {
        for value in values {
            let control = format!("{{\"{field}\":{value},\"failRegions\":[0],\"delayMs\":0}}");
            let answer = create_room(&mock, 0, &control).await;
            assert_eq!(answer.status, 503, "{control}");
            if *value != "null" {
                let [warning, ..] = &answer.warnings()[..] else { panic!("{control}: no warning") };
                assert!(warning.starts_with(&format!("X-Lk-Mock: \"{field}\" ")), "{warning}");
            }
        }
    }
    for regions in ["0", "\"0\"", "[0,\"0\"]", "[0,null]", "[0.0]", "[0,1.5]", "{}", "[[0]]"] {
        let control = format!("{{\"failRegions\":{regions},\"response\":{{\"sid\":\"RM_1\"}}}}");
        let answer = create_room(&mock, 0, &control).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["sid"]),
            (200, &json!("RM_1")),
            "{control}"
        );
    }
}

#[tokio::test]
async fn what_is_not_an_object_is_ignored_as_a_whole() {
    let mock = served().await;
    for control in [
        "nonsense",
        "[]",
        "null",
        "1",
        "\"x\"",
        "{\"failRegions\":[0]",
        "{\"failRegions\":[0]} x",
        "{\"failRegions\":[0]}{}",
        "{failRegions:[0]}",
        "{\"failRegions\":[0],}",
    ] {
        let answer = create_room(&mock, 0, control).await;
        assert_eq!(answer.status, 200, "{control}");
        let [warning] = &answer.warnings()[..] else {
            panic!("{control}: {:?}", answer.warnings())
        };
        assert!(warning.starts_with("X-Lk-Mock: ignored, it must be one JSON object"), "{warning}");
    }
}

#[tokio::test]
async fn the_first_of_a_repeated_header_counts() {
    let mock = served().await;
    let first = ("x-lk-mock", "{\"failRegions\":[0],\"failStatus\":418}");
    let answer = with(&mock, &[first, ("x-lk-mock", "{\"failRegions\":[]}")]).await;
    assert_eq!(answer.status, 418);
    assert_eq!(answer.warnings(), ["X-Lk-Mock: given twice, the first one counts"]);
    let regions = [("x-lk-mock-fail-regions", "0"), ("x-lk-mock-fail-regions", "1")];
    let answer = with(&mock, &regions).await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.warnings(), ["X-Lk-Mock-fail-regions: given twice, the first one counts"]);
}

// === Fields of their own ===

#[tokio::test]
async fn a_response_is_given_in_the_requests_encoding() {
    let mock = served().await;
    let token = all_grants(&mock);
    let control = "{\"response\":{\"sid\":\"RM_1\",\"max_participants\":7,\"nope\":{\"a\":[1]}}}";
    let headers = [("authorization", token.as_str()), ("x-lk-mock", control)];
    let answer = post(&mock, 0, CREATE_ROOM, &headers, "{}").await;
    assert_eq!(answer.json(), json!({"sid": "RM_1", "maxParticipants": 7}));
    assert!(answer.warnings()[0].contains("\"nope\"") || answer.warnings()[0].contains("'nope'"));
    let answer = call_at(address(&mock, 0), "POST", CREATE_ROOM, &headers, "").await;
    let answer = answer.expect("an answer");
    assert_eq!(&answer.body[..], b"\x0a\x04RM_1\x20\x07");
    let answer = create_room(&mock, 0, "{\"response\":{}}").await;
    assert_eq!(answer.json(), json!({}), "an empty answer is one");
}

#[tokio::test]
async fn a_response_of_another_type_leaves_the_populated_one() {
    let mock = served().await;
    for response in
        ["null", "[]", "\"x\"", "1", "true", "{\"sid\":1}", "{\"sid\":\"x\",\"metadata\":{}}"]
    {
        let answer = create_room(&mock, 0, &format!("{{\"response\":{response}}}")).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["sid"]), (200, &json!("MOCK_SID")));
        let [warning] = &answer.warnings()[..] else { panic!("{:?}", answer.warnings()) };
        let sentence = "response: is no livekit.Room, the populated answer is given";
        assert!(warning.starts_with(sentence), "{warning}");
    }
}

#[tokio::test]
async fn a_sip_status_may_have_a_text_of_its_own() {
    let mock = served().await;
    let token = all_grants(&mock);
    for (status, http, code, msg, named) in [
        (
            "{\"code\":603}",
            403,
            "permission_denied",
            "603 (GLOBAL_DECLINE)",
            "SIP_STATUS_GLOBAL_DECLINE",
        ),
        ("{\"CODE\":486,\"Status\":\"Busy\"}", 412, "failed_precondition", "486: Busy", "Busy"),
        ("{\"code\":699}", 400, "invalid_argument", "699 (699)", "699"),
        ("{\"code\":0}", 500, "unknown", "0 (UNKNOWN)", "SIP_STATUS_UNKNOWN"),
        ("{}", 500, "unknown", "0 (UNKNOWN)", "SIP_STATUS_UNKNOWN"),
        ("{\"code\":-1}", 500, "unknown", "-1 (-1)", "-1"),
        (
            "{\"code\":486,\"status\":null}",
            412,
            "failed_precondition",
            "486 (BUSY_HERE)",
            "SIP_STATUS_BUSY_HERE",
        ),
        // Only the wrong member is ignored. A second object adds its members.
        ("{\"code\":\"x\",\"status\":\"y\"}", 500, "unknown", "0: y", "y"),
        ("{\"code\":486,\"status\":\"y\",\"more\":1}", 412, "failed_precondition", "486: y", "y"),
        (
            "{\"code\":487,\"code\":486},\"sipStatus\":{\"status\":\"y\"}",
            412,
            "failed_precondition",
            "486: y",
            "y",
        ),
        (
            "{\"code\":487},\"sipStatus\":null,\"sipStatus\":{\"code\":603,\"status\":\"y\"}",
            403,
            "permission_denied",
            "603: y",
            "y",
        ),
        (
            "{\"code\":486,\"status\":\"y\"},\"sipStatus\":[487]",
            412,
            "failed_precondition",
            "486: y",
            "y",
        ),
    ] {
        let control = format!("{{\"delayMs\":0,\"sipStatus\":{status}}}");
        let headers = [("authorization", token.as_str()), ("x-lk-mock", control.as_str())];
        let answer = post(&mock, 0, TRANSFER_SIP, &headers, "{}").await;
        let error = answer.json();
        assert_eq!((answer.status.as_u16(), &error["code"]), (http, &json!(code)), "{status}");
        assert_eq!(error["msg"], format!("sip status: {msg}"));
        assert_eq!(error["meta"]["sip_status"], named);
    }
    let headers = [
        ("authorization", token.as_str()),
        ("x-lk-mock", "{\"delayMs\":0,\"sipStatus\":{\"code\":200}}"),
    ];
    let answer = post(&mock, 0, TRANSFER_SIP, &headers, "{}").await;
    let body = json!({"code": "", "msg": "sip status: 200 (OK)"});
    assert_eq!((answer.status.as_u16(), answer.json()), (200, body));
    assert_eq!(answer.header("x-lk-mock-region"), Some(""));
}

#[tokio::test]
async fn only_two_fields_change_the_regions() {
    let mock = served().await;
    let regions =
        async |control: &str| soon(get(&mock, 1, REGIONS, &[("x-lk-mock", control)])).await;
    let plain = regions("{}").await;
    assert_eq!(plain.status, 200);
    assert_eq!(plain.header("content-type"), Some("application/json"));
    assert_eq!(plain.header("cache-control"), Some("max-age=0"));
    assert_eq!(plain.header("x-lk-mock-region"), Some("1"));
    let url = |region: usize| mock.url(region).to_owned();
    assert_eq!(
        plain.json(),
        json!({"regions": [
            {"region": "region-0", "url": url(0)},
            {"region": "region-1", "url": url(1), "distance": "1"},
            {"region": "region-2", "url": url(2), "distance": "2"},
            {"region": "region-3", "url": url(3), "distance": "3"},
        ]})
    );
    // Fields that make calls fail or slow do not count here.
    for control in [
        "{\"failRegions\":[0,1,2,3],\"failMode\":\"drop\"}",
        "{\"delayMs\":600000}",
        "{\"response\":{}}",
        "{\"regionsStatus\":200}",
        "{\"regionsStatus\":99}",
        "{\"regionsStatus\":600}",
        "{\"auth\":\"strict\"}",
        "{\"pinnedRegions\":[]}",
    ] {
        let answer = regions(control).await;
        assert_eq!((answer.status.as_u16(), &answer.body), (200, &plain.body), "{control}");
    }
    for status in [204, 301, 404, 429, 500, 599] {
        let answer = regions(&format!("{{\"regionsStatus\":{status}}}")).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (status, ""));
        assert_eq!(answer.header("x-lk-mock-region"), None);
    }
    let answer = regions("{\"pinnedRegions\":[\"region-3\",\"region-1\",\"elsewhere\"]}").await;
    assert_eq!(region_names(&answer), ["region-1", "region-3"]);
    assert_eq!(regions("{\"pinnedRegions\":[\"elsewhere\"]}").await.text(), "{}");
    let answer = regions("{\"advertise\":[\"http://a.test\",\"http://b.test\"]}").await;
    assert_eq!(answer.json()["regions"][1]["url"], "http://b.test");
}

// === The older headers ===

#[tokio::test]
async fn the_old_headers_are_honoured() {
    let mock = served().await;
    let fails = async |more: &[(&str, &str)]| {
        let mut all = vec![("X-Lk-Mock-Fail-Regions", "1, x ,0,,-3")];
        all.extend(more);
        with(&mock, &all).await
    };
    assert_eq!(fails(&[]).await.status, 503, "spaces are allowed, what is no integer is skipped");
    assert_eq!(fails(&[("X-Lk-Mock-Fail-Status", "418")]).await.status, 418);
    assert_eq!(fails(&[("X-Lk-Mock-Fail-Status", "x")]).await.status, 503);
    assert_eq!(fails(&[("X-Lk-Mock-Fail-Status", "")]).await.status, 503);
    assert_eq!(fails(&[("X-Lk-Mock-Fail-Status", "600")]).await.status, 503);
    let answer = fails(&[("X-Lk-Mock-Fail-Twirp-Code", "x y")]).await;
    assert_eq!(answer.json()["code"], "x y");
    for value in ["", "x", "-1", "4", "1.0", "0.0"] {
        let answer = with(&mock, &[("X-Lk-Mock-Fail-Regions", value)]).await;
        assert_eq!(answer.status, 200, "{value}");
    }
    let answer = with(&mock, &[("X-Lk-Mock-Response", "{\"sid\":\"RM_1\",\"nope\":1}")]).await;
    assert_eq!(answer.json(), json!({"sid": "RM_1"}));
    let answer = with(&mock, &[("X-Lk-Mock-Response", "nonsense")]).await;
    assert_eq!(answer.json()["sid"], "MOCK_SID");
    let status = get(&mock, 0, REGIONS, &[("X-Lk-Mock-Regions-Status", "404")]).await.status;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn the_old_delay_is_not_delay_ms() {
    let mock = served().await;
    let begun = Instant::now();
    let delay = ("X-Lk-Mock-Delay-Ms", "600000");
    assert_eq!(with(&mock, &[delay]).await.status, 200);
    let regions = ("X-Lk-Mock-Fail-Regions", "0");
    assert_eq!(with(&mock, &[delay, regions]).await.status, 503, "the mode is no delay");
    assert!(begun.elapsed() < Duration::from_secs(20));
    // Anything that is not a number of milliseconds means 30 s, for which this test does not wait.
    for value in ["x", "-1", "1.5"] {
        let headers = [regions, ("X-Lk-Mock-Fail-Mode", "delay"), ("X-Lk-Mock-Delay-Ms", value)];
        let call = post(&mock, 0, CREATE_ROOM, &headers, "{}");
        let waits = tokio::time::timeout(Duration::from_millis(100), call).await.is_err();
        assert!(waits, "{value}");
    }
}

#[tokio::test]
async fn the_old_delay_counts_in_mode_delay_wherever_that_comes_from() {
    let mock = served().await;
    let sentence = "X-Lk-Mock-Delay-Ms counts only in fail mode delay; delayMs delays any answer";
    let delay = ("X-Lk-Mock-Delay-Ms", "1");
    for (mode, told) in [
        (("X-Lk-Mock-Fail-Mode", "delay"), vec![]),
        (("X-Lk-Mock", "{\"failMode\":\"delay\"}"), vec![]),
        (("X-Lk-Mock-Fail-Mode", "status"), vec![sentence]),
        (("X-Lk-Mock", "{\"failMode\":\"status\"}"), vec![sentence]),
    ] {
        let answer = with(&mock, &[("X-Lk-Mock-Fail-Regions", "0"), delay, mode]).await;
        assert_eq!((answer.status.as_u16(), answer.warnings()), (503, told), "{mode:?}");
    }
}

#[tokio::test]
async fn only_true_skips_authorization() {
    let mock = start(Mock::builder().auth(Auth::Strict)).await;
    for (value, status) in [
        ("true", 200),
        ("True", 200),
        (" true ", 200),
        ("1", 401),
        ("yes", 401),
        ("false", 401),
        ("", 401),
    ] {
        let headers = [("X-Lk-Mock-Skip-Auth", value)];
        assert_eq!(post(&mock, 0, CREATE_ROOM, &headers, "{}").await.status, status, "{value:?}");
    }
}

// === Precedence ===

#[tokio::test]
async fn the_header_wins_over_the_old_ones_field_by_field() {
    let mock = served().await;
    let old = [
        ("X-Lk-Mock-Fail-Regions", "0"),
        ("X-Lk-Mock-Fail-Status", "418"),
        ("X-Lk-Mock-Fail-Twirp-Code", "teapot"),
    ];
    for (control, status, code) in [
        ("{}", 418, Some("teapot")),
        ("{\"failStatus\":404}", 404, Some("teapot")),
        ("{\"failTwirpCode\":\"\"}", 418, Some("internal")),
        ("{\"failStatus\":null}", 418, Some("teapot")),
        ("{\"failStatus\":\"404\"}", 418, Some("teapot")),
        ("{\"failRegions\":[1]}", 200, None),
        ("{\"failRegions\":[]}", 200, None),
        ("{\"failRegions\":\"1\"}", 418, Some("teapot")),
        ("nonsense", 418, Some("teapot")),
    ] {
        let mut headers = old.to_vec();
        headers.push(("x-lk-mock", control));
        let answer = with(&mock, &headers).await;
        assert_eq!(answer.status, status, "{control}");
        assert_eq!(answer.json()["code"].as_str(), code, "{control}");
    }
    let response = ("X-Lk-Mock-Response", "{\"sid\":\"old\"}");
    for (control, sid) in [
        ("{}", "old"),
        ("{\"response\":{\"sid\":\"new\"}}", "new"),
        ("{\"response\":null}", "MOCK_SID"),
        ("{\"response\":[]}", "MOCK_SID"),
    ] {
        let answer = with(&mock, &[response, ("x-lk-mock", control)]).await;
        assert_eq!(answer.json()["sid"], sid, "{control}");
    }
}

// === The API key ===

/// A token as an SDK makes it from this key.
fn token_of(key: &str) -> String {
    format!("Bearer {}", support::token_of(key, "secret"))
}

/// Region 0 fails with this status.
fn failing(status: u16) -> Control {
    Control::new().fail_regions([0]).fail_status(status).expect("a status")
}

#[tokio::test]
async fn the_api_key_may_be_a_control() {
    let mock = served().await;
    let json = failing(418).json();
    let keys = [
        format!("mock:{json}"),
        format!("mock: {json}"),
        format!("mock:{}", URL_SAFE_NO_PAD.encode(&json)),
        format!("mock:{}==", URL_SAFE_NO_PAD.encode(&json)).replace("===", "="),
        failing(418).api_key(),
    ];
    for key in &keys[..] {
        let token = token_of(key);
        let headers = [("authorization", token.as_str())];
        let answer = post(&mock, 0, CREATE_ROOM, &headers, "{}").await;
        if key.ends_with("==") && URL_SAFE_NO_PAD.encode(&json).len() % 4 != 2 {
            continue; // The padding would be wrong.
        }
        assert_eq!((answer.status.as_u16(), answer.warnings()), (418, vec![]), "{key}");
        assert_eq!(post(&mock, 1, CREATE_ROOM, &headers, "{}").await.status, 200, "{key}");
    }
}

#[tokio::test]
async fn the_api_key_counts_for_the_regions_too() {
    let mock = served().await;
    let token = token_of(&Control::new().pinned_regions(["region-2"]).api_key());
    let answer = get(&mock, 0, REGIONS, &[("authorization", &token)]).await;
    assert_eq!(region_names(&answer), ["region-2"]);
    let token = token_of(&Control::new().regions_status(500).expect("a status").api_key());
    assert_eq!(get(&mock, 0, REGIONS, &[("authorization", &token)]).await.status, 500);
}

#[tokio::test]
async fn the_header_wins_over_the_key_and_the_key_over_the_old_headers() {
    let mock = served().await;
    let token = token_of(&failing(404).api_key());
    let old = ("X-Lk-Mock-Fail-Status", "418");
    let code = ("X-Lk-Mock-Fail-Twirp-Code", "teapot");
    for (control, status) in
        [("{}", 404), ("{\"failStatus\":500}", 500), ("{\"failStatus\":null}", 404)]
    {
        let headers = [("authorization", token.as_str()), old, code, ("x-lk-mock", control)];
        let answer = post(&mock, 0, CREATE_ROOM, &headers, "{}").await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (status, &json!("teapot")));
    }
}

#[tokio::test]
async fn a_control_in_a_key_counts_even_if_the_token_is_refused() {
    let mock = served().await;
    let key = Control::new().skip_auth(true).api_key();
    let forged = AccessToken::new(key, "another secret").to_jwt();
    let headers = [("authorization", forged.as_str())];
    assert_eq!(post(&mock, 0, CREATE_ROOM, &headers, "{}").await.status, 200);
}

#[tokio::test]
async fn a_broken_control_in_a_key_is_warned_of() {
    let mock = served().await;
    for (key, sentence) in [
        ("mock:nonsense", "API key: ignored, it must be one JSON object"),
        ("mock:", "API key: ignored, it must be one JSON object"),
        (
            "mock:{\"failRegion\":[0]}",
            "API key: unknown field \"failRegion\", did you mean \"failRegions\"?",
        ),
    ] {
        let token = token_of(key);
        let answer = post(&mock, 0, CREATE_ROOM, &[("authorization", &token)], "{}").await;
        assert_eq!(answer.status, 200);
        let [warning] = &answer.warnings()[..] else { panic!("{key}: {:?}", answer.warnings()) };
        assert!(warning.starts_with(sentence), "{warning}");
    }
    for key in ["devkey", "amock:{\"failRegions\":[0]}", "Mock:{\"failRegions\":[0]}"] {
        let token = token_of(key);
        let answer = post(&mock, 0, CREATE_ROOM, &[("authorization", &token)], "{}").await;
        assert_eq!((answer.status.as_u16(), answer.warnings()), (200, vec![]), "{key}");
    }
}
