//! protojson becomes a message, member after member, so that what stood before a fault is kept.

use std::{borrow::Cow, collections::HashMap};

use prost_reflect::{
    DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MapKey, MessageDescriptor,
    OneofDescriptor, ReflectMessage as _, Value,
};
use serde_json::Deserializer;

use super::{
    number, scalar, time,
    token::{SyntaxFault, Token, Tokens},
};
use crate::{
    protocol::fault::{Fault, Strange, Unknown},
    warning::suggestion,
};

/// How deep messages may lie in each other. None of the protocol's own do so without end.
const MAX_DEPTH: usize = 100;
const NULL_VALUE: &str = "google.protobuf.NullValue";

/// Reads the text into the message. What was read before a fault is in it.
pub(crate) fn read(
    message: &mut DynamicMessage,
    text: &[u8],
    unknown: &mut Unknown,
) -> Result<(), Fault> {
    let mut reader = Reader { tokens: Tokens::of(text), text, unknown };
    reader.message(message, MAX_DEPTH)?;
    reader.next().map(drop)
}

struct Reader<'a, 'u> {
    tokens: Tokens<'a>,
    text: &'a [u8],
    unknown: &'u mut Unknown,
}

/// What an object has given so far: neither may be given again.
#[derive(Default)]
struct Seen {
    /// The fields by their numbers, of which most are small.
    low: u64,
    high: Vec<u32>,
    oneofs: Vec<OneofDescriptor>,
}

impl Seen {
    /// Whether the field of this number is given for the first time.
    fn is_first(&mut self, number: u32) -> bool {
        let Some(bit) = 1_u64.checked_shl(number) else {
            let first = !self.high.contains(&number);
            self.high.push(number);
            return first;
        };
        let first = self.low & bit == 0;
        self.low |= bit;
        first
    }
}

impl<'a> Reader<'a, '_> {
    fn next(&mut self) -> Result<Token<'a>, Fault> {
        self.tokens.next().map_err(|fault| located(self.text, &fault))
    }

    fn message(&mut self, message: &mut DynamicMessage, depth: usize) -> Result<(), Fault> {
        let descriptor = message.descriptor();
        if depth == 0 {
            return Err(Fault::new(format!("lies deeper than {MAX_DEPTH} messages")));
        }
        if let Some(read) = well_known(descriptor.full_name()) {
            return read(self, message);
        }
        self.expect(&Token::ObjectOpen, "an object")?;
        let mut seen = Seen::default();
        while let Some(name) = self.member()? {
            let named = |name: &str| {
                descriptor
                    .get_field_by_json_name(name)
                    .or_else(|| descriptor.get_field_by_name(name))
            };
            match named(&name) {
                Some(field) => self
                    .field(message, &field, &mut seen, depth)
                    .map_err(|fault| fault.within(field.json_name()))?,
                None => {
                    self.unknown.add(&name, || Strange::Name(field_hint(&descriptor, &name)));
                    self.skip()?;
                }
            }
        }
        Ok(())
    }

    /// The name of an object's next member; none at the object's end.
    fn member(&mut self) -> Result<Option<Cow<'a, str>>, Fault> {
        match self.next()? {
            Token::Name(name) => Ok(Some(name)),
            _ => Ok(None),
        }
    }

    fn field(
        &mut self,
        message: &mut DynamicMessage,
        field: &FieldDescriptor,
        seen: &mut Seen,
        depth: usize,
    ) -> Result<(), Fault> {
        if !seen.is_first(field.number()) {
            return Err(Fault::new("is given twice".to_owned()));
        }
        if matches!(self.tokens.peek(), Ok(Token::Null)) && !takes_null(field) {
            return self.next().map(drop);
        }
        if field.is_list() {
            return self.list(message, field, depth);
        }
        if field.is_map() {
            return self.map(message, field, depth);
        }
        if let Some(oneof) = field.containing_oneof() {
            if seen.oneofs.contains(&oneof) {
                return Err(Fault::new(format!(
                    "is of \"{}\", which is given already",
                    oneof.name()
                )));
            }
            seen.oneofs.push(oneof);
        }
        let mark = self.unknown.mark();
        let value = self.value(&field.kind(), depth);
        self.unknown.within(mark, field.json_name());
        if let Some(value) = value? {
            message.set_field(field, value);
        }
        Ok(())
    }

    fn list(
        &mut self,
        message: &mut DynamicMessage,
        field: &FieldDescriptor,
        depth: usize,
    ) -> Result<(), Fault> {
        self.expect(&Token::ArrayOpen, "a list")?;
        let (kind, mark) = (field.kind(), self.unknown.mark());
        let mut index = 0;
        let read = loop {
            if matches!(self.tokens.peek(), Ok(Token::ArrayClose)) {
                break self.next().map(drop);
            }
            match self.value(&kind, depth) {
                Ok(value) => list_of(message, field).extend(value),
                Err(fault) => break Err(fault.within(&format!("[{index}]"))),
            }
            index += 1;
        };
        self.unknown.within(mark, field.json_name());
        read
    }

    fn map(
        &mut self,
        message: &mut DynamicMessage,
        field: &FieldDescriptor,
        depth: usize,
    ) -> Result<(), Fault> {
        self.expect(&Token::ObjectOpen, "an object")?;
        let Kind::Message(entry) = field.kind() else { return Ok(()) };
        let (key_kind, value_kind) =
            (entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind());
        let mark = self.unknown.mark();
        while let Some(name) = self.member()? {
            let Some(key) = scalar::map_key(&key_kind, &name) else {
                let expected = scalar::expected(&key_kind);
                return Err(Fault::new(format!(
                    "has the key \"{name}\", which must be {expected}"
                )));
            };
            let within = |fault: Fault| fault.within(&name);
            if map_of(message, field).contains_key(&key) {
                return Err(within(Fault::new("is given twice".to_owned())));
            }
            if let Some(value) = self.value(&value_kind, depth).map_err(within)? {
                map_of(message, field).insert(key, value);
            }
        }
        self.unknown.within(mark, field.json_name());
        Ok(())
    }

    /// A single value; nothing where an enum lacks the name, which is passed over.
    fn value(&mut self, kind: &Kind, depth: usize) -> Result<Option<Value>, Fault> {
        match kind {
            Kind::Message(descriptor) => {
                let mut inner = DynamicMessage::new(descriptor.clone());
                self.message(&mut inner, depth - 1)?;
                Ok(Some(Value::Message(inner)))
            }
            Kind::Enum(descriptor) => self.enum_value(descriptor),
            _ => {
                let value = scalar::value(kind, &self.next()?);
                value.map(Some).ok_or_else(|| self.wrong(scalar::expected(kind)))
            }
        }
    }

    fn enum_value(&mut self, descriptor: &EnumDescriptor) -> Result<Option<Value>, Fault> {
        let number = match self.next()? {
            Token::String(name) => {
                let value = descriptor.get_value_by_name(&name);
                if value.is_none() {
                    self.unknown.add("", || Strange::EnumValue(value_hint(descriptor, &name)));
                }
                return Ok(value.map(|value| Value::EnumNumber(value.number())));
            }
            Token::Number(text) => number::integer(text).and_then(|digits| digits.parse().ok()),
            Token::Null if descriptor.full_name() == NULL_VALUE => Some(0),
            _ => None,
        };
        match number {
            Some(number) => Ok(Some(Value::EnumNumber(number))),
            None => Err(self.wrong("the name of a value, or its number of 32 bits")),
        }
    }

    fn skip(&mut self) -> Result<(), Fault> {
        self.tokens.skip_value().map_err(|fault| located(self.text, &fault))
    }

    fn expect(&mut self, token: &Token<'_>, expected: &str) -> Result<(), Fault> {
        if self.next()? == *token { Ok(()) } else { Err(self.wrong(expected)) }
    }

    /// The fault of the last token, which is not what was expected.
    fn wrong(&self, expected: &str) -> Fault {
        let shown = String::from_utf8_lossy(self.tokens.shown());
        let shown: String = shown.chars().take(60).collect();
        Fault::new(format!("must be {expected}, not {shown}"))
    }

    fn seconds(
        &mut self,
        message: &mut DynamicMessage,
        parse: fn(&str) -> Option<(i64, i32)>,
        expected: &str,
    ) -> Result<(), Fault> {
        let read = match self.next()? {
            Token::String(text) => parse(&text),
            _ => None,
        };
        let (seconds, nanos) = read.ok_or_else(|| self.wrong(expected))?;
        message.set_field_by_name("seconds", Value::I64(seconds));
        message.set_field_by_name("nanos", Value::I32(nanos));
        Ok(())
    }

    /// A message whose JSON form only the library knows.
    fn by_library(&mut self, message: &mut DynamicMessage) -> Result<(), Fault> {
        let value = self.tokens.value().map_err(|fault| located(self.text, &fault))?;
        let mut reader = Deserializer::from_slice(value);
        let read = DynamicMessage::deserialize(message.descriptor(), &mut reader);
        *message = read.map_err(|error| Fault::new(error.to_string()))?;
        Ok(())
    }
}

/// A fault of the text itself, with its place for people.
fn located(text: &[u8], fault: &SyntaxFault) -> Fault {
    let lines = text[..fault.at].split(|byte| *byte == b'\n');
    let (line, column) = lines.fold((0, 0), |(line, _), text| (line + 1, text.len() + 1));
    Fault::new(format!("{} (line {line}, column {column})", fault.problem))
}

fn field_hint(descriptor: &MessageDescriptor, name: &str) -> String {
    let names: Vec<String> =
        descriptor.fields().map(|field| field.json_name().to_owned()).collect();
    suggestion(name, names.iter().map(String::as_str))
}

fn value_hint(descriptor: &EnumDescriptor, name: &str) -> String {
    let names: Vec<String> = descriptor.values().map(|value| value.name().to_owned()).collect();
    let hint = suggestion(name, names.iter().map(String::as_str));
    format!("is \"{name}\", which is no {}{hint}", descriptor.name())
}

fn list_of<'m>(message: &'m mut DynamicMessage, field: &FieldDescriptor) -> &'m mut Vec<Value> {
    message.get_field_mut(field).as_list_mut().expect("a list's field holds a list")
}

fn map_of<'m>(
    message: &'m mut DynamicMessage,
    field: &FieldDescriptor,
) -> &'m mut HashMap<MapKey, Value> {
    message.get_field_mut(field).as_map_mut().expect("a map's field holds a map")
}

type ReadInto<'a, 'u> = fn(&mut Reader<'a, 'u>, &mut DynamicMessage) -> Result<(), Fault>;

/// How a message is read whose JSON form is no object of its fields.
fn well_known<'a, 'u>(name: &str) -> Option<ReadInto<'a, 'u>> {
    match name {
        "google.protobuf.Duration" => Some(|reader, message| {
            reader.seconds(message, time::duration, "a duration such as \"1.5s\"")
        }),
        "google.protobuf.Timestamp" => Some(|reader, message| {
            reader.seconds(message, time::timestamp, "a time such as \"2026-01-31T12:00:00Z\"")
        }),
        "google.protobuf.Empty" => None,
        // The protocol's services have none of the others.
        _ => name.starts_with("google.protobuf.").then_some(Reader::by_library),
    }
}

/// Whether `null` says more for the field than that it is not given.
fn takes_null(field: &FieldDescriptor) -> bool {
    match field.kind() {
        Kind::Message(message) => message.full_name() == "google.protobuf.Value",
        Kind::Enum(one) => one.full_name() == NULL_VALUE,
        _ => false,
    }
}
