//! Values, read from a checked text when they are asked for.

use std::{borrow::Cow, collections::HashSet};

use super::{
    check::{self, SyntaxError},
    text::{is_name, unquoted},
};

/// A value as it is written in a checked text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Raw<'a>(&'a [u8]);

/// Checks a text.
///
/// # Errors
/// The text is not one JSON value.
pub(crate) fn parse(text: &[u8]) -> Result<Raw<'_>, SyntaxError> {
    check::value(text).map(Raw)
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonType {
    Null,
    Bool,
    Number,
    String,
    List,
    Object,
}

impl JsonType {
    /// The type as the end of a sentence: "it is a number".
    pub(crate) fn described(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "a bool",
            Self::Number => "a number",
            Self::String => "a string",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }
}

impl<'a> Raw<'a> {
    pub(crate) fn bytes(self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn kind(self) -> JsonType {
        match self.0.first() {
            Some(b'{') => JsonType::Object,
            Some(b'[') => JsonType::List,
            Some(b'"') => JsonType::String,
            Some(b't' | b'f') => JsonType::Bool,
            Some(b'n') => JsonType::Null,
            _ => JsonType::Number,
        }
    }

    pub(crate) fn is_null(self) -> bool {
        self.kind() == JsonType::Null
    }

    pub(crate) fn bool(self) -> Option<bool> {
        (self.kind() == JsonType::Bool).then(|| self.0 == b"true")
    }

    pub(crate) fn string(self) -> Option<Cow<'a, str>> {
        (self.kind() == JsonType::String).then(|| unquoted(self.0))
    }

    /// A number as it is written.
    pub(crate) fn number(self) -> Option<&'a str> {
        let number = self.kind() == JsonType::Number;
        std::str::from_utf8(self.0).ok().filter(|_| number)
    }

    /// The members of an object in their order, including repeated ones.
    pub(crate) fn members(self) -> Option<Members<'a>> {
        (self.kind() == JsonType::Object).then_some(Members(Cursor { text: self.0, at: 1 }))
    }

    /// The elements of a list.
    pub(crate) fn items(self) -> Option<Items<'a>> {
        (self.kind() == JsonType::List).then_some(Items(Cursor { text: self.0, at: 1 }))
    }

    /// Whether the value holds, at any depth, a number that is too large for a `float64`. Go refuses
    /// such a number when it reads one without a target type.
    pub(crate) fn has_huge_number(self) -> bool {
        let mut cursor = Cursor { text: self.0, at: 0 };
        while let Some(byte) = cursor.text.get(cursor.at) {
            match byte {
                b'"' | b'-' | b'0'..=b'9' => {
                    let number = cursor.value().and_then(Raw::number);
                    let number = number.and_then(|number| number.parse::<f64>().ok());
                    if number.is_some_and(f64::is_infinite) {
                        return true;
                    }
                }
                _ => cursor.at += 1,
            }
        }
        false
    }

    /// A name that is given twice in one object, at any depth. Here the case of names counts.
    pub(crate) fn repeated_name(self) -> Option<Cow<'a, str>> {
        // The names so far, for each object and list that is open.
        let mut open = Vec::new();
        let mut cursor = Cursor { text: self.0, at: 0 };
        while let Some(byte) = cursor.text.get(cursor.at) {
            match byte {
                b'{' | b'[' => open.push(HashSet::new()),
                b'}' | b']' => drop(open.pop()),
                b'"' => {
                    let string = cursor.value()?;
                    if cursor.is_name()
                        && let Some(names) = open.last_mut()
                        && !names.insert(unquoted(string.0))
                    {
                        return string.string();
                    }
                    continue;
                }
                _ => {}
            }
            cursor.at += 1;
        }
        None
    }
}

/// See [`Raw::members`].
pub(crate) struct Members<'a>(Cursor<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = (Name<'a>, Raw<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let name = self.0.value()?;
        let value = self.0.value()?;
        Some((Name(name.0), value))
    }
}

/// A member's name as it is written, in quotes.
#[derive(Clone, Copy)]
pub(crate) struct Name<'a>(&'a [u8]);

impl<'a> Name<'a> {
    pub(crate) fn text(self) -> Cow<'a, str> {
        unquoted(self.0)
    }

    /// Whether it is the name of this field, in any case.
    pub(crate) fn is(self, field: &str) -> bool {
        self.is_exactly(field) || is_name(&self.text(), field)
    }

    /// The place of the field with this name, in any case. No two of the fields may differ only in case.
    pub(crate) fn find(self, fields: &[&'static str]) -> Option<usize> {
        self.find_by(fields, |field| Some(field))
    }

    /// Like [`find`](Self::find), for fields whose names `name` returns.
    pub(crate) fn find_by<F>(
        self,
        fields: &[F],
        name: impl Fn(&F) -> Option<&'static str>,
    ) -> Option<usize> {
        // Nearly every name is spelled as documented, so it need not be decoded.
        let exact = |field: &F| name(field).is_some_and(|name| self.is_exactly(name));
        fields.iter().position(exact).or_else(|| {
            let text = self.text();
            fields.iter().position(|field| name(field).is_some_and(|name| is_name(&text, name)))
        })
    }

    fn is_exactly(self, field: &str) -> bool {
        // Most names differ in length, which is told without a call.
        self.0.len() == field.len() + 2 && &self.0[1..=field.len()] == field.as_bytes()
    }
}

/// See [`Raw::items`].
pub(crate) struct Items<'a>(Cursor<'a>);

impl<'a> Iterator for Items<'a> {
    type Item = Raw<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.value()
    }
}

/// A position in a checked text. Since the text is valid, only the ends of values need to be found.
struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The next value of this object or list; `None` at its end.
    fn value(&mut self) -> Option<Raw<'a>> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n' | b',' | b':') = self.text.get(self.at) {
            self.at += 1;
        }
        let start = self.at;
        self.at = match self.text.get(start)? {
            b'"' => check::end_of_string(self.text, start)?,
            b'{' | b'[' => self.end_of_nested()?,
            b'}' | b']' => return None,
            _ => self.end_of_word(),
        };
        Some(Raw(&self.text[start..self.at]))
    }

    /// The place after the object or list that begins here.
    fn end_of_nested(&self) -> Option<usize> {
        let (mut at, mut depth) = (self.at, 0_usize);
        loop {
            match self.text.get(at)? {
                b'"' => {
                    at = check::end_of_string(self.text, at)?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth == 1 => return Some(at + 1),
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            at += 1;
        }
    }

    /// Whether the string that ends here is a member's name.
    fn is_name(&self) -> bool {
        let mut rest = self.text[self.at..].iter();
        rest.find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) == Some(&b':')
    }

    fn end_of_word(&self) -> usize {
        let rest = &self.text[self.at..];
        let ends = |byte: &u8| matches!(byte, 0..=b' ' | b',' | b':' | b'}' | b']');
        self.at + rest.iter().position(ends).unwrap_or(rest.len())
    }
}
