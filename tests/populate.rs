//! The populated answer of every method of every service (contract, section 9), checked against the
//! rules worked out anew from the `.proto` files themselves.

mod support;

#[path = "../build/source.rs"]
mod source;

use bytes::Bytes;
use livekit_mock::Mock;
use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor,
    Value,
};
use serde_json::json;

use support::{CREATE_ROOM, call, post, start};

const CONTROL: (&str, &str) = ("x-lk-mock", "{\"skipAuth\":true,\"delayMs\":0}");

/// The protocol as its package ships it.
fn protocol() -> DescriptorPool {
    let protobufs = source::find().expect("the protocol's files");
    let files = std::fs::read_dir(&protobufs)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path());
    let files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "proto"))
        .collect();
    let compiled = protox::compile(files, [&protobufs]).expect("files that compile");
    DescriptorPool::from_file_descriptor_set(compiled).expect("files that belong together")
}

fn methods(pool: &DescriptorPool) -> Vec<MethodDescriptor> {
    pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()).collect()
}

fn path(method: &MethodDescriptor) -> String {
    format!("/twirp/{}/{}", method.parent_service().full_name(), method.name())
}

/// A value that no default is, for a singular field.
fn some_value(field: &FieldDescriptor) -> Option<Value> {
    let number = field.number();
    Some(match field.kind() {
        _ if field.is_list() || field.is_map() => return None,
        Kind::Double => Value::F64(f64::from(number) + 0.5),
        Kind::Float => Value::F32(1.5),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(-7),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(-(1 << 60)),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(number),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(u64::MAX - u64::from(number)),
        Kind::Bool => Value::Bool(true),
        Kind::String => Value::String(format!("a {} \u{e9}\u{1f600}", field.name())),
        Kind::Bytes => Value::Bytes(Bytes::from_static(b"\0\xff")),
        Kind::Enum(values) => Value::EnumNumber(values.values().last()?.number()),
        Kind::Message(message) => Value::Message(DynamicMessage::new(message)),
    })
}

/// A request in which every singular field is set, but for those of a oneof that a later one unsets.
fn full(message: &MessageDescriptor) -> DynamicMessage {
    let mut request = DynamicMessage::new(message.clone());
    for field in message.fields() {
        if let Some(value) = some_value(&field) {
            request.set_field(&field, value);
        }
    }
    request
}

/// Section 9, word by word.
fn expected(request: &DynamicMessage, response: &MessageDescriptor) -> DynamicMessage {
    let mut answer = DynamicMessage::new(response.clone());
    for field in response.fields() {
        let scalar = !matches!(field.kind(), Kind::Message(_) | Kind::Enum(_));
        let singular = field.cardinality() != prost_reflect::Cardinality::Repeated;
        let twin = request.descriptor_field(field.name());
        let twin = twin.filter(|twin| twin.cardinality() != prost_reflect::Cardinality::Repeated);
        let same = twin.filter(|twin| twin.kind() == field.kind() && request.has_field(twin));
        if let Some(twin) = same.filter(|_| scalar && singular) {
            answer.set_field(&field, request.get_field(&twin).into_owned());
        } else if let Some(id) = mock_id(&field) {
            answer.set_field(&field, id);
        } else if let (Kind::Message(element), true) = (field.kind(), field.is_list()) {
            let mut one = DynamicMessage::new(element.clone());
            for inner in element.fields() {
                if let Some(id) = mock_id(&inner) {
                    one.set_field(&inner, id);
                }
            }
            answer.set_field(&field, Value::List(vec![Value::Message(one)]));
        }
    }
    answer
}

fn mock_id(field: &FieldDescriptor) -> Option<Value> {
    let name = field.name();
    let id = name == "id" || name == "sid" || name.ends_with("_id") || name.ends_with("_sid");
    let singular = field.cardinality() != prost_reflect::Cardinality::Repeated;
    let text = format!("MOCK_{}", name.to_uppercase());
    (id && singular && field.kind() == Kind::String).then_some(Value::String(text))
}

trait Named {
    fn descriptor_field(&self, name: &str) -> Option<FieldDescriptor>;
}

impl Named for DynamicMessage {
    fn descriptor_field(&self, name: &str) -> Option<FieldDescriptor> {
        prost_reflect::ReflectMessage::descriptor(self).get_field_by_name(name)
    }
}

#[tokio::test]
async fn every_method_answers_by_the_rules() {
    let mock = start(Mock::builder()).await;
    let pool = protocol();
    let methods = methods(&pool);
    assert!(methods.len() > 70, "{} methods", methods.len());
    for method in methods {
        let path = path(&method);
        for request in [DynamicMessage::new(method.input()), full(&method.input())] {
            let expected = expected(&request, &method.output());

            let headers = [CONTROL, ("content-type", "application/protobuf")];
            let answer = call(&mock, 1, "POST", &path, &headers, request.encode_to_vec()).await;
            let answer = answer.expect("an answer");
            assert_eq!(answer.status, 200, "{path}");
            assert_eq!(answer.warnings(), Vec::<&str>::new(), "{path}");
            assert_eq!(answer.header("x-lk-mock-region"), Some("1"));
            let given = DynamicMessage::decode(method.output(), answer.body.clone());
            assert_eq!(given.expect("the method's response"), expected, "{path} {request}");

            let body = serde_json::to_string(&request).expect("JSON");
            let answer = post(&mock, 1, &path, &[CONTROL], &body).await;
            assert_eq!((answer.status.as_u16(), answer.warnings()), (200, vec![]), "{path} {body}");
            assert_eq!(answer.json(), serde_json::to_value(&expected).expect("JSON"), "{path}");
        }
    }
}

#[tokio::test]
async fn every_service_of_the_protocol_is_served() {
    let pool = protocol();
    let names: Vec<String> = pool.services().map(|service| service.name().to_owned()).collect();
    for service in [
        "RoomService",
        "Egress",
        "Ingress",
        "SIP",
        "Connector",
        "AgentDispatchService",
        "PhoneNumberService",
        "CloudAgent",
        "AgentSimulation",
        "Replay",
    ] {
        assert!(names.iter().any(|name| name == service), "{service} is not in {names:?}");
    }
}

#[tokio::test]
async fn what_the_request_has_not_set_is_not_copied() {
    let mock = start(Mock::builder()).await;
    for (body, name) in [("{}", None), ("{\"name\":\"\"}", None), ("{\"name\":\"a\"}", Some("a"))] {
        let answer = post(&mock, 0, CREATE_ROOM, &[CONTROL], body).await;
        assert_eq!(answer.json().get("name").and_then(|name| name.as_str()), name, "{body}");
    }
    // Copied before an identifier is made up.
    let path = "/twirp/livekit.AgentDispatchService/DeleteDispatch";
    let answer =
        post(&mock, 0, path, &[CONTROL], "{\"room\":\"r\",\"dispatch_id\":\"AD_1\"}").await;
    assert_eq!(answer.json(), json!({"id": "MOCK_ID", "room": "r"}));
}

// === What is understood of JSON ===

/// A `CreateRoomRequest` in JSON and the room that is answered, less what is made up.
#[tokio::test]
async fn json_is_read_as_the_protocol_has_it() {
    let mock = start(Mock::builder()).await;
    for (body, room) in [
        (
            "{\"emptyTimeout\":5,\"max_participants\":6}",
            json!({"emptyTimeout": 5, "maxParticipants": 6}),
        ),
        ("{\"emptyTimeout\":\"5\"}", json!({"emptyTimeout": 5})),
        ("{\"emptyTimeout\":5.0}", json!({"emptyTimeout": 5})),
        ("{\"emptyTimeout\":5e2}", json!({"emptyTimeout": 500})),
        ("{\"emptyTimeout\":4294967295}", json!({"emptyTimeout": 4_294_967_295_u32})),
        ("{\"emptyTimeout\":null,\"name\":null,\"agents\":null}", json!({})),
        ("{\"name\":\"\\u00e9\\ud83d\\ude00\"}", json!({"name": "\u{e9}\u{1f600}"})),
        (" \n{ \"name\" : \"a\" }\t", json!({"name": "a"})),
        // Passed over: a field that is unknown, whatever it holds.
        ("{\"name\":\"a\",\"nope\":{\"b\":[1,null]}}", json!({"name": "a"})),
        ("{\"Name\":\"a\"}", json!({})),
        // Counts as empty: what does not fit its field, or is no JSON.
        ("{\"name\":\"a\",\"emptyTimeout\":4294967296}", json!({})),
        ("{\"name\":\"a\",\"emptyTimeout\":-1}", json!({})),
        ("{\"name\":\"a\",\"emptyTimeout\":5.5}", json!({})),
        ("{\"name\":\"a\",\"emptyTimeout\":\"x\"}", json!({})),
        ("{\"name\":\"a\",\"emptyTimeout\":1e400}", json!({})),
        ("{\"name\":\"a\",\"emptyTimeout\":true}", json!({})),
        ("{\"name\":1}", json!({})),
        ("{\"name\":\"\\ud800\"}", json!({})),
        ("{\"name\":\"a\",\"agents\":{}}", json!({})),
        ("{\"name\":\"a\",\"agents\":[null]}", json!({})),
        ("{\"name\":\"a\"} x", json!({})),
        ("{\"name\":\"a\",}", json!({})),
        ("[]", json!({})),
        ("null", json!({})),
        ("", json!({})),
    ] {
        let answer = post(&mock, 0, CREATE_ROOM, &[CONTROL], body).await;
        let mut given = answer.json();
        let fields = given.as_object_mut().expect("an object");
        fields.retain(|name, _| !["sid", "enabledCodecs"].contains(&name.as_str()));
        assert_eq!(given, room, "{body}");
        let empty = room == json!({}) && !body.contains("null,\"name\":null");
        let passed_over = body.contains("nope");
        assert_eq!(
            !answer.warnings().is_empty(),
            empty || passed_over,
            "{body}: {:?}",
            answer.warnings()
        );
    }
}
