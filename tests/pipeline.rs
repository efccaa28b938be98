//! The steps of an API call: their order, and how long it takes
//! (`docs/BEHAVIOUR.md`, An API call, step by step).

mod support;

use std::time::{Duration, Instant};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::Request;
use http_body_util::Full;
use livekit_mock::{Auth, Mock};
use serde_json::json;
use tokio::{io::AsyncWriteExt as _, net::TcpStream, time::timeout};

use support::{
    Answer, CREATE_ROOM, address, all_grants, call, call_at, create_room, get, post,
    program::Program, soon, start,
};

const CREATE_SIP: &str = "/twirp/livekit.SIP/CreateSIPParticipant";
const TRANSFER_SIP: &str = "/twirp/livekit.SIP/TransferSIPParticipant";
const UNKNOWN: &str = "/twirp/livekit.RoomService/Nope";
/// A wait that no test waits for.
const LONG: &str = "\"delayMs\":600000";

async fn served() -> Mock {
    start(Mock::builder()).await
}

/// A JSON call with a control and a token that allows everything.
async fn scripted(mock: &Mock, region: usize, path: &str, control: &str, body: &str) -> Answer {
    let token = all_grants(mock);
    let headers = [("authorization", token.as_str()), ("x-lk-mock", control)];
    soon(post(mock, region, path, &headers, body)).await
}

fn assert_failure(answer: &Answer, status: u16, code: &str, msg: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-lk-mock-region"), Some(""), "a failure names no region");
    assert_eq!(answer.json(), json!({"code": code, "msg": msg}));
}

// === The order ===

#[tokio::test]
async fn authorization_comes_before_pin_wait_and_failure() {
    let mock = start(Mock::builder().auth(Auth::Strict)).await;
    let control = format!(
        "{{{LONG},\"pinnedRegions\":[\"region-1\"],\"failRegions\":[0],\"failMode\":\"drop\"}}"
    );
    let answer = soon(post(&mock, 0, CREATE_ROOM, &[("x-lk-mock", &control)], "{}")).await;
    assert_failure(&answer, 401, "unauthenticated", "mock: unauthenticated");
}

#[tokio::test]
async fn a_pin_comes_before_wait_sip_and_failure() {
    let mock = served().await;
    let control = format!(
        "{{{LONG},\"pinnedRegions\":[\"region-1\"],\"failRegions\":[0],\"sipStatus\":{{\"code\":486}}}}"
    );
    for path in [CREATE_ROOM, TRANSFER_SIP, UNKNOWN] {
        let answer = scripted(&mock, 0, path, &control, "{}").await;
        assert_eq!(answer.status, 451);
        assert_eq!(answer.text(), "project not allowed in this region.");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
        assert_eq!(answer.header("x-lk-mock-region"), Some(""));
    }
    let pinned = "{\"pinnedRegions\":[\"region-1\",\"region-3\"]}";
    for (region, status) in [(0, 451), (1, 200), (2, 451), (3, 200)] {
        assert_eq!(create_room(&mock, region, pinned).await.status, status, "region {region}");
    }
    assert_eq!(create_room(&mock, 0, "{\"pinnedRegions\":[]}").await.status, 200);
}

#[tokio::test]
async fn the_wait_comes_before_success_and_failure_alike() {
    let mock = served().await;
    for (control, status) in [
        ("{\"delayMs\":80}", 200),
        ("{\"delayMs\":80,\"failRegions\":[0]}", 503),
        ("{\"delayMs\":80,\"failRegions\":[0],\"failStatus\":429}", 429),
    ] {
        let begun = Instant::now();
        assert_eq!(create_room(&mock, 0, control).await.status, status);
        assert!(begun.elapsed() >= Duration::from_millis(80), "{control}");
    }
    let begun = Instant::now();
    let answer = scripted(&mock, 0, UNKNOWN, "{\"delayMs\":80}", "{}").await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "{}"));
    assert!(begun.elapsed() >= Duration::from_millis(80), "an unknown method waits too");
}

#[tokio::test]
async fn a_wait_of_zero_or_less_is_no_wait() {
    let mock = served().await;
    for delay in ["0", "-1", "-9223372036854775808"] {
        let control = format!("{{\"delayMs\":{delay}}}");
        for path in [CREATE_ROOM, TRANSFER_SIP] {
            assert_eq!(scripted(&mock, 0, path, &control, "{}").await.status, 200, "{delay}");
        }
    }
}

#[tokio::test]
async fn a_wait_beyond_the_range_of_clocks_is_only_long() {
    let mock = served().await;
    let control = "{\"delayMs\":9223372036854775807}";
    let call = create_room(&mock, 0, control);
    assert!(timeout(Duration::from_millis(100), call).await.is_err());
    let legacy = [
        ("x-lk-mock-fail-mode", "delay"),
        ("x-lk-mock-fail-regions", "0"),
        ("x-lk-mock-delay-ms", "18446744073709551615"),
        ("x-lk-mock", control),
    ];
    let call = post(&mock, 0, CREATE_ROOM, &legacy, "{}");
    assert!(timeout(Duration::from_millis(100), call).await.is_err());
    assert_eq!(get(&mock, 0, "/", &[]).await.text(), "ok");
}

#[tokio::test]
async fn a_sip_status_comes_before_a_failing_region() {
    let mock = served().await;
    let control =
        "{\"delayMs\":80,\"failRegions\":[0],\"failMode\":\"drop\",\"sipStatus\":{\"code\":486}}";
    for path in [CREATE_SIP, TRANSFER_SIP] {
        let begun = Instant::now();
        let answer = scripted(&mock, 0, path, control, "{}").await;
        assert!(begun.elapsed() >= Duration::from_millis(80), "the dial took its time");
        assert_eq!(answer.status, 412);
        assert_eq!(answer.header("x-lk-mock-region"), Some(""));
        let error = answer.json();
        assert_eq!(error["code"], "failed_precondition");
        assert_eq!(error["msg"], "sip status: 486 (BUSY_HERE)");
        assert_eq!(error["meta"]["sip_status_code"], "486");
        assert_eq!(error["meta"]["sip_status"], "SIP_STATUS_BUSY_HERE");
        let details = error["meta"]["error_details"].as_str().expect("details");
        let details = STANDARD.decode(details).expect("base64");
        let holds = |text: &str| details.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(holds("type.googleapis.com/livekit.SIPStatus"));
        assert!(holds("sip status 486: BUSY_HERE"));
    }
    // Any other method has no dial that could fail.
    let answer = scripted(&mock, 1, CREATE_ROOM, "{\"sipStatus\":{\"code\":486}}", "{}").await;
    assert_eq!(answer.status, 200);
}

// === Failing ===

#[tokio::test]
async fn only_the_regions_named_fail() {
    let mock = served().await;
    for region in 0..4 {
        let answer = create_room(&mock, region, "{\"failRegions\":[0,2]}").await;
        if region % 2 == 0 {
            assert_failure(&answer, 503, "unavailable", "mock failure (status 503)");
        } else {
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("x-lk-mock-region"), Some(region.to_string().as_str()));
        }
    }
}

#[tokio::test]
async fn a_status_has_its_twirp_code() {
    let mock = served().await;
    for (status, code) in [
        (400, "invalid_argument"),
        (401, "unauthenticated"),
        (403, "permission_denied"),
        (404, "not_found"),
        (429, "resource_exhausted"),
        (500, "unavailable"),
        (503, "unavailable"),
        (599, "unavailable"),
        (418, "internal"),
        (302, "internal"),
        (200, "internal"),
    ] {
        let control = format!("{{\"failRegions\":[0],\"failStatus\":{status}}}");
        let answer = create_room(&mock, 0, &control).await;
        assert_failure(&answer, status, code, &format!("mock failure (status {status})"));
    }
    let control = "{\"failRegions\":[0],\"failStatus\":404,\"failTwirpCode\":\"out_of_range\"}";
    let answer = create_room(&mock, 0, control).await;
    assert_failure(&answer, 404, "out_of_range", "mock failure (status 404)");
    for status in [0, 99, 600, 70000] {
        let control = format!("{{\"failRegions\":[0],\"failStatus\":{status}}}");
        let answer = create_room(&mock, 0, &control).await;
        assert_failure(&answer, 503, "unavailable", "mock failure (status 503)");
    }
}

#[tokio::test]
async fn a_status_that_forbids_a_body_has_none() {
    let mock = served().await;
    for status in [204, 304] {
        let control = format!("{{\"failRegions\":[0],\"failStatus\":{status}}}");
        let answer = create_room(&mock, 0, &control).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (status, ""));
        assert_eq!(answer.header("content-length"), None);
    }
}

#[tokio::test]
async fn a_drop_closes_without_a_byte() {
    let mock = served().await;
    let request = format!(
        "POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\
         X-Lk-Mock: {{\"failRegions\":[0],\"failMode\":\"DROP\"}}\r\n\r\n"
    );
    let answer = soon(support::raw::exchange(address(&mock, 0), request.as_bytes())).await;
    assert_eq!(answer, "");
    let headers = [("x-lk-mock-fail-regions", "0"), ("x-lk-mock-fail-mode", "drop")];
    soon(call(&mock, 0, "POST", CREATE_ROOM, &headers, "")).await.expect_err("no answer");
    soon(call(&mock, 0, "POST", UNKNOWN, &headers, "")).await.expect_err("no answer");
    soon(call(&mock, 1, "POST", CREATE_ROOM, &headers, "")).await.expect("an answer");
}

#[tokio::test]
async fn fail_mode_delay_waits_on_top_of_any_other_wait() {
    let mock = served().await;
    let token = all_grants(&mock);
    for (control, mode) in
        [("{\"delayMs\":60}", "delay"), ("{\"delayMs\":60,\"failMode\":\"Delay\"}", "")]
    {
        let headers = [
            ("authorization", token.as_str()),
            ("x-lk-mock", control),
            ("x-lk-mock-fail-regions", "0"),
            ("x-lk-mock-fail-mode", mode),
            ("x-lk-mock-delay-ms", "60"),
        ];
        let begun = Instant::now();
        let answer = soon(post(&mock, 0, CREATE_ROOM, &headers, "{}")).await;
        assert_failure(&answer, 503, "unavailable", "mock failure (status 503)");
        assert!(begun.elapsed() >= Duration::from_millis(120), "{control} {mode}");
    }
}

// === Methods ===

#[tokio::test]
async fn an_unknown_method_warns_and_suggests() {
    let mock = start(Mock::builder()).await;
    let answer = post(&mock, 0, "/twirp/livekit.RoomService/CreatRoom", &[], "{}").await;
    assert_eq!(
        answer.warnings(),
        ["no such method: \"livekit.RoomService/CreatRoom\", \
          did you mean \"livekit.RoomService/CreateRoom\"?; answered empty"]
    );
}

#[tokio::test]
async fn an_unknown_method_is_served_without_authorization() {
    let mock = start(Mock::builder().auth(Auth::Strict)).await;
    for path in [UNKNOWN, "/twirp/livekit.Nope/X", "/twirp/", "/twirp/x", "/twirp/a/b/c"] {
        let answer = post(&mock, 2, path, &[], "{}").await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, "{}"), "{path}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("x-lk-mock-region"), Some("2"));
        let answer = call(&mock, 2, "POST", path, &[], "").await.expect("an answer");
        assert_eq!((answer.status.as_u16(), answer.text()), (200, ""), "{path}");
        assert_eq!(answer.header("content-type"), Some("application/protobuf"));
    }
    let control = [("x-lk-mock", "{\"failRegions\":[2]}")];
    let answer = post(&mock, 2, UNKNOWN, &control, "{}").await;
    assert_failure(&answer, 503, "unavailable", "mock failure (status 503)");
}

#[tokio::test]
async fn paths_outside_of_the_prefix_are_not_calls() {
    let mock = served().await;
    for (path, status, text) in [
        ("/", 200, "ok"),
        ("/_test/health", 200, "ok"),
        ("/nothing", 404, "404 page not found\n"),
        ("/twirp", 404, "404 page not found\n"),
        ("/settings", 404, "404 page not found\n"),
        ("/settings/regions/", 404, "404 page not found\n"),
    ] {
        for method in ["GET", "POST", "PUT", "DELETE", "ANYTHING"] {
            let answer = call(&mock, 0, method, path, &[], "").await.expect("an answer");
            assert_eq!((answer.status.as_u16(), answer.text()), (status, text), "{method} {path}");
            assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
            assert_eq!(answer.warnings().len(), usize::from(status == 404), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_http_method_is_not_checked() {
    let mock = served().await;
    for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "ANYTHING"] {
        let json = [("content-type", "application/json")];
        let answer = call(&mock, 0, method, CREATE_ROOM, &json, "{\"name\":\"a\"}").await;
        let answer = answer.expect("an answer");
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["name"]),
            (200, &json!("a")),
            "{method}"
        );
    }
}

#[tokio::test]
async fn the_answer_is_encoded_as_the_request() {
    let mock = served().await;
    for (content_type, answered) in [
        ("application/json", "application/json"),
        ("application/json; charset=utf-8", "application/json"),
        ("text/x-json", "application/json"),
        ("application/JSON", "application/protobuf"),
        ("application/protobuf", "application/protobuf"),
        ("", "application/protobuf"),
    ] {
        let headers = [("content-type", content_type)];
        let answer = call(&mock, 0, "POST", CREATE_ROOM, &headers, "").await.expect("an answer");
        assert_eq!(answer.header("content-type"), Some(answered), "{content_type}");
    }
}

/// The only test that waits for the latency of a dial. All calls wait at the same time.
#[tokio::test]
async fn a_dial_takes_eleven_seconds() {
    let mock = served().await;
    let dialled = async |path, body| {
        let begun = Instant::now();
        let answer = scripted(&mock, 0, path, "{}", body).await;
        assert_eq!(answer.status, 200);
        begun.elapsed()
    };
    let (transfer, snake, camel, unasked) = tokio::join!(
        dialled(TRANSFER_SIP, "{}"),
        dialled(CREATE_SIP, "{\"wait_until_answered\":true}"),
        dialled(CREATE_SIP, "{\"waitUntilAnswered\":true}"),
        dialled(CREATE_SIP, "{\"waitUntilAnswered\":false}"),
    );
    for latency in [transfer, snake, camel] {
        assert!(
            latency >= Duration::from_secs(11) && latency < Duration::from_secs(13),
            "{latency:?}"
        );
    }
    assert!(unasked < Duration::from_secs(5), "{unasked:?}");
}

#[tokio::test]
async fn a_delay_replaces_the_latency_of_a_dial() {
    let mock = served().await;
    for path in [TRANSFER_SIP, CREATE_SIP] {
        let begun = Instant::now();
        let answer =
            scripted(&mock, 0, path, "{\"delayMs\":30}", "{\"waitUntilAnswered\":true}").await;
        assert_eq!(answer.status, 200);
        assert!(begun.elapsed() >= Duration::from_millis(30));
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}

// === Connections ===

#[tokio::test]
async fn requests_on_one_connection_are_answered_in_their_order() {
    let mock = served().await;
    let mut stream = TcpStream::connect(address(&mock, 0)).await.expect("a connection");
    let mut requests = Vec::new();
    for (name, delay) in [("first", 80), ("second", 0), ("third", 20)] {
        let body = format!("{{\"name\":\"{name}\"}}");
        requests.push(format!(
            "POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
             X-Lk-Mock: {{\"delayMs\":{delay}}}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
    }
    requests.push("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned());
    stream.write_all(requests.concat().as_bytes()).await.expect("a reading server");
    let answers = soon(support::raw::read_to_end(&mut stream)).await;
    let place = |text| answers.find(text).unwrap_or_else(|| panic!("no {text} in {answers}"));
    assert!(place("\"first\"") < place("\"second\"") && place("\"second\"") < place("\"third\""));
    assert!(answers.ends_with("\r\n\r\nok"), "{answers}");
}

/// This can be seen by the descriptors: a connection has one as long as its call waits.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_client_that_goes_away_frees_everything() {
    const CLIENTS: usize = 100;
    // Without authorization there are no warnings, so each call is one line of the log.
    let mut program = Program::start(&["--log-level", "debug", "--auth", "off"]).await;
    let address = program.address(0);
    let before = program.open_files();
    let mut waiting = Vec::new();
    for _ in 0..CLIENTS {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let request = format!(
            "POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nX-Lk-Mock: {{{LONG}}}\r\n\
             Content-Length: 0\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("a reading server");
        program.logs(CREATE_ROOM).await;
        waiting.push(stream);
    }
    assert!(program.open_files() >= before + CLIENTS);
    drop(waiting);
    // With each answer, the server's event loop also notices clients that have disconnected.
    for _ in 0..200 {
        call_at(address, "GET", "/", &[], "").await.expect("ok");
        // One is for this call, and one for the log, which was opened with its first line.
        if program.open_files() <= before + 2 {
            return;
        }
    }
    panic!("{} files are open, {before} were at first", program.open_files());
}

// === The first test suites of the SDKs ===

/// The first suites of the SDKs send a placeholder token and the older headers to a server with
/// default settings.
#[tokio::test]
async fn the_first_suites_are_served_in_every_region() {
    let mock = served().await;
    for region in 0..4 {
        let index = region.to_string();
        let all = "0,1, 2 ,3";
        let ask = async |path: &str, headers: &[(&str, &str)]| {
            let mut all = vec![("authorization", "Bearer test-token")];
            all.extend(headers);
            soon(post(&mock, region, path, &all, "{\"name\":\"my-room\"}")).await
        };
        let answer = ask(CREATE_ROOM, &[]).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["name"]), (200, &json!("my-room")));
        assert_eq!(answer.header("x-lk-mock-region"), Some(index.as_str()));

        let answer = ask(CREATE_ROOM, &[("X-Lk-Mock-Fail-Regions", all)]).await;
        assert_failure(&answer, 503, "unavailable", "mock failure (status 503)");
        let answer = ask(
            CREATE_ROOM,
            &[("X-Lk-Mock-Fail-Regions", &index), ("X-Lk-Mock-Fail-Status", "500")],
        )
        .await;
        assert_failure(&answer, 500, "unavailable", "mock failure (status 500)");
        let answer = ask(
            CREATE_ROOM,
            &[
                ("X-Lk-Mock-Fail-Regions", &index),
                ("X-Lk-Mock-Fail-Status", "400"),
                ("X-Lk-Mock-Fail-Twirp-Code", "malformed"),
            ],
        )
        .await;
        assert_failure(&answer, 400, "malformed", "mock failure (status 400)");
        let begun = Instant::now();
        let answer = ask(
            CREATE_ROOM,
            &[
                ("X-Lk-Mock-Fail-Regions", &index),
                ("X-Lk-Mock-Fail-Mode", "delay"),
                ("X-Lk-Mock-Delay-Ms", "50"),
            ],
        )
        .await;
        assert_failure(&answer, 503, "unavailable", "mock failure (status 503)");
        assert!(begun.elapsed() >= Duration::from_millis(50));
        let answer = ask(CREATE_ROOM, &[("X-Lk-Mock-Response", "{\"sid\":\"RM_1\"}")]).await;
        assert_eq!(answer.json(), json!({"sid": "RM_1"}));
        let answer = ask(CREATE_ROOM, &[("X-Lk-Mock-Skip-Auth", "TRUE")]).await;
        assert_eq!((answer.status.as_u16(), answer.warnings()), (200, vec![]));
        let answer = ask("/settings/regions", &[("X-Lk-Mock-Regions-Status", "503")]).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (503, ""));
        let other = ((region + 1) % 4).to_string();
        assert_eq!(ask(CREATE_ROOM, &[("X-Lk-Mock-Fail-Regions", &other)]).await.status, 200);
        let drop = [
            ("authorization", "Bearer test-token"),
            ("X-Lk-Mock-Fail-Regions", all),
            ("X-Lk-Mock-Fail-Mode", "drop"),
        ];
        soon(call(&mock, region, "POST", CREATE_ROOM, &drop, "")).await.expect_err("no answer");
    }
}

#[tokio::test]
async fn a_client_may_name_the_server_in_the_request_line() {
    let mock = served().await;
    let uri = format!("{}/settings/regions?x=1", mock.url(1));
    let request = Request::get(uri).header("host", "x").body(Full::default()).expect("sound");
    let answer = support::send(address(&mock, 1), request).await.expect("an answer");
    assert_eq!((answer.status.as_u16(), answer.header("x-lk-mock-region")), (200, Some("1")));
}
