//! `--strict`: a warning becomes an error (`docs/BEHAVIOUR.md`, Warnings and strictness).

mod support;

use livekit_mock::Mock;
use serde_json::json;

use support::{Answer, CREATE_ROOM, all_grants, call, get, post, start};

/// What a strict server refuses: path, control, body, and then status, code and a part of the
/// message.
#[rustfmt::skip] // A table.
const REFUSED: &[(&str, &str, &str, u16, &str, &str)] = &[
    (CREATE_ROOM, "nonsense", "{}", 400, "malformed", "X-Lk-Mock: ignored, it must be one JSON object"),
    (CREATE_ROOM, "[]", "{}", 400, "malformed", "X-Lk-Mock: ignored"),
    (CREATE_ROOM, "{\"failRegion\":[0]}", "{}", 400, "malformed", "unknown field \"failRegion\", did you mean \"failRegions\"?"),
    (CREATE_ROOM, "{\"failStatus\":\"x\"}", "{}", 400, "malformed", "\"failStatus\" must be an integer, not \"x\"; ignored"),
    (CREATE_ROOM, "{\"failRegions\":[9]}", "{}", 400, "malformed", "failRegions: there is no region 9, only 0 to 3"),
    (CREATE_ROOM, "{\"failMode\":\"explode\",\"failRegions\":[0]}", "{}", 400, "malformed", "\"failMode\" must be status, drop, delay, reset, hang, truncate, garbage or drip"),
    (CREATE_ROOM, "{\"response\":[]}", "{}", 400, "malformed", "response: is no livekit.Room"),
    (CREATE_ROOM, "{\"response\":{\"sid\":1}}", "{}", 400, "malformed", "response: is no livekit.Room"),
    (CREATE_ROOM, "{\"response\":{\"nope\":1}}", "{}", 400, "malformed", "response: livekit.Room has no field \"nope\""),
    (CREATE_ROOM, "{}", "{\"name\":1}", 400, "malformed", "body: is no livekit.CreateRoomRequest"),
    (CREATE_ROOM, "{}", "{\"name\":\"a\"", 400, "malformed", "body: is no livekit.CreateRoomRequest"),
    (CREATE_ROOM, "{}", "{\"name\":\"a\",\"name\":\"b\"}", 400, "malformed", "\"name\": is given twice"),
    ("/twirp/livekit.RoomService/CreateRom", "{}", "{}", 404, "bad_route",
        "no such method: \"livekit.RoomService/CreateRom\", did you mean \"livekit.RoomService/CreateRoom\"?"),
    ("/twirp/livekit.RomService/CreateRoom", "{}", "{}", 404, "bad_route", "did you mean \"livekit.RoomService/CreateRoom\"?"),
    ("/twirp/", "{}", "{}", 404, "bad_route", "no such method: \"\"; a call is SERVICE/METHOD, such as livekit.RoomService/CreateRoom"),
    ("/twirp/livekit.RoomService", "{}", "{}", 404, "bad_route", "no such method: \"livekit.RoomService\"; a call is SERVICE/METHOD"),
];

fn assert_refused(answer: &Answer, status: u16, code: &str, says: &str) {
    assert_eq!(answer.status, status, "{says}: {answer:?}");
    let error = answer.json();
    assert_eq!(error["code"], code, "{says}");
    let msg = error["msg"].as_str().expect("a message").replace("\\u0026", "&");
    assert!(msg.contains(says), "{says:?} is not in {msg:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-lk-mock-region"), Some(""));
}

async fn ask(mock: &Mock, path: &str, control: &str, body: &str) -> Answer {
    let token = all_grants(mock);
    let headers = [("authorization", token.as_str()), ("x-lk-mock", control)];
    post(mock, 0, path, &headers, body).await
}

#[tokio::test]
async fn the_strict_server_refuses_what_it_would_ignore() {
    let mock = start(Mock::builder().strict(true)).await;
    for (path, control, body, status, code, says) in REFUSED {
        let answer = ask(&mock, path, control, body).await;
        assert_refused(&answer, *status, code, says);
    }
    let answer = ask(&mock, CREATE_ROOM, "{\"failRegions\":[1]}", "{\"name\":\"a\"}").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["name"]), (200, &json!("a")));
}

#[tokio::test]
async fn the_lenient_server_serves_all_of_it() {
    let mock = start(Mock::builder()).await;
    for (path, control, body, ..) in REFUSED {
        let answer = ask(&mock, path, control, body).await;
        let status = if control.contains("\"failRegions\":[0]") { 503 } else { 200 };
        assert_eq!(answer.status, status, "{path} {control} {body}");
    }
}

#[tokio::test]
async fn a_control_may_ask_for_strictness_or_for_none() {
    let (lenient, strict) =
        tokio::join!(start(Mock::builder()), start(Mock::builder().strict(true)));
    let control = "{\"strict\":true,\"nope\":1}";
    assert_eq!(ask(&lenient, CREATE_ROOM, control, "{}").await.status, 400);
    assert_eq!(ask(&lenient, CREATE_ROOM, "{\"strict\":true}", "{}").await.status, 200);
    assert_eq!(ask(&lenient, CREATE_ROOM, "{\"strict\":true}", "{").await.status, 400);
    let unknown = "/twirp/livekit.SIP/Nope";
    assert_eq!(ask(&lenient, unknown, "{\"strict\":true}", "{}").await.status, 404);
    let control = "{\"strict\":false,\"nope\":1}";
    let answer = ask(&strict, CREATE_ROOM, control, "{").await;
    assert_eq!((answer.status.as_u16(), answer.warnings().len()), (200, 2));
    assert_eq!(ask(&strict, unknown, "{\"strict\":false}", "{}").await.status, 200);
}

#[tokio::test]
async fn a_malformed_protobuf_body_is_refused_too() {
    let mock = start(Mock::builder().strict(true)).await;
    let token = all_grants(&mock);
    let headers = [("authorization", token.as_str())];
    let answer = call(&mock, 0, "POST", CREATE_ROOM, &headers, &b"\x0a\x09a"[..]).await;
    let says = "body: is no livekit.CreateRoomRequest";
    assert_refused(&answer.expect("an answer"), 400, "malformed", says);
}

#[tokio::test]
async fn the_regions_are_strict_as_well() {
    let mock = start(Mock::builder().strict(true)).await;
    let regions = "/settings/regions";
    let answer = get(&mock, 0, regions, &[("x-lk-mock", "{\"pinnedRegion\":[]}")]).await;
    assert_refused(&answer, 400, "malformed", "did you mean \"pinnedRegions\"?");
    let answer = get(&mock, 0, regions, &[("x-lk-mock-fail-region", "0")]).await;
    assert_refused(&answer, 400, "malformed", "unknown header X-Lk-Mock-fail-region");
    assert_eq!(get(&mock, 0, regions, &[]).await.status, 200);
}

#[tokio::test]
async fn a_strict_refusal_names_all_mistakes() {
    let mock = start(Mock::builder().strict(true)).await;
    let answer = ask(&mock, CREATE_ROOM, "{\"a\":1,\"b\":2}", "{").await;
    let reason = "strict refuses what is otherwise a warning: ";
    for says in [
        reason,
        "body: is no livekit.CreateRoomRequest",
        "unknown field \"a\"",
        "unknown field \"b\"",
    ] {
        assert_refused(&answer, 400, "malformed", says);
    }
}

/// A newer client may send many unknown fields. They must not hide a mistake.
#[tokio::test]
async fn unknown_fields_do_not_hide_a_mistake() {
    let mock = start(Mock::builder().strict(true)).await;
    let fields: Vec<String> = (0..20).map(|number| format!("\"new{number}\":1")).collect();
    let body = format!("{{{}}}", fields.join(","));
    assert_eq!(ask(&mock, CREATE_ROOM, "{}", &body).await.status, 200);
    let answer = ask(&mock, CREATE_ROOM, "{\"failRegion\":[0]}", &body).await;
    assert_refused(&answer, 400, "malformed", "did you mean \"failRegions\"?");
}

#[tokio::test]
async fn a_placeholder_token_is_not_a_mistake() {
    let mock = start(Mock::builder().strict(true)).await;
    let headers = [("authorization", "Bearer test-token")];
    assert_eq!(post(&mock, 0, CREATE_ROOM, &headers, "{}").await.status, 200);
}
