//! The populated answer of every method of every service (`docs/BEHAVIOUR.md`, Populated answers),
//! compared with what the rules give for the `.proto` files.

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
use prost_types::FieldDescriptorProto;
use serde_json::json;

use support::{CREATE_ROOM, call, post, start};

const CONTROL: (&str, &str) = ("x-lk-mock", "{\"skipAuth\":true,\"delayMs\":0}");

/// The protocol, as its package has it.
fn protocol() -> DescriptorPool {
    let protobufs = source::find().expect("the protocol's files");
    let files = std::fs::read_dir(&protobufs)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path());
    let files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "proto"))
        .collect();
    let mut compiled = protox::compile(files, [&protobufs]).expect("files that compile");
    // Fields that October's reference has and the package lacks.
    let messages = compiled.file.iter_mut().flat_map(|file| &mut file.message_type);
    for message in messages.filter(|message| message.name() == "StreamInfo") {
        let id =
            message.field.iter().find(|field| field.name() == "url").expect("a string").clone();
        message.field.push(FieldDescriptorProto {
            name: Some("id".to_owned()),
            json_name: Some("id".to_owned()),
            number: Some(9),
            ..id
        });
    }
    DescriptorPool::from_file_descriptor_set(compiled).expect("files that belong together")
}

fn methods(pool: &DescriptorPool) -> Vec<MethodDescriptor> {
    pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()).collect()
}

fn path(method: &MethodDescriptor) -> String {
    format!("/twirp/{}/{}", method.parent_service().full_name(), method.name())
}

/// A value for a singular field that is not its default.
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

/// A request in which every singular field is set; of a oneof, the last one.
fn full(message: &MessageDescriptor) -> DynamicMessage {
    let mut request = DynamicMessage::new(message.clone());
    for field in message.fields() {
        if let Some(value) = some_value(&field) {
            request.set_field(&field, value);
        }
    }
    request
}

/// Services that the reference answers with empty messages. Here three levels of messages are
/// filled.
const DEEP: [&str; 5] =
    ["AgentDispatchService", "PhoneNumberService", "CloudAgent", "AgentSimulation", "Replay"];

fn levels(method: &MethodDescriptor) -> usize {
    if DEEP.contains(&method.parent_service().name()) { 3 } else { 0 }
}

/// The answer by the rules of `docs/BEHAVIOUR.md`, Populated answers.
fn expected(request: &DynamicMessage, method: &MethodDescriptor) -> DynamicMessage {
    let (response, levels) = (method.output(), levels(method));
    let mut answer = DynamicMessage::new(response.clone());
    for field in declared(&response) {
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
            let one = inner(&element, levels.max(1) - 1);
            answer.set_field(&field, Value::List(vec![Value::Message(one)]));
        } else if let Some(value) = deeper(&field, levels) {
            answer.set_field(&field, value);
        }
    }
    answer
}

fn declared(message: &MessageDescriptor) -> Vec<FieldDescriptor> {
    let numbers =
        message.descriptor_proto().field.iter().map(|field| field.number().unsigned_abs());
    numbers.map(|number| message.get_field(number).expect("a field")).collect()
}

/// A nested message of an answer, with this many levels below it.
fn inner(message: &MessageDescriptor, levels: usize) -> DynamicMessage {
    let mut filled = DynamicMessage::new(message.clone());
    for field in declared(message) {
        match (field.kind(), mock_id(&field)) {
            (_, Some(id)) => filled.set_field(&field, id),
            (Kind::Message(element), _) if field.is_list() && levels > 0 => {
                let one = Value::Message(inner(&element, levels - 1));
                filled.set_field(&field, Value::List(vec![one]));
            }
            _ => {
                if let Some(value) = deeper(&field, levels) {
                    filled.set_field(&field, value);
                }
            }
        }
    }
    filled
}

fn deeper(field: &FieldDescriptor, levels: usize) -> Option<Value> {
    let single = levels > 0 && field.cardinality() != prost_reflect::Cardinality::Repeated;
    match field.kind() {
        Kind::Message(message) if single => Some(Value::Message(inner(&message, levels - 1))),
        Kind::Bool if single && field.name() == "success" => Some(Value::Bool(true)),
        _ => None,
    }
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
            let expected = expected(&request, &method);

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
    // An identifier is copied if it is set.
    let path = "/twirp/livekit.SIP/DeleteSIPTrunk";
    let answer = post(&mock, 0, path, &[CONTROL], "{\"sip_trunk_id\":\"ST_1\"}").await;
    assert_eq!(answer.json(), json!({"sipTrunkId": "ST_1"}));
}

#[tokio::test]
async fn services_that_the_reference_leaves_empty_have_nested_messages() {
    let mock = start(Mock::builder()).await;
    let answered = async |path: &str| post(&mock, 0, path, &[CONTROL], "{}").await.json();
    let number = answered("/twirp/livekit.PhoneNumberService/GetPhoneNumber").await;
    assert_eq!(number["phoneNumber"]["id"], "MOCK_ID");
    let restarted = answered("/twirp/livekit.CloudAgent/RestartAgent").await;
    assert_eq!(restarted["success"], true);
    let agents = answered("/twirp/livekit.CloudAgent/ListAgents").await;
    assert_eq!(agents["agents"][0]["agentDeployments"][0]["agentId"], "MOCK_AGENT_ID", "{agents}");
    let dispatch = answered("/twirp/livekit.AgentDispatchService/CreateDispatch").await;
    assert_eq!(dispatch["state"]["jobs"][0]["room"]["sid"], "MOCK_SID");
}

#[tokio::test]
async fn members_are_in_the_order_of_declaration() {
    let mock = start(Mock::builder()).await;
    let response = r#"{"status":"EGRESS_ACTIVE","roomName":"r","roomId":"i","egressId":"e"}"#;
    let control = format!("{{\"skipAuth\":true,\"response\":{response}}}");
    let path = "/twirp/livekit.Egress/StopEgress";
    let answer = post(&mock, 0, path, &[("x-lk-mock", &control)], "{}").await;
    assert_eq!(
        answer.text(),
        r#"{"egressId":"e","roomId":"i","roomName":"r","status":"EGRESS_ACTIVE"}"#
    );
}

// === Reading JSON ===

/// A `CreateRoomRequest` in JSON, and the room in the answer without its identifiers.
#[tokio::test]
async fn json_is_read_as_protojson() {
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
        // An unknown field is skipped, whatever it holds.
        ("{\"name\":\"a\",\"nope\":{\"b\":[1,null]}}", json!({"name": "a"})),
        ("{\"Name\":\"a\"}", json!({})),
        // A value that does not fit ends the reading, and what comes before it counts.
        ("{\"name\":\"a\",\"emptyTimeout\":4294967296}", json!({"name": "a"})),
        ("{\"name\":\"a\",\"emptyTimeout\":-1}", json!({"name": "a"})),
        ("{\"name\":\"a\",\"emptyTimeout\":5.5}", json!({"name": "a"})),
        ("{\"name\":\"a\",\"emptyTimeout\":\"x\"}", json!({"name": "a"})),
        ("{\"name\":\"a\",\"emptyTimeout\":1e400}", json!({"name": "a"})),
        ("{\"emptyTimeout\":true,\"name\":\"a\"}", json!({})),
        ("{\"name\":\"a\",\"name\":\"b\"}", json!({"name": "a"})),
        ("{\"name\":1}", json!({})),
        ("{\"name\":\"\\ud800\"}", json!({})),
        ("{\"name\":\"a\",\"agents\":{}}", json!({"name": "a"})),
        ("{\"agents\":[null],\"name\":\"a\"}", json!({})),
        ("{\"name\":\"a\"} x", json!({"name": "a"})),
        ("{\"name\":\"a\",}", json!({"name": "a"})),
        ("[]", json!({})),
        ("null", json!({})),
        ("", json!({})),
    ] {
        let answer = post(&mock, 0, CREATE_ROOM, &[CONTROL], body).await;
        let mut given = answer.json();
        let fields = given.as_object_mut().expect("an object");
        fields.retain(|name, _| !["sid", "enabledCodecs"].contains(&name.as_str()));
        assert_eq!(given, room, "{body}");
        let sound = serde_json::from_str::<serde_json::Value>(body).is_ok_and(|body| {
            let ours = |(name, value): (&String, &serde_json::Value)| {
                *value == json!(null) || room.get(name).is_some() || name == "max_participants"
            };
            body.as_object().is_some_and(|fields| fields.iter().all(ours))
        });
        let sound = sound && !body.contains("\"b\"");
        assert_eq!(answer.warnings().is_empty(), sound, "{body}: {:?}", answer.warnings());
    }
}
