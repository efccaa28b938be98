//! Reads a message from protojson, member by member, so that everything before an error is kept.

use std::{borrow::Cow, collections::HashMap};

use prost_reflect::{
    DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MapKey, MessageDescriptor,
    OneofDescriptor, ReflectMessage as _, Value,
};
use serde_json::Deserializer;

use super::{
    lexer::{JsonToken, LexError, Lexer},
    number, scalar, time,
};
use crate::{
    protocol::{
        decode_error::DecodeError,
        unknown_fields::{Mismatch, UnknownFields},
    },
    warning::suggestion,
};

/// How deep messages may be nested.
const MAX_DEPTH: usize = 100;
const NULL_VALUE: &str = "google.protobuf.NullValue";

/// Reads the text into the message. What was read before an error is kept in it.
pub(crate) fn read(
    message: &mut DynamicMessage,
    text: &[u8],
    unknown: &mut UnknownFields,
) -> Result<(), DecodeError> {
    let mut reader = Reader { lexer: Lexer::of(text), text, unknown };
    reader.message(message, MAX_DEPTH)?;
    reader.next().map(drop)
}

struct Reader<'a, 'u> {
    lexer: Lexer<'a>,
    text: &'a [u8],
    unknown: &'u mut UnknownFields,
}

/// The fields and oneofs that an object has given so far. None may be given twice.
#[derive(Default)]
struct Seen {
    /// The fields' numbers below 64, a bit each, and all others.
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
    fn next(&mut self) -> Result<JsonToken<'a>, DecodeError> {
        self.lexer.next().map_err(|error| located(self.text, &error))
    }

    fn message(&mut self, message: &mut DynamicMessage, depth: usize) -> Result<(), DecodeError> {
        let descriptor = message.descriptor();
        if depth == 0 {
            return Err(DecodeError::new(format!("is nested deeper than {MAX_DEPTH} messages")));
        }
        if let Some(read) = well_known(descriptor.full_name()) {
            return read(self, message);
        }
        self.expect(&JsonToken::ObjectOpen, "an object")?;
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
                    .map_err(|error| error.within(field.json_name()))?,
                None => {
                    self.unknown.add(&name, || Mismatch::Field(field_hint(&descriptor, &name)));
                    self.skip()?;
                }
            }
        }
        Ok(())
    }

    /// The name of the object's next member; `None` at its end.
    fn member(&mut self) -> Result<Option<Cow<'a, str>>, DecodeError> {
        match self.next()? {
            JsonToken::Name(name) => Ok(Some(name)),
            _ => Ok(None),
        }
    }

    fn field(
        &mut self,
        message: &mut DynamicMessage,
        field: &FieldDescriptor,
        seen: &mut Seen,
        depth: usize,
    ) -> Result<(), DecodeError> {
        if !seen.is_first(field.number()) {
            return Err(DecodeError::new("is given twice".to_owned()));
        }
        if matches!(self.lexer.peek(), Ok(JsonToken::Null)) && !takes_null(field) {
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
                return Err(DecodeError::new(format!(
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
    ) -> Result<(), DecodeError> {
        self.expect(&JsonToken::ArrayOpen, "a list")?;
        let (kind, mark) = (field.kind(), self.unknown.mark());
        let mut index = 0;
        let read = loop {
            if matches!(self.lexer.peek(), Ok(JsonToken::ArrayClose)) {
                break self.next().map(drop);
            }
            match self.value(&kind, depth) {
                Ok(value) => list_of(message, field).extend(value),
                Err(error) => break Err(error.within(&format!("[{index}]"))),
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
    ) -> Result<(), DecodeError> {
        self.expect(&JsonToken::ObjectOpen, "an object")?;
        let Kind::Message(entry) = field.kind() else { return Ok(()) };
        let (key_kind, value_kind) =
            (entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind());
        let mark = self.unknown.mark();
        while let Some(name) = self.member()? {
            let Some(key) = scalar::map_key(&key_kind, &name) else {
                let expected = scalar::expected(&key_kind);
                return Err(DecodeError::new(format!(
                    "has the key \"{name}\", which must be {expected}"
                )));
            };
            let within = |error: DecodeError| error.within(&name);
            if map_of(message, field).contains_key(&key) {
                return Err(within(DecodeError::new("is given twice".to_owned())));
            }
            if let Some(value) = self.value(&value_kind, depth).map_err(within)? {
                map_of(message, field).insert(key, value);
            }
        }
        self.unknown.within(mark, field.json_name());
        Ok(())
    }

    /// A single value; `None` for a name that the enum does not have, which is skipped.
    fn value(&mut self, kind: &Kind, depth: usize) -> Result<Option<Value>, DecodeError> {
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

    fn enum_value(&mut self, descriptor: &EnumDescriptor) -> Result<Option<Value>, DecodeError> {
        let number = match self.next()? {
            JsonToken::String(name) => {
                let value = descriptor.get_value_by_name(&name);
                if value.is_none() {
                    self.unknown.add("", || Mismatch::EnumValue(value_hint(descriptor, &name)));
                }
                return Ok(value.map(|value| Value::EnumNumber(value.number())));
            }
            JsonToken::Number(text) => number::integer(text).and_then(|digits| digits.parse().ok()),
            JsonToken::Null if descriptor.full_name() == NULL_VALUE => Some(0),
            _ => None,
        };
        match number {
            Some(number) => Ok(Some(Value::EnumNumber(number))),
            None => Err(self.wrong("the name of a value, or its number of 32 bits")),
        }
    }

    fn skip(&mut self) -> Result<(), DecodeError> {
        self.lexer.skip_value().map_err(|error| located(self.text, &error))
    }

    fn expect(&mut self, token: &JsonToken<'_>, expected: &str) -> Result<(), DecodeError> {
        if self.next()? == *token { Ok(()) } else { Err(self.wrong(expected)) }
    }

    /// The error for the last token, which is not what was expected.
    fn wrong(&self, expected: &str) -> DecodeError {
        let shown = String::from_utf8_lossy(self.lexer.last_token());
        let shown: String = shown.chars().take(60).collect();
        DecodeError::new(format!("must be {expected}, not {shown}"))
    }

    fn seconds(
        &mut self,
        message: &mut DynamicMessage,
        parse: fn(&str) -> Option<(i64, i32)>,
        expected: &str,
    ) -> Result<(), DecodeError> {
        let read = match self.next()? {
            JsonToken::String(text) => parse(&text),
            _ => None,
        };
        let (seconds, nanos) = read.ok_or_else(|| self.wrong(expected))?;
        message.set_field_by_name("seconds", Value::I64(seconds));
        message.set_field_by_name("nanos", Value::I32(nanos));
        Ok(())
    }

    /// Reads a message whose JSON form only the library knows.
    fn by_library(&mut self, message: &mut DynamicMessage) -> Result<(), DecodeError> {
        let value = self.lexer.value().map_err(|error| located(self.text, &error))?;
        let mut reader = Deserializer::from_slice(value);
        let read = DynamicMessage::deserialize(message.descriptor(), &mut reader);
        *message = read.map_err(|error| DecodeError::new(error.to_string()))?;
        Ok(())
    }
}

/// An error in the JSON itself, with its place as line and column.
fn located(text: &[u8], error: &LexError) -> DecodeError {
    let lines = text[..error.at].split(|byte| *byte == b'\n');
    let (line, column) = lines.fold((0, 0), |(line, _), text| (line + 1, text.len() + 1));
    DecodeError::new(format!("{} (line {line}, column {column})", error.problem))
}

fn field_hint(descriptor: &MessageDescriptor, name: &str) -> String {
    let names: Vec<String> =
        descriptor.fields().map(|field| field.json_name().to_owned()).collect();
    suggestion(name, names.iter().map(String::as_str))
}

fn value_hint(descriptor: &EnumDescriptor, name: &str) -> String {
    let names: Vec<String> = descriptor.values().map(|value| value.name().to_owned()).collect();
    let hint = suggestion(name, names.iter().map(String::as_str));
    format!("is \"{name}\", which is not a value of {}{hint}", descriptor.name())
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

type ReadInto<'a, 'u> = fn(&mut Reader<'a, 'u>, &mut DynamicMessage) -> Result<(), DecodeError>;

/// The reader of a well-known message whose JSON form is not an object with its fields.
fn well_known<'a, 'u>(name: &str) -> Option<ReadInto<'a, 'u>> {
    match name {
        "google.protobuf.Duration" => Some(|reader, message| {
            reader.seconds(message, time::duration, "a duration such as \"1.5s\"")
        }),
        "google.protobuf.Timestamp" => Some(|reader, message| {
            reader.seconds(message, time::timestamp, "a time such as \"2026-01-31T12:00:00Z\"")
        }),
        "google.protobuf.Empty" => None,
        // No service of the protocol uses any of the others.
        _ => name.starts_with("google.protobuf.").then_some(Reader::by_library),
    }
}

/// Whether `null` is a value for the field. For all others, it means that the field is not given.
fn takes_null(field: &FieldDescriptor) -> bool {
    match field.kind() {
        Kind::Message(message) => message.full_name() == "google.protobuf.Value",
        Kind::Enum(one) => one.full_name() == NULL_VALUE,
        _ => false,
    }
}
