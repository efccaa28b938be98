//! The populated answer: what a method says when nobody scripted it
//! (`docs/BEHAVIOUR.md`, Populated answers).

use std::mem;

use bytes::Bytes;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

use super::format::Format;

/// How a method's answer is made, worked out once from its two messages.
#[derive(Debug)]
pub(crate) struct Answer {
    output: MessageDescriptor,
    /// In the order of the response's fields, which decides what stays set in a oneof.
    steps: Vec<Step>,
    /// Whether any step looks at the request.
    copies: bool,
    /// The answer to an empty request, and to any where no step copies.
    blank: Constant,
}

#[derive(Debug)]
enum Step {
    /// Takes the request's field where it is set, else the value, if there is one.
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

/// An answer that no request changes, in both encodings.
#[derive(Debug)]
struct Constant {
    protobuf: Bytes,
    json: Bytes,
}

impl Answer {
    /// The answer of a method with these messages; `levels` of messages in it are filled beyond what
    /// the reference fills.
    pub(crate) fn new(
        input: &MessageDescriptor,
        output: &MessageDescriptor,
        levels: usize,
    ) -> Self {
        let steps: Vec<Step> =
            declared(output).filter_map(|field| step(input, field, levels)).collect();
        let blank = filled(output, &steps, None);
        let blank = Constant {
            protobuf: Format::Protobuf.encode(&blank, 0),
            json: Format::Json.encode(&blank, 0),
        };
        let copies = steps.iter().any(|step| matches!(step, Step::Copy { .. }));
        Self { output: output.clone(), steps, copies, blank }
    }

    /// The answer to a request, which is about so long; no request counts as an empty one.
    pub(crate) fn to(&self, request: Option<DynamicMessage>, format: Format, room: usize) -> Bytes {
        match (request.filter(|_| self.copies), format) {
            (Some(request), _) => {
                let response = filled(&self.output, &self.steps, Some(request));
                format.encode(&response, room)
            }
            (None, Format::Protobuf) => self.blank.protobuf.clone(),
            (None, Format::Json) => self.blank.json.clone(),
        }
    }
}

fn filled(
    output: &MessageDescriptor,
    steps: &[Step],
    mut request: Option<DynamicMessage>,
) -> DynamicMessage {
    let mut response = DynamicMessage::new(output.clone());
    for step in steps {
        let (to, value) = match step {
            Step::Set { to, value } => (to, Some(value.clone())),
            Step::Copy { from, to, or } => {
                (to, taken(request.as_mut(), from).or_else(|| or.clone()))
            }
        };
        if let Some(value) = value {
            response.set_field(to, value);
        }
    }
    response
}

/// The request's field, if it is set. It is moved, as it may be large and the request has had its
/// use; any value may stand in its place.
fn taken(request: Option<&mut DynamicMessage>, field: &FieldDescriptor) -> Option<Value> {
    let request = request.filter(|request| request.has_field(field))?;
    Some(mem::replace(request.get_field_mut(field), Value::Bool(false)))
}

/// A message's fields in the order in which it declares them.
fn declared(message: &MessageDescriptor) -> impl Iterator<Item = FieldDescriptor> {
    let fields = &message.descriptor_proto().field;
    fields.iter().filter_map(|field| message.get_field(field.number().unsigned_abs()))
}

fn step(input: &MessageDescriptor, field: FieldDescriptor, levels: usize) -> Option<Step> {
    let value = mock_id(&field).or_else(|| one_element(&field, levels));
    let value = value.or_else(|| deeper(&field, levels));
    match twin(input, &field) {
        Some(from) => Some(Step::Copy { from, to: field, or: value }),
        None => value.map(|value| Step::Set { to: field, value }),
    }
}

/// Rule 1: the request's singular scalar of the same name and kind.
fn twin(input: &MessageDescriptor, field: &FieldDescriptor) -> Option<FieldDescriptor> {
    let twin = input.get_field_by_name(field.name())?;
    let singular = !field.is_list() && !field.is_map() && !twin.is_list() && !twin.is_map();
    let scalar = !matches!(field.kind(), Kind::Message(_) | Kind::Enum(_));
    (singular && scalar && twin.kind() == field.kind()).then_some(twin)
}

/// Rule 2: `MOCK_SID` for a string that is an identifier by its name.
fn mock_id(field: &FieldDescriptor) -> Option<Value> {
    let name = field.name();
    let identifier =
        ["id", "sid"].contains(&name) || name.ends_with("_id") || name.ends_with("_sid");
    let string = field.kind() == Kind::String && !field.is_list();
    (identifier && string).then(|| Value::String(format!("MOCK_{}", name.to_ascii_uppercase())))
}

/// Rule 3: one element for a list of messages, filled by rule 2 alone unless there are levels to fill.
fn one_element(field: &FieldDescriptor, levels: usize) -> Option<Value> {
    match field.kind() {
        Kind::Message(message) if field.is_list() => {
            Some(Value::List(vec![Value::Message(inner(&message, levels.saturating_sub(1)))]))
        }
        _ => None,
    }
}

/// Beyond the reference: a single message is filled too, and what tells of success tells it.
fn deeper(field: &FieldDescriptor, levels: usize) -> Option<Value> {
    match field.kind() {
        _ if levels == 0 || field.is_list() || field.is_map() => None,
        Kind::Message(message) => Some(Value::Message(inner(&message, levels - 1))),
        Kind::Bool if field.name() == "success" => Some(Value::Bool(true)),
        _ => None,
    }
}

/// A message inside an answer.
fn inner(message: &MessageDescriptor, levels: usize) -> DynamicMessage {
    let mut filled = DynamicMessage::new(message.clone());
    for field in declared(message) {
        let list = || one_element(&field, levels).filter(|_| levels > 0);
        let value = mock_id(&field).or_else(list).or_else(|| deeper(&field, levels));
        if let Some(value) = value {
            filled.set_field(&field, value);
        }
    }
    filled
}
