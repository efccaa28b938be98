//! The populated answer: what a method answers unless a control says otherwise
//! (`docs/BEHAVIOUR.md`, Populated answers).

use std::mem;

use bytes::Bytes;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

use super::format::Format;

/// How a method's answer is made, worked out once from the descriptors of its request and response.
#[derive(Debug)]
pub(crate) struct AnswerTemplate {
    output: MessageDescriptor,
    /// In the order of the response's fields: in a oneof, the last one stays set.
    assignments: Vec<Assignment>,
    /// Whether any assignment reads the request.
    copies: bool,
    /// The answer to an empty request; if nothing is copied, the answer to every request.
    without_request: EncodedAnswer,
}

/// How one field of the response is set.
#[derive(Debug)]
enum Assignment {
    /// Moves the request's field if it is set; otherwise sets the value, if there is one.
    Copy {
        from: FieldDescriptor,
        to: FieldDescriptor,
        or: Option<Value>,
    },
    Set {
        to: FieldDescriptor,
        value: Value,
    },
}

/// An answer in both encodings.
#[derive(Debug)]
struct EncodedAnswer {
    protobuf: Bytes,
    json: Bytes,
}

impl AnswerTemplate {
    /// The template of a method with these messages. `levels` says how many levels of nested messages
    /// are filled that the reference leaves empty.
    pub(crate) fn new(
        input: &MessageDescriptor,
        output: &MessageDescriptor,
        levels: usize,
    ) -> Self {
        let assignments: Vec<Assignment> =
            declared_fields(output).filter_map(|field| assignment(input, field, levels)).collect();
        let without_request = filled(output, &assignments, None);
        let without_request = EncodedAnswer {
            protobuf: Format::Protobuf.encode(&without_request, 0),
            json: Format::Json.encode(&without_request, 0),
        };
        let copies =
            assignments.iter().any(|assignment| matches!(assignment, Assignment::Copy { .. }));
        Self { output: output.clone(), assignments, copies, without_request }
    }

    /// The encoded answer to a request; `None` counts as an empty request. `capacity` is a guess of
    /// the answer's length.
    pub(crate) fn to(
        &self,
        request: Option<DynamicMessage>,
        format: Format,
        capacity: usize,
    ) -> Bytes {
        match (request.filter(|_| self.copies), format) {
            (Some(request), _) => {
                let response = filled(&self.output, &self.assignments, Some(request));
                format.encode(&response, capacity)
            }
            (None, Format::Protobuf) => self.without_request.protobuf.clone(),
            (None, Format::Json) => self.without_request.json.clone(),
        }
    }
}

fn filled(
    output: &MessageDescriptor,
    assignments: &[Assignment],
    mut request: Option<DynamicMessage>,
) -> DynamicMessage {
    let mut response = DynamicMessage::new(output.clone());
    for assignment in assignments {
        let (to, value) = match assignment {
            Assignment::Set { to, value } => (to, Some(value.clone())),
            Assignment::Copy { from, to, or } => {
                (to, take(request.as_mut(), from).or_else(|| or.clone()))
            }
        };
        if let Some(value) = value {
            response.set_field(to, value);
        }
    }
    response
}

/// Takes the field out of the request, if it is set. It is not copied, since it may be large and the
/// request is not needed any more.
fn take(request: Option<&mut DynamicMessage>, field: &FieldDescriptor) -> Option<Value> {
    let request = request.filter(|request| request.has_field(field))?;
    Some(mem::replace(request.get_field_mut(field), Value::Bool(false)))
}

/// A message's fields in the order of their declaration.
fn declared_fields(message: &MessageDescriptor) -> impl Iterator<Item = FieldDescriptor> {
    let fields = &message.descriptor_proto().field;
    fields.iter().filter_map(|field| message.get_field(field.number().unsigned_abs()))
}

fn assignment(
    input: &MessageDescriptor,
    field: FieldDescriptor,
    levels: usize,
) -> Option<Assignment> {
    let value = mock_id(&field).or_else(|| one_element(&field, levels));
    let value = value.or_else(|| nested_value(&field, levels));
    match request_field(input, &field) {
        Some(from) => Some(Assignment::Copy { from, to: field, or: value }),
        None => value.map(|value| Assignment::Set { to: field, value }),
    }
}

/// Rule 1: the request's singular scalar with the same name and type.
fn request_field(input: &MessageDescriptor, field: &FieldDescriptor) -> Option<FieldDescriptor> {
    let request_field = input.get_field_by_name(field.name())?;
    let singular =
        !field.is_list() && !field.is_map() && !request_field.is_list() && !request_field.is_map();
    let scalar = !matches!(field.kind(), Kind::Message(_) | Kind::Enum(_));
    (singular && scalar && request_field.kind() == field.kind()).then_some(request_field)
}

/// Rule 2: `MOCK_SID` and the like for a string whose name says that it is an identifier.
fn mock_id(field: &FieldDescriptor) -> Option<Value> {
    let name = field.name();
    let identifier =
        ["id", "sid"].contains(&name) || name.ends_with("_id") || name.ends_with("_sid");
    let string = field.kind() == Kind::String && !field.is_list();
    (identifier && string).then(|| Value::String(format!("MOCK_{}", name.to_ascii_uppercase())))
}

/// Rule 3: one element for a list of messages. It is filled by rule 2 only, unless there are levels to
/// fill.
fn one_element(field: &FieldDescriptor, levels: usize) -> Option<Value> {
    match field.kind() {
        Kind::Message(message) if field.is_list() => Some(Value::List(vec![Value::Message(
            filled_message(&message, levels.saturating_sub(1)),
        )])),
        _ => None,
    }
}

/// Beyond the reference: a singular message is filled too, and a bool named `success` is true.
fn nested_value(field: &FieldDescriptor, levels: usize) -> Option<Value> {
    match field.kind() {
        _ if levels == 0 || field.is_list() || field.is_map() => None,
        Kind::Message(message) => Some(Value::Message(filled_message(&message, levels - 1))),
        Kind::Bool if field.name() == "success" => Some(Value::Bool(true)),
        _ => None,
    }
}

/// A nested message of an answer.
fn filled_message(message: &MessageDescriptor, levels: usize) -> DynamicMessage {
    let mut filled = DynamicMessage::new(message.clone());
    for field in declared_fields(message) {
        let list = || one_element(&field, levels).filter(|_| levels > 0);
        let value = mock_id(&field).or_else(list).or_else(|| nested_value(&field, levels));
        if let Some(value) = value {
            filled.set_field(&field, value);
        }
    }
    filled
}
