//! Strings and names.

use std::borrow::Cow;

/// The text of a checked string in quotes.
pub(super) fn unquoted(quoted: &[u8]) -> Cow<'_, str> {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    if inner.contains(&b'\\') { Cow::Owned(unescaped(inner)) } else { valid_utf8(inner) }
}

/// The bytes as text. Each byte that is not UTF-8 becomes one U+FFFD.
pub(crate) fn valid_utf8(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            let mut text = String::with_capacity(bytes.len());
            push(&mut text, bytes);
            Cow::Owned(text)
        }
    }
}

fn push(text: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
}

fn unescaped(mut inner: &[u8]) -> String {
    let mut text = String::with_capacity(inner.len());
    while let Some(place) = inner.iter().position(|byte| *byte == b'\\') {
        push(&mut text, &inner[..place]);
        let (character, rest) = escape(&inner[place + 1..]);
        text.push(character);
        inner = rest;
    }
    push(&mut text, inner);
    text
}

/// The character of an escape, given without its backslash, and the rest of the text.
fn escape(text: &[u8]) -> (char, &[u8]) {
    let (kind, rest) = text.split_first().unwrap_or((&b'\\', &[]));
    let character = match kind {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode(rest),
        other => char::from(*other),
    };
    (character, rest)
}

/// The character of four digits, or of a surrogate pair. Half a pair becomes U+FFFD.
fn unicode(text: &[u8]) -> (char, &[u8]) {
    let rest = text.get(4..).unwrap_or_default();
    let Some(unit) = unit(text) else { return (char::REPLACEMENT_CHARACTER, rest) };
    if let Some(character) = char::from_u32(unit.into()) {
        return (character, rest);
    }
    let second = rest.strip_prefix(b"\\u").and_then(self::unit);
    let pair = second.and_then(|second| char::decode_utf16([unit, second]).next()?.ok());
    match pair {
        Some(character) => (character, rest.get(6..).unwrap_or_default()),
        None => (char::REPLACEMENT_CHARACTER, rest),
    }
}

fn unit(digits: &[u8]) -> Option<u16> {
    let digits = std::str::from_utf8(digits.get(..4)?).ok()?;
    u16::from_str_radix(digits, 16).ok()
}

/// Whether a name is that of the field, in any case. As in Go, the two letters outside of ASCII whose
/// other case is an ASCII letter count as that letter.
pub(super) fn is_name(given: &str, field: &str) -> bool {
    given == field
        || given.eq_ignore_ascii_case(field)
        || (!given.is_ascii() && folded(given, field))
}

fn folded(given: &str, field: &str) -> bool {
    let given = given.chars().map(|character| match character {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    });
    given.eq(field.chars().map(|character| character.to_ascii_lowercase()))
}
