//! Scalar values of protojson.

use std::str::FromStr;

use base64::{
    Engine as _,
    alphabet::{Alphabet, STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use prost_reflect::{Kind, MapKey, Value};

use super::{
    lexer::JsonToken::{self, Bool, String},
    number,
};

/// The token as a value for a field of this kind, if it fits.
pub(super) fn value(kind: &Kind, token: &JsonToken<'_>) -> Option<Value> {
    match (kind, token) {
        (Kind::Bool, Bool(value)) => Some(Value::Bool(*value)),
        (Kind::String, String(text)) => Some(Value::String(text.clone().into_owned())),
        (Kind::Bytes, String(text)) => bytes(text).map(Value::Bytes),
        (Kind::Int32 | Kind::Sint32 | Kind::Sfixed32, _) => integer(token).map(Value::I32),
        (Kind::Int64 | Kind::Sint64 | Kind::Sfixed64, _) => integer(token).map(Value::I64),
        (Kind::Uint32 | Kind::Fixed32, _) => integer(token).map(Value::U32),
        (Kind::Uint64 | Kind::Fixed64, _) => integer(token).map(Value::U64),
        (Kind::Float, _) => float(token, |value: f32| value.is_finite()).map(Value::F32),
        (Kind::Double, _) => float(token, |value: f64| value.is_finite()).map(Value::F64),
        _ => None,
    }
}

/// A member's name as a key of a map.
pub(super) fn map_key(kind: &Kind, name: &str) -> Option<MapKey> {
    match kind {
        Kind::String => Some(MapKey::String(name.to_owned())),
        Kind::Bool => name.parse().ok().map(MapKey::Bool),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => name.parse().ok().map(MapKey::I32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => name.parse().ok().map(MapKey::I64),
        Kind::Uint32 | Kind::Fixed32 => name.parse().ok().map(MapKey::U32),
        Kind::Uint64 | Kind::Fixed64 => name.parse().ok().map(MapKey::U64),
        _ => None,
    }
}

/// What a value of this kind looks like, as the end of a sentence that begins with "must be".
pub(super) fn expected(kind: &Kind) -> &'static str {
    match kind {
        Kind::Bool => "true or false",
        Kind::String => "a string",
        Kind::Bytes => "a string of base64",
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => "an integer of 32 bits",
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => "an integer of 64 bits",
        Kind::Uint32 | Kind::Fixed32 => "an integer of 32 bits without a sign",
        Kind::Uint64 | Kind::Fixed64 => "an integer of 64 bits without a sign",
        Kind::Float | Kind::Double => {
            "a number that fits, or \"NaN\", \"Infinity\" or \"-Infinity\""
        }
        Kind::Message(_) => "an object",
        Kind::Enum(_) => "the name of a value, or its number",
    }
}

fn integer<T: FromStr>(token: &JsonToken<'_>) -> Option<T> {
    number::integer(number::text(token)?)?.parse().ok()
}

/// A number that fits, or one of the three words for a value that JSON has no number for.
fn float<T: FromStr + Copy>(token: &JsonToken<'_>, is_finite: impl Fn(T) -> bool) -> Option<T> {
    if let String(text) = token
        && ["NaN", "Infinity", "-Infinity"].contains(&&**text)
    {
        return text.parse().ok();
    }
    number::text(token)?.parse().ok().filter(|value| is_finite(*value))
}

/// Base64 in either alphabet, padded in full or not at all. Line ends are skipped.
fn bytes(text: &str) -> Option<Bytes> {
    let padding = match text.len() % 4 {
        0 => DecodePaddingMode::RequireCanonical,
        _ => DecodePaddingMode::RequireNone,
    };
    let alphabet = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    let one_line: std::string::String =
        text.chars().filter(|character| !matches!(character, '\r' | '\n')).collect();
    lenient(alphabet, padding).decode(one_line).ok().map(Bytes::from)
}

fn lenient(alphabet: &Alphabet, padding: DecodePaddingMode) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(padding)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(alphabet, config)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &Kind, json: &str) -> Option<Value> {
        let mut tokens = super::super::lexer::Lexer::of(json.as_bytes());
        value(kind, &tokens.next().expect("a token"))
    }

    #[test]
    fn each_kind_has_its_bounds() {
        for (kind, json, fits) in [
            (Kind::Int32, "2147483647", true),
            (Kind::Int32, "2147483648", false),
            (Kind::Int32, "\"-2147483648\"", true),
            (Kind::Uint32, "-0", true),
            (Kind::Uint32, "-1", false),
            (Kind::Uint64, "18446744073709551615", true),
            (Kind::Uint64, "18446744073709551616", false),
            (Kind::Int64, "9223372036854775807", true),
            (Kind::Float, "3.4e38", true),
            (Kind::Float, "1e39", false),
            (Kind::Double, "1e39", true),
            (Kind::Double, "1e400", false),
            (Kind::Double, "\"nan\"", false),
            (Kind::Double, "\"NaN\"", true),
            (Kind::Double, "\"-Infinity\"", true),
            (Kind::Double, "\"inf\"", false),
            (Kind::Double, "\" 1.5\"", false),
            (Kind::Bool, "1", false),
            (Kind::Bool, "\"true\"", false),
            (Kind::String, "5", false),
        ] {
            assert_eq!(read(&kind, json).is_some(), fits, "{kind:?} {json}");
        }
    }

    #[test]
    fn base64_comes_in_several_forms() {
        for (text, expected) in [
            ("aGk=", Some(&b"hi"[..])),
            ("aGk", Some(b"hi")),
            ("aGl", Some(b"hi")),
            ("_-8=", Some(b"\xff\xef")),
            ("/+8=", Some(b"\xff\xef")),
            ("aG\\n\\nk=", None),
            (" aGk=", None),
            ("aGk==", None),
            ("_+8=", None),
            ("", Some(b"")),
        ] {
            assert_eq!(bytes(text).as_deref(), expected, "{text:?}");
        }
        assert_eq!(bytes("aG\nk="), None, "the line end counts for the padding");
        assert_eq!(bytes("aGkh\naGkh\r\n\n").as_deref(), Some(&b"hi!hi!"[..]));
    }
}
