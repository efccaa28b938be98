//! `futureField`: an answer of a server that is newer than the client.

mod support;

use livekit_mock::Mock;
use prost::Message as _;
use support::{CREATE_ROOM, call, create_room, post, start};

#[tokio::test]
async fn json_has_a_key_that_no_schema_knows() {
    let mock = start(Mock::builder()).await;
    let room = create_room(&mock, 0, r#"{"futureField":true}"#).await.json();
    assert_eq!(room["name"], "a");
    assert_eq!(room["futureField"], "from the future");
    let headers = [("x-lk-mock", r#"{"futureField":true}"#)];
    let empty = post(&mock, 0, "/twirp/livekit.RoomService/DeleteRoom", &headers, "{}").await;
    assert_eq!(empty.text(), r#"{"futureField":"from the future"}"#);
}

#[tokio::test]
async fn protobuf_has_a_number_that_no_schema_knows() {
    let mock = start(Mock::builder()).await;
    let request = livekit_protocol::CreateRoomRequest { name: "a".into(), ..Default::default() };
    let headers =
        [("content-type", "application/protobuf"), ("x-lk-mock", r#"{"futureField":true}"#)];
    let answer = call(&mock, 0, "POST", CREATE_ROOM, &headers, request.encode_to_vec()).await;
    let body = answer.expect("an answer").body;
    assert_eq!(livekit_protocol::Room::decode(body.clone()).expect("a room").name, "a");
    assert!(body.ends_with(b"\x82\xe5\x08\x0ffrom the future"), "{body:?}");
}
