//! Damaged bodies, read by the decoders and, for comparison, in the most obvious way.

use bytes::Bytes;
use proptest::{collection::vec, prelude::*, sample::Index};
use prost_reflect::{DynamicMessage, MessageDescriptor, Value};

use super::{decode_error::DecodeError, json, protobuf, unknown_fields::UnknownFields};
use crate::{reference::Reference, schema::Schema};

fn create_room() -> MessageDescriptor {
    let schema = Schema::of(Reference::Latest);
    schema.find("livekit.RoomService/CreateRoom").expect("a method").input.clone()
}

fn read(
    by: impl FnOnce(&mut DynamicMessage, &mut UnknownFields) -> Result<(), DecodeError>,
) -> (DynamicMessage, bool) {
    let mut message = DynamicMessage::new(create_room());
    let complete = by(&mut message, &mut UnknownFields::default()).is_ok();
    (message, complete)
}

fn read_json(text: &str) -> (DynamicMessage, bool) {
    read(|message, unknown| json::read(message, text.as_bytes(), unknown))
}

fn read_wire(bytes: &[u8]) -> (DynamicMessage, bool) {
    read(|message, unknown| protobuf::read(message, &Bytes::copy_from_slice(bytes), unknown))
}

// === JSON ===

/// A member of `CreateRoomRequest` as text, with a value that fits or not.
fn member() -> impl Strategy<Value = (&'static str, String)> {
    let text = "[a-c]{0,3}".prop_map(|text| format!("\"{text}\""));
    prop_oneof![
        text.prop_map(|value| ("name", value)),
        (0..2000_u32).prop_map(|number| ("emptyTimeout", number.to_string())),
        (0..2000_u32).prop_map(|number| ("max_participants", format!("\"{number}\""))),
        "[a-c]{0,3}".prop_map(|text| ("metadata", format!("\"{text}\""))),
        any::<bool>().prop_map(|flag| ("syncStreams", flag.to_string())),
        vec("[a-c]{0,2}", 0..3).prop_map(|names| {
            let agents: Vec<String> =
                names.iter().map(|name| format!("{{\"agentName\":\"{name}\"}}")).collect();
            ("agents", format!("[{}]", agents.join(",")))
        }),
        Just(("noSuchField", "{\"a\":[1,null]}".to_owned())),
        prop_oneof![Just("5"), Just("nope"), Just("\"\\ud800\""), Just("[")]
            .prop_map(|wrong| ("metadata", wrong.to_owned())),
        Just(("emptyTimeout", "-1".to_owned())),
    ]
}

/// Whether the value fits the field.
fn fits(name: &str, value: &str) -> bool {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(value) else { return false };
    match name {
        "name" | "metadata" => value.is_string(),
        "emptyTimeout" => value.is_u64(),
        "max_participants" => value.as_str().is_some_and(|text| text.parse::<u32>().is_ok()),
        "syncStreams" => value.is_boolean(),
        _ => true,
    }
}

/// The members that count: those before the first one that does not fit or is given twice.
fn counting<'m>(members: &'m [(&'static str, String)]) -> &'m [(&'static str, String)] {
    let error = (0..members.len()).find(|&at| {
        let (name, value) = &members[at];
        let known = *name != "noSuchField";
        !fits(name, value) || known && members[..at].iter().any(|(earlier, _)| earlier == name)
    });
    &members[..error.unwrap_or(members.len())]
}

fn object(members: &[(&'static str, String)]) -> String {
    let members: Vec<String> =
        members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// The members that are left when their text is cut at this place. The last one may have only a part of
/// its value.
fn cut(members: &[(&'static str, String)], place: usize) -> Vec<(&'static str, String)> {
    let mut left = place.saturating_sub(1);
    let mut kept = Vec::new();
    for (name, value) in members {
        let Some(room) = left.checked_sub(name.len() + 3) else { break };
        let value = &value[..room.min(value.len())];
        kept.push((*name, value.to_owned()));
        left = room.saturating_sub(value.len() + 1);
        if room <= value.len() {
            break;
        }
    }
    kept
}

// === Protobuf ===

fn fields() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let text = |number: u32| {
        "[a-c]{0,3}".prop_map(move |text: String| {
            let mut bytes = Vec::new();
            prost::encoding::string::encode(number, &text, &mut bytes);
            bytes
        })
    };
    let number = |field: u32| {
        (0..2000_u32).prop_map(move |number| {
            let mut bytes = Vec::new();
            prost::encoding::uint32::encode(field, &number, &mut bytes);
            bytes
        })
    };
    vec(prop_oneof![text(1), number(2), number(3), text(5), text(4000), number(100)], 0..6)
}

/// The message in the longest beginning that the library can decode.
fn longest_message(bytes: &[u8]) -> DynamicMessage {
    (0..=bytes.len())
        .rev()
        .find_map(|length| DynamicMessage::decode(create_room(), &bytes[..length]).ok())
        .expect("no bytes at all are a message")
}

fn scalars(message: &DynamicMessage) -> Vec<(u32, Value)> {
    let fields = message.fields().filter(|(_, value)| value.as_message().is_none());
    fields.map(|(field, value)| (field.number(), value.clone())).collect()
}

proptest! {
    #[test]
    fn json_counts_up_to_its_first_error(members in vec(member(), 0..6)) {
        let counting = counting(&members);
        let (given, complete) = read_json(&object(&members));
        let (expected, whole) = read_json(&object(counting));
        prop_assert!(whole);
        prop_assert_eq!(given, expected);
        prop_assert_eq!(complete, counting.len() == members.len());
    }

    #[test]
    fn json_that_breaks_off_counts_as_far_as_it_goes(members in vec(member(), 0..6), place in any::<Index>()) {
        let members = counting(&members);
        let text = object(members);
        let place = place.index(text.len());
        let kept = cut(members, place);
        let (given, complete) = read_json(&text[..place]);
        // A list that breaks off keeps its elements, which `cut` does not know.
        let in_list = kept.last().is_some_and(|(name, value)| *name == "agents" && !fits_whole(value));
        let (expected, _) = read_json(&object(counting(&kept)));
        prop_assert!(!complete);
        prop_assert!(in_list || given == expected, "{} of {text}", &text[..place]);
    }

    #[test]
    fn protobuf_that_breaks_off_counts_as_far_as_it_goes(fields in fields(), place in any::<Index>()) {
        let bytes = fields.concat();
        let bytes = &bytes[..place.index(bytes.len() + 1)];
        let (given, _) = read_wire(bytes);
        prop_assert_eq!(scalars(&given), scalars(&longest_message(bytes)));
    }

    /// A field with the wrong wire type is skipped, and the reading goes on.
    #[test]
    fn protobuf_skips_a_wrong_wire_type(fields in fields(), place in any::<Index>(), number in 1..6_u32) {
        let mut changed = fields.clone();
        let mut wrong = Vec::new();
        prost::encoding::fixed64::encode(number, &7, &mut wrong);
        changed.insert(place.index(fields.len() + 1), wrong);
        let (given, complete) = read_wire(&changed.concat());
        prop_assert!(complete);
        prop_assert_eq!(scalars(&given), scalars(&read_wire(&fields.concat()).0));
    }

    /// What the library can read is read the same field by field.
    #[test]
    fn both_readers_of_protobuf_agree(fields in fields()) {
        let bytes = fields.concat();
        let quick = DynamicMessage::decode(create_room(), &bytes[..]).expect("valid");
        let mut slow = DynamicMessage::new(create_room());
        protobuf::read_fields(&mut slow, &bytes, &mut UnknownFields::default(), 10).expect("valid");
        prop_assert_eq!(scalars(&slow), scalars(&quick));
        // A key that no field can have ends the reading; what was read before is kept.
        let broken = [&bytes[..], b"\x00"].concat();
        let (given, complete) = read_wire(&broken);
        prop_assert!(!complete);
        prop_assert_eq!(scalars(&given), scalars(&quick));
    }
}

fn fits_whole(value: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(value).is_ok()
}

#[test]
fn a_nested_message_keeps_what_came_before_its_error() {
    // `egress` (6) with `room` (1), whose `room_name` (1) is "r", and then half a field.
    let (message, complete) = read_wire(b"\x32\x06\x0a\x04\x0a\x01r\x12");
    assert!(!complete);
    assert_eq!(
        serde_json::to_string(&json::Protojson(&message)).expect("JSON"),
        r#"{"egress":{"room":{"roomName":"r"}}}"#
    );
    let (message, complete) =
        read_json(r#"{"egress":{"room":{"roomName":"r","layout":5}},"name":"a"}"#);
    assert!(!complete);
    assert_eq!(message, DynamicMessage::new(create_room()), "in JSON it is left out");
}

#[test]
fn lists_and_maps_keep_the_elements_before_an_error() {
    for (text, expected) in [
        (r#"{"agents":[{"agentName":"x"},{"agentName":5}]}"#, r#"{"agents":[{"agentName":"x"}]}"#),
        (r#"{"tags":{"a":"b","c":5}}"#, r#"{"tags":{"a":"b"}}"#),
    ] {
        let (message, complete) = read_json(text);
        assert!(!complete);
        assert_eq!(serde_json::to_string(&json::Protojson(&message)).expect("JSON"), expected);
    }
}

#[test]
fn an_error_names_the_field() {
    let error = |text: &str| {
        let mut message = DynamicMessage::new(create_room());
        json::read(&mut message, text.as_bytes(), &mut UnknownFields::default())
            .expect_err(text)
            .to_string()
    };
    assert_eq!(
        error(r#"{"agents":[{},{"metadata":5}]}"#),
        "\"agents[1].metadata\": must be a string, not 5"
    );
    assert_eq!(error("{\"name\":\n  nope}"), "\"name\": \"nope\" can't be here (line 2, column 3)");
    assert_eq!(error(r#"{"egress":{"room":[]}}"#), "\"egress.room\": must be an object, not [");
}
