//! Nothing is ignored in silence: a warning is a header of the answer and a line of the log
//! (`docs/BEHAVIOUR.md`, Warnings and strictness).

mod support;

use livekit_mock::Mock;

use support::{CREATE_ROOM, all_grants, call_at, post, post_at, program::Program, start};

const REGIONS: &str = "/settings/regions";

/// A header, its value, a body, and the warning about them.
#[rustfmt::skip] // A table.
const WARNINGS: &[(&str, &str, &str, &str)] = &[
    ("x-lk-mock", "nonsense", "{}", "X-Lk-Mock: ignored, it must be one JSON object such as {\"failRegions\":[0]}: expected a value at byte 1"),
    ("x-lk-mock", "{\"failRegion\":[0]}", "{}", "X-Lk-Mock: unknown field \"failRegion\", did you mean \"failRegions\"?"),
    ("x-lk-mock", "{\"zebra\":[0]}", "{}", "X-Lk-Mock: unknown field \"zebra\""),
    ("x-lk-mock", "{\"delayMs\":0,\"DELAYMS\":0}", "{}", "X-Lk-Mock: \"delayMs\" is given twice, the last one counts"),
    ("x-lk-mock", "{\"failRegions\":[5],\"failRegions\":null}", "{}", "X-Lk-Mock: \"failRegions\" is given twice, the last one counts"),
    ("x-lk-mock", "{\"failRegions\":\"0\"}", "{}", "X-Lk-Mock: \"failRegions\" must be a list of integers such as [0,1], not \"0\"; ignored"),
    ("x-lk-mock", "{\"failRegions\":[4]}", "{}", "failRegions: there is no region 4, only 0 to 3"),
    ("x-lk-mock", "{\"failRegions\":[-1]}", "{}", "failRegions: there is no region -1, only 0 to 3"),
    ("x-lk-mock", "{\"failMode\":\"explode\",\"failRegions\":[]}", "{}", "X-Lk-Mock: \"failMode\" must be status, drop, delay, reset, hang, truncate, garbage or drip, not \"explode\"; status is used"),
    ("x-lk-mock", "{\"failMode\":\"drop\"}", "{}", "failMode has no effect without failRegions, failTimes or failRate"),
    ("x-lk-mock", "{\"failStatus\":500}", "{}", "failStatus has no effect without failRegions, failTimes or failRate"),
    ("x-lk-mock", "{\"failTwirpCode\":\"x\"}", "{}", "failTwirpCode has no effect without failRegions, failTimes or failRate"),
    ("x-lk-mock", "{\"failStatus\":600,\"failRegions\":[]}", "{}", "X-Lk-Mock: \"failStatus\" must be a status from 100 to 599, not 600; 503 is used"),
    ("x-lk-mock", "{\"failStatus\":100,\"failRegions\":[]}", "{}", "X-Lk-Mock: \"failStatus\" is 100, which only announces an answer: 200 follows it, as from the reference"),
    ("x-lk-mock", "{\"delayMs\":\"5\"}", "{}", "X-Lk-Mock: \"delayMs\" must be an integer, not \"5\"; ignored"),
    ("x-lk-mock", "{\"regionsStatus\":700}", "{}", "X-Lk-Mock: \"regionsStatus\" must be a status from 100 to 599, not 700; the list is answered"),
    ("x-lk-mock", "{\"skipAuth\":\"yes\"}", "{}", "X-Lk-Mock: \"skipAuth\" must be true or false, not \"yes\"; ignored"),
    ("x-lk-mock", "{\"auth\":\"none\"}", "{}", "X-Lk-Mock: \"auth\" must be strict, lenient or off, not \"none\"; ignored"),
    ("x-lk-mock", "{\"strict\":1}", "{}", "X-Lk-Mock: \"strict\" must be true or false, not 1; ignored"),
    ("x-lk-mock", "{\"pinnedRegions\":[\"region-O\",\"region-0\"]}", "{}", "pinnedRegions: there is no region \"region-O\", did you mean"),
    ("x-lk-mock", "{\"sipStatus\":{\"code\":486}}", "{}", "sipStatus counts only for CreateSIPParticipant and TransferSIPParticipant; ignored"),
    ("x-lk-mock", "{\"sipStatus\":{\"cod\":486}}", "{}", "X-Lk-Mock: \"sipStatus\" may hold code and status, not \"cod\"; ignored"),
    ("x-lk-mock", "{\"sipStatus\":486}", "{}", "X-Lk-Mock: \"sipStatus\" must be an object such as {\"code\":486}, not 486; ignored"),
    ("x-lk-mock", "{\"sipStatus\":{\"code\":\"486\"}}", "{}", "X-Lk-Mock: \"sipStatus\" has a \"code\" that must be an integer, not \"486\"; ignored"),
    ("x-lk-mock", "{\"response\":[]}", "{}", "response: is no livekit.Room, the populated answer is given: must be an object, not ["),
    ("x-lk-mock", "{\"response\":{\"Sid\":\"x\"}}", "{}", "response: livekit.Room has no field \"Sid\", did you mean \"sid\"?"),
    ("x-lk-mock-fail-region", "0", "{}", "unknown header X-Lk-Mock-fail-region, did you mean"),
    ("x-lk-mocks", "0", "{}", "unknown header X-Lk-Mocks"),
    ("x-lk-mock-fail-regions", "1,x,", "{}", "X-Lk-Mock-fail-regions: must be a comma list of region indices; skipped \"x\", \"\""),
    ("x-lk-mock-fail-regions", "7", "{}", "failRegions: there is no region 7, only 0 to 3"),
    ("x-lk-mock-fail-status", "x", "{}", "X-Lk-Mock-fail-status: must be an integer, not \"x\"; ignored"),
    ("x-lk-mock-fail-status", "99", "{}", "X-Lk-Mock-fail-status: must be a status from 100 to 599, not 99; 503 is used"),
    ("x-lk-mock-fail-mode", "explode", "{}", "X-Lk-Mock-fail-mode: must be status, drop, delay, reset, hang, truncate, garbage or drip, not \"explode\"; status is used"),
    ("x-lk-mock-delay-ms", "x", "{}", "X-Lk-Mock-delay-ms: must be a number of milliseconds, not \"x\"; 30000 is used"),
    ("x-lk-mock-delay-ms", "5", "{}", "X-Lk-Mock-Delay-Ms counts only in fail mode delay; delayMs delays any answer"),
    ("x-lk-mock-regions-status", "x", "{}", "X-Lk-Mock-regions-status: must be an integer, not \"x\"; ignored"),
    ("x-lk-mock-response", "{", "{}", "X-Lk-Mock-response: ignored, it is no JSON: "),
    ("x-lk-mock-skip-auth", "yes", "{}", "X-Lk-Mock-skip-auth: must be true, not \"yes\"; ignored"),
    ("x-lk-mock", "{\"response\":{\"name\":\"a\",\"name\":\"b\"}}", "{}", "response: is no livekit.Room, the populated answer is given: \"name\": is given twice"),
    ("x-lk-mock", "{\"response\":{\"enabledCodecs\":[{},{\"mime\":5}]}}", "{}", "response: is no livekit.Room, the populated answer is given: \"enabledCodecs[1].mime\": must be a string, not 5"),
    ("x-other", "", "{", "body: is no livekit.CreateRoomRequest, what stands before the fault counts: it breaks off (line 1, column 2)"),
    ("x-other", "", "{\"name\":\"a\",\n \"agents\":[{},{\"agentName\":5}]}", "body: is no livekit.CreateRoomRequest, what stands before the fault counts: \"agents[1].agentName\": must be a string, not 5"),
    ("x-other", "", "{\"name\":\"a\",\n \"emptyTimeout\":\"soon\"}", "body: is no livekit.CreateRoomRequest, what stands before the fault counts: \"emptyTimeout\": must be an integer of 32 bits without a sign, not \"soon\""),
    ("x-other", "", "{\"tags\":{\"a\":\"b\",\"a\":\"c\"}}", "body: is no livekit.CreateRoomRequest, what stands before the fault counts: \"tags.a\": is given twice"),
    ("x-other", "", "\u{feff}{}", "body: is no livekit.CreateRoomRequest, what stands before the fault counts: it begins with a byte order mark, which JSON does not have"),
    ("x-other", "", "{\"nam\":\"a\"}", "body: livekit.CreateRoomRequest has no field \"nam\", did you mean \"name\"?"),
    ("x-other", "", "{\"agents\":[{\"agentNam\":\"a\"}]}", "body: livekit.CreateRoomRequest has no field \"agents.agentNam\", did you mean \"agentName\"?"),
    ("content-encoding", "gzip", "\u{1f}\u{8}", "body: Content-Encoding is gzip, and no encoding is undone here: send the body as it is"),
];

/// Without a token, so that every answer also has the warning of the lenient mode.
const UNAUTHORIZED: &str =
    "served without authorization: the request has no token; strict auth answers 401";

#[tokio::test]
async fn each_warning_is_in_a_header() {
    let mock = start(Mock::builder()).await;
    let token = all_grants(&mock);
    for (name, value, body, sentence) in WARNINGS {
        let headers = [("authorization", token.as_str()), (*name, *value)];
        let answer = post(&mock, 0, CREATE_ROOM, &headers, body).await;
        let warnings = answer.warnings();
        let told = warnings.iter().filter(|warning| warning.starts_with(sentence)).count();
        assert_eq!(told, 1, "{name}: {value} {body}\n{sentence}\nis not in {warnings:?}");
        assert!(warnings.len() <= 2, "{name}: {value} {body}: {warnings:?}");
        assert!(warnings.iter().all(|text| text.bytes().all(|byte| matches!(byte, b' '..=b'~'))));
    }
}

#[tokio::test]
async fn each_warning_is_in_the_log() {
    let mut program = Program::with(&["--ports", "0,0,0,0", "--bind", "127.0.0.1"], &[]).await;
    let address = program.address(0);
    for (name, value, body, sentence) in WARNINGS {
        let headers = [("authorization", "Bearer test-token"), (*name, *value)];
        post_at(address, CREATE_ROOM, &headers, body).await;
        // A sentence of an earlier row is in the log already.
        if !sentence.starts_with("failRegions: there is no region 7") {
            let line = program.logs(sentence).await;
            assert!(
                line.contains("WARN region-0 /twirp/livekit.RoomService/CreateRoom: "),
                "{line}"
            );
        }
    }
}

#[tokio::test]
async fn the_log_repeats_no_warning_within_a_minute() {
    let mut program = Program::start(&[]).await;
    let address = program.address(0);
    for _ in 0..50 {
        let answer = post_at(address, CREATE_ROOM, &[("x-lk-mock", "{\"nope\":1}")], "{}").await;
        assert_eq!(answer.warnings(), ["X-Lk-Mock: unknown field \"nope\"", UNAUTHORIZED]);
    }
    let regions = [("x-lk-mock", "{\"nope\":1}")];
    call_at(address, "GET", REGIONS, &regions, "").await.expect("an answer");
    program.signal("TERM").await;
    program.end().await;
    let log = program.rest_of_log().await;
    // For another route, it is another warning.
    for path in [CREATE_ROOM, REGIONS] {
        let line = format!("{path}: X-Lk-Mock: unknown field \"nope\"");
        assert_eq!(log.matches(&line).count(), 1, "{log}");
    }
    assert_eq!(log.matches(UNAUTHORIZED).count(), 1, "{log}");
}

#[tokio::test]
async fn an_answer_carries_at_most_eight() {
    let mock = start(Mock::builder()).await;
    let fields: Vec<String> = (0..50).map(|number| format!("\"field{number}\":1")).collect();
    let control = format!("{{{}}}", fields.join(","));
    let answer = post(&mock, 0, CREATE_ROOM, &[("x-lk-mock", &control)], "{}").await;
    let expected: Vec<String> =
        (0..8).map(|number| format!("X-Lk-Mock: unknown field \"field{number}\"")).collect();
    assert_eq!(answer.warnings(), expected);
}

#[tokio::test]
async fn a_warning_is_a_bounded_line_of_ascii_whatever_it_quotes() {
    let mock = start(Mock::builder()).await;
    let long = "x".repeat(20_000);
    for control in [
        "{\"\\r\\nX-Injected: 1\":1}".to_owned(),
        "{\"\\u00e9\\ud83d\\ude00\\u0000\":1}".to_owned(),
        format!("{{\"{long}\":1}}"),
        format!("{{\"failMode\":\"{long}\",\"failRegions\":[]}}"),
        format!("{{\"pinnedRegions\":[\"{long}\",\"region-0\"]}}"),
        format!("{{\"failStatus\":\"{long}\"}}"),
        format!("{{\"response\":{{\"{long}\":1}}}}"),
    ] {
        let answer = post(&mock, 0, CREATE_ROOM, &[("x-lk-mock", &control)], "{}").await;
        let warnings = answer.warnings();
        assert_eq!((answer.status.as_u16(), warnings.len()), (200, 2), "{warnings:?}");
        assert!(answer.header("x-injected").is_none());
        for warning in warnings {
            assert!(
                warning.len() <= 320 && warning.bytes().all(|byte| matches!(byte, b' '..=b'~'))
            );
        }
    }
}

#[tokio::test]
async fn a_request_without_mistakes_has_none() {
    let mock = start(Mock::builder()).await;
    let token = all_grants(&mock);
    let headers = [("authorization", token.as_str())];
    for path in [CREATE_ROOM, REGIONS, "/"] {
        let answer = post(&mock, 0, path, &headers, "{}").await;
        assert_eq!(answer.warnings(), Vec::<&str>::new(), "{path}");
    }
}

#[tokio::test]
async fn the_regions_warn_of_a_bad_control_too() {
    let mock = start(Mock::builder()).await;
    for (control, sentence) in [
        ("nonsense", "X-Lk-Mock: ignored, it must be one JSON object"),
        (
            "{\"regionStatus\":500}",
            "X-Lk-Mock: unknown field \"regionStatus\", did you mean \"regionsStatus\"?",
        ),
        ("{\"pinnedRegions\":[\"region-9\"]}", "pinnedRegions: there is no region \"region-9\""),
    ] {
        let answer = support::get(&mock, 0, REGIONS, &[("x-lk-mock", control)]).await;
        let [warning] = &answer.warnings()[..] else {
            panic!("{control}: {:?}", answer.warnings())
        };
        assert!(warning.starts_with(sentence), "{warning}");
    }
}

#[tokio::test]
async fn an_unknown_method_is_warned_of() {
    let mock = start(Mock::builder()).await;
    let path = "/twirp/livekit.RoomService/CreateRom";
    let answer = post(&mock, 0, path, &[], "{}").await;
    assert_eq!(answer.status, 200);
    let [warning] = &answer.warnings()[..] else { panic!("{:?}", answer.warnings()) };
    let sentence = "no such method: \"livekit.RoomService/CreateRom\"";
    assert!(warning.starts_with(sentence) && warning.contains("CreateRoom\""), "{warning}");
}
