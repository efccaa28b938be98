//! Bodies with an error: what comes before it counts, and a warning names it.

mod support;

use livekit_mock::{Auth, Mock, VideoGrants};
use prost::Message as _;
use serde_json::json;

use support::{CREATE_ROOM, all_grants, call, post, start};

const LIST_PARTICIPANTS: &str = "/twirp/livekit.RoomService/ListParticipants";
const PROTOBUF: (&str, &str) = ("content-type", "application/protobuf");

#[tokio::test]
async fn the_room_before_the_error_counts_for_authorization() {
    let mock = start(Mock::builder().auth(Auth::Strict)).await;
    let token = mock.token().grants(VideoGrants::new().room_admin().room("my-room")).to_jwt();
    let authorization = ("authorization", token.as_str());
    for (body, status) in [
        (r#"{"room":"other""#, 403),
        (r#"{"room":"my-room""#, 200),
        (r#"{"room":"other","x":nonsense}"#, 403),
        (r#"{"room":"my-room","room":"other"}"#, 200),
        (r#"{"room":5,"room":"other"}"#, 200),
        (r#"{"x":nonsense,"room":"other"}"#, 200),
    ] {
        let answer = post(&mock, 0, LIST_PARTICIPANTS, &[authorization], body).await;
        assert_eq!(answer.status, status, "{body}");
    }
    for (body, status) in [
        (&b"\x0a\x05other\xff"[..], 403),
        (b"\x0a\x07my-room\xff", 200),
        (b"\xff\x0a\x05other", 200),
        (b"\x0a\x05other\x0a\x07my-room", 200),
        // A field with the wrong wire type is skipped, and the reading goes on.
        (b"\x0d\x01\x02\x03\x04\x0a\x05other", 403),
        (b"\x0a\x05other\x0a\x02\xff\xfe", 403),
    ] {
        let headers = [PROTOBUF, authorization];
        let answer = call(&mock, 0, "POST", LIST_PARTICIPANTS, &headers, body).await;
        assert_eq!(answer.expect("an answer").status, status, "{body:?}");
    }
}

#[tokio::test]
async fn a_dial_waits_if_the_error_comes_after_wait_until_answered() {
    let mock = start(Mock::builder()).await;
    let path = "/twirp/livekit.SIP/CreateSIPParticipant";
    let begun = std::time::Instant::now();
    let body = r#"{"x":nonsense,"waitUntilAnswered":true}"#;
    assert_eq!(post(&mock, 0, path, &[], body).await.status, 200);
    assert!(begun.elapsed().as_secs() < 5, "it does not wait");
    let waiting = post(&mock, 0, path, &[], r#"{"waitUntilAnswered":true,"x":nonsense}"#);
    let waited = tokio::time::timeout(std::time::Duration::from_secs(1), waiting).await;
    assert!(waited.is_err(), "it waits");
}

/// A content type, another header, a body, and the beginning of the warning.
const MISTAKEN: [(&str, &str, &[u8], &str); 6] = [
    (
        "application/x-www-form-urlencoded",
        "identity",
        br#"{"name":"a"}"#,
        "body: it looks like JSON, but Content-Type is application/x-www-form-urlencoded, so it is read as protobuf: send Content-Type: application/json",
    ),
    ("", "", b" {\"name\":\"a\"}", "body: it looks like JSON, but there is no Content-Type"),
    (
        "application/json",
        "gzip",
        b"\x1f\x8b\x08\x00",
        "body: Content-Encoding is gzip, and no encoding is undone here",
    ),
    (
        "application/json",
        "",
        b"\x0a\x01a",
        "body: it looks like protobuf, but Content-Type is application/json",
    ),
    (
        "application/protobuf",
        "",
        b"\x0a\x01a\x12",
        "body: is no livekit.CreateRoomRequest, what stands before the fault counts: \"emptyTimeout\": breaks off",
    ),
    (
        "application/protobuf",
        "",
        b"\x0a\x01a\x2a\x01\xff",
        "body: is no livekit.CreateRoomRequest, what stands before the fault counts: \"metadata\": is not UTF-8",
    ),
];

#[tokio::test]
async fn a_body_of_the_wrong_kind_is_named() {
    let mock = start(Mock::builder()).await;
    let token = all_grants(&mock);
    for (kind, encoding, body, sentence) in MISTAKEN {
        let mut headers = vec![("authorization", token.as_str())];
        headers.extend([("content-type", kind)].iter().filter(|(_, value)| !value.is_empty()));
        headers.extend([("content-encoding", encoding)].iter().filter(|(_, it)| !it.is_empty()));
        let answer = call(&mock, 0, "POST", CREATE_ROOM, &headers, body).await.expect("an answer");
        assert_eq!(answer.status, 200);
        let [warning] = answer.warnings()[..] else { panic!("{:?}", answer.warnings()) };
        assert!(warning.starts_with(sentence), "{warning}");
    }
}

/// A newer client's field is named in both encodings, and no server refuses it.
#[tokio::test]
async fn an_unknown_field_is_a_warning_and_not_refused() {
    let mock = start(Mock::builder().strict(true)).await;
    let token = all_grants(&mock);
    let authorization = ("authorization", token.as_str());
    let said = "body: livekit.CreateRoomRequest has no field";
    let body = r#"{"name":"a","nextYear":{"b":1}}"#;
    let answer = post(&mock, 0, CREATE_ROOM, &[authorization], body).await;
    assert_eq!((answer.status.as_u16(), answer.json()["name"].as_str()), (200, Some("a")));
    assert_eq!(answer.warnings(), [format!("{said} \"nextYear\"")]);

    let mut body =
        livekit_protocol::CreateRoomRequest { name: "a".to_owned(), ..Default::default() }
            .encode_to_vec();
    prost::encoding::string::encode(4000, &"new".to_owned(), &mut body);
    let answer = call(&mock, 0, "POST", CREATE_ROOM, &[authorization, PROTOBUF], body).await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.warnings(), [format!("{said} \"4000\"")]);

    // This field is known, because the newest reference has it.
    let path = "/twirp/livekit.Egress/UpdateStream";
    let body = json!({"egressId": "a", "addDestinations": [{"id": "x", "url": "rtmp://a"}]});
    let answer = post(&mock, 0, path, &[authorization], &body.to_string()).await;
    assert_eq!((answer.status.as_u16(), answer.warnings()), (200, vec![]));
}

#[tokio::test]
async fn a_strict_server_refuses_a_body_with_an_error() {
    let mock = start(Mock::builder().strict(true)).await;
    let token = all_grants(&mock);
    let headers = [("authorization", token.as_str())];
    for body in [r#"{"name":"a","name":"b"}"#, r#"{"name":"a""#, r#"{"emptyTimeout":"x"}"#] {
        let answer = post(&mock, 0, CREATE_ROOM, &headers, body).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (400, &json!("malformed")));
    }
}
