//! Values, and what is taken out of them.

use std::{borrow::Cow, collections::HashSet};

use super::{
    check::{self, Fault},
    text::{is_name, unquoted},
};

/// A value as it stands in a text that was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Raw<'a>(&'a [u8]);

/// Checks a text.
///
/// # Errors
/// Where and why it is not one JSON value.
pub(crate) fn parse(text: &[u8]) -> Result<Raw<'_>, Fault> {
    check::value(text).map(Raw)
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Bool,
    Number,
    String,
    List,
    Object,
}

impl Kind {
    /// The kind in a sentence: "it is a number".
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

    pub(crate) fn kind(self) -> Kind {
        match self.0.first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::List,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'n') => Kind::Null,
            _ => Kind::Number,
        }
    }

    pub(crate) fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    pub(crate) fn bool(self) -> Option<bool> {
        (self.kind() == Kind::Bool).then(|| self.0 == b"true")
    }

    pub(crate) fn string(self) -> Option<Cow<'a, str>> {
        (self.kind() == Kind::String).then(|| unquoted(self.0))
    }

    /// A number as it is written.
    pub(crate) fn number(self) -> Option<&'a str> {
        let number = self.kind() == Kind::Number;
        std::str::from_utf8(self.0).ok().filter(|_| number)
    }

    /// The members of an object in their order, repeated ones too.
    pub(crate) fn members(self) -> Option<Members<'a>> {
        (self.kind() == Kind::Object).then_some(Members(Walk { text: self.0, at: 1 }))
    }

    /// The elements of a list.
    pub(crate) fn items(self) -> Option<Items<'a>> {
        (self.kind() == Kind::List).then_some(Items(Walk { text: self.0, at: 1 }))
    }

    /// Whether a number in here, however deep, is beyond what a `float64` holds: where Go reads a
    /// number without knowing what for, it refuses such a one.
    pub(crate) fn has_huge_number(self) -> bool {
        let mut walk = Walk { text: self.0, at: 0 };
        while let Some(byte) = walk.text.get(walk.at) {
            match byte {
                b'"' | b'-' | b'0'..=b'9' => {
                    let number = walk.value().and_then(Raw::number);
                    let number = number.and_then(|number| number.parse::<f64>().ok());
                    if number.is_some_and(f64::is_infinite) {
                        return true;
                    }
                }
                _ => walk.at += 1,
            }
        }
        false
    }

    /// A name that stands twice in one object, here or further down; spelled alike, as in objects
    /// of one's own, where case counts.
    pub(crate) fn repeated_name(self) -> Option<Cow<'a, str>> {
        // Of each object and list that is open, the names so far.
        let mut open = Vec::new();
        let mut walk = Walk { text: self.0, at: 0 };
        while let Some(byte) = walk.text.get(walk.at) {
            match byte {
                b'{' | b'[' => open.push(HashSet::new()),
                b'}' | b']' => drop(open.pop()),
                b'"' => {
                    let string = walk.value()?;
                    if walk.is_name()
                        && let Some(names) = open.last_mut()
                        && !names.insert(unquoted(string.0))
                    {
                        return string.string();
                    }
                    continue;
                }
                _ => {}
            }
            walk.at += 1;
        }
        None
    }
}

/// See [`Raw::members`].
pub(crate) struct Members<'a>(Walk<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = (Name<'a>, Raw<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let name = self.0.value()?;
        let value = self.0.value()?;
        Some((Name(name.0), value))
    }
}

/// A member's name as it stands, in its quotes.
#[derive(Clone, Copy)]
pub(crate) struct Name<'a>(&'a [u8]);

impl<'a> Name<'a> {
    pub(crate) fn text(self) -> Cow<'a, str> {
        unquoted(self.0)
    }

    /// Whether it is this field's, in any case.
    pub(crate) fn is(self, field: &str) -> bool {
        self.is_exactly(field) || is_name(&self.text(), field)
    }

    /// The field that it is of these, of which no two differ in case alone.
    pub(crate) fn find(self, fields: &[&'static str]) -> Option<&'static str> {
        self.find_by(fields, |field| Some(field)).copied()
    }

    /// [`find`](Self::find) for fields that are more than their name.
    pub(crate) fn find_by<F>(
        self,
        fields: &[F],
        name: impl Fn(&F) -> Option<&'static str>,
    ) -> Option<&F> {
        // Nearly every name is spelled as documented, and need not be decoded.
        let exact = |field: &&F| name(field).is_some_and(|name| self.is_exactly(name));
        fields.iter().find(exact).or_else(|| {
            let text = self.text();
            fields.iter().find(|field| name(field).is_some_and(|name| is_name(&text, name)))
        })
    }

    fn is_exactly(self, field: &str) -> bool {
        self.0.get(1..self.0.len() - 1) == Some(field.as_bytes())
    }
}

/// See [`Raw::items`].
pub(crate) struct Items<'a>(Walk<'a>);

impl<'a> Iterator for Items<'a> {
    type Item = Raw<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.value()
    }
}

/// From value to value through a text that was checked, so that only what ends a value matters.
struct Walk<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    /// The next value of this object or list, or nothing at its end.
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

    /// Behind the bracket that closes the one here.
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

    /// Whether the string that ends here is a name.
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
