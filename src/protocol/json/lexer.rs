//! Splits a JSON text into tokens, one at a time, by the reference's rules.
//!
//! A library that reads a whole text can't return what came before an error, and that part counts
//! (`docs/BEHAVIOUR.md`, Bodies).

use std::borrow::Cow;

/// One token. Commas are skipped, and a colon belongs to the name before it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum JsonToken<'a> {
    /// The end of a complete text.
    End,
    Null,
    Bool(bool),
    /// A number as it is written; [`super::number`] reads it.
    Number(&'a str),
    String(Cow<'a, str>),
    /// A member's name and the colon after it.
    Name(Cow<'a, str>),
    ObjectOpen,
    ObjectClose,
    ArrayOpen,
    ArrayClose,
}

/// Where the text stops being JSON, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LexError {
    pub(super) at: usize,
    pub(super) problem: String,
}

/// How deep objects and arrays may be nested, as in the reference.
const MAX_DEPTH: usize = 10_000;
/// What some editors write at the beginning of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

type Read<'a> = Result<JsonToken<'a>, LexError>;

/// Reads tokens in order. After an error it must not be used any more.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    /// Where the last token began.
    began: usize,
    /// The objects and arrays that are open: whether each is an object.
    open: Vec<bool>,
    last: Last,
    peeked: Option<Read<'a>>,
}

/// What came before the next token, as far as it decides what may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    Start,
    Opening,
    Comma,
    Name,
    /// A scalar, or the end of an object or array.
    Value,
}

impl<'a> Lexer<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        Self { text, at: 0, began: 0, open: Vec::new(), last: Last::Start, peeked: None }
    }

    /// The last token, as it is written in the text.
    pub(super) fn last_token(&self) -> &'a [u8] {
        &self.text[self.began..self.at]
    }

    pub(super) fn peek(&mut self) -> &Read<'a> {
        if self.peeked.is_none() {
            self.peeked = Some(self.read());
        }
        self.peeked.get_or_insert(Ok(JsonToken::End))
    }

    pub(super) fn next(&mut self) -> Read<'a> {
        match self.peeked.take() {
            Some(peeked) => peeked,
            None => self.read(),
        }
    }

    /// Skips the next value, whatever it is.
    pub(super) fn skip_value(&mut self) -> Result<(), LexError> {
        let mut depth = 0_usize;
        loop {
            match self.next()? {
                JsonToken::ObjectOpen | JsonToken::ArrayOpen => depth += 1,
                JsonToken::ObjectClose | JsonToken::ArrayClose => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// The next value as it is written, whatever it is.
    pub(super) fn value(&mut self) -> Result<&'a [u8], LexError> {
        self.peek();
        let start = self.began;
        self.skip_value()?;
        Ok(&self.text[start..self.at])
    }

    fn read(&mut self) -> Read<'a> {
        loop {
            self.skip_blanks();
            let start = self.at;
            let Some(&first) = self.text.get(start) else { return self.end() };
            let fits = match first {
                b',' => self.last == Last::Value && !self.open.is_empty(),
                b'}' => self.closes(true),
                b']' => self.closes(false),
                b'"' => self.takes_value() || self.takes_name(),
                _ => self.takes_value(),
            };
            if !fits {
                return Err(self.unexpected(start));
            }
            if first == b',' {
                self.at += 1;
                self.last = Last::Comma;
                continue;
            }
            self.began = start;
            return self.token(first);
        }
    }

    fn token(&mut self, first: u8) -> Read<'a> {
        match first {
            b'{' | b'[' => {
                if self.open.len() == MAX_DEPTH {
                    return Err(lex_error(
                        self.at,
                        format!("it is nested deeper than {MAX_DEPTH} levels"),
                    ));
                }
                self.at += 1;
                self.last = Last::Opening;
                self.open.push(first == b'{');
                Ok(if first == b'{' { JsonToken::ObjectOpen } else { JsonToken::ArrayOpen })
            }
            b'}' | b']' => {
                self.at += 1;
                self.last = Last::Value;
                self.open.pop();
                Ok(if first == b'}' { JsonToken::ObjectClose } else { JsonToken::ArrayClose })
            }
            b'"' if self.takes_value() => {
                let text = self.string()?;
                self.last = Last::Value;
                Ok(JsonToken::String(text))
            }
            b'"' => self.name(),
            b'-' | b'0'..=b'9' => {
                let number = self.number()?;
                self.last = Last::Value;
                Ok(JsonToken::Number(number))
            }
            _ => {
                let word = self.word()?;
                self.last = Last::Value;
                Ok(word)
            }
        }
    }

    fn end(&self) -> Read<'a> {
        if self.open.is_empty() && self.last == Last::Value {
            return Ok(JsonToken::End);
        }
        Err(lex_error(self.at, if self.text.is_empty() { "it is empty" } else { "it breaks off" }))
    }

    /// Whether a value may follow here.
    fn takes_value(&self) -> bool {
        match self.open.last() {
            None => self.last == Last::Start,
            Some(true) => self.last == Last::Name,
            Some(false) => matches!(self.last, Last::Opening | Last::Comma),
        }
    }

    /// Whether a member's name may follow here.
    fn takes_name(&self) -> bool {
        self.open.last() == Some(&true) && matches!(self.last, Last::Opening | Last::Comma)
    }

    /// Whether an object (or an array) may end here.
    fn closes(&self, object: bool) -> bool {
        self.open.last() == Some(&object) && matches!(self.last, Last::Opening | Last::Value)
    }

    fn name(&mut self) -> Read<'a> {
        let name = self.string()?;
        self.skip_blanks();
        match self.text.get(self.at) {
            Some(b':') => {
                self.at += 1;
                self.last = Last::Name;
                Ok(JsonToken::Name(name))
            }
            Some(_) => Err(lex_error(self.at, format!("there is no colon after \"{name}\""))),
            None => Err(lex_error(self.at, "it breaks off")),
        }
    }

    /// A string, without its quotes and escapes.
    fn string(&mut self) -> Result<Cow<'a, str>, LexError> {
        let rest = &self.text[self.at..];
        let Some(length) = quoted_length(rest) else {
            return Err(lex_error(self.at, "it breaks off in a string"));
        };
        let (quoted, inner) = (&rest[..length], &rest[1..length - 1]);
        let start = self.at;
        self.at += length;
        let plain = inner.iter().all(|byte| *byte != b'\\' && *byte >= b' ');
        if let (true, Ok(text)) = (plain, std::str::from_utf8(inner)) {
            return Ok(Cow::Borrowed(text));
        }
        match serde_json::from_slice::<String>(quoted) {
            Ok(text) => Ok(Cow::Owned(text)),
            Err(error) => Err(lex_error(start, string_problem(inner, &error))),
        }
    }

    fn number(&mut self) -> Result<&'a str, LexError> {
        let rest = &self.text[self.at..];
        match number_length(rest).filter(|length| ends_at(rest, *length)) {
            Some(length) => {
                self.at += length;
                Ok(std::str::from_utf8(&rest[..length]).unwrap_or_default())
            }
            None => Err(self.unexpected(self.at)),
        }
    }

    fn word(&mut self) -> Read<'a> {
        let words = [
            ("null", JsonToken::Null),
            ("true", JsonToken::Bool(true)),
            ("false", JsonToken::Bool(false)),
        ];
        let rest = &self.text[self.at..];
        let known = |word: &str| rest.starts_with(word.as_bytes()) && ends_at(rest, word.len());
        match words.into_iter().find(|(word, _)| known(word)) {
            Some((word, token)) => {
                self.at += word.len();
                Ok(token)
            }
            None => Err(self.unexpected(self.at)),
        }
    }

    fn skip_blanks(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// The error for a token that must not be at this place.
    fn unexpected(&self, at: usize) -> LexError {
        let rest = &self.text[at..];
        let length = rest.iter().take_while(|byte| is_word(**byte)).count().clamp(1, 20);
        let shown = String::from_utf8_lossy(&rest[..length.min(rest.len())]);
        let problem = match self.last {
            _ if at == 0 && self.text.starts_with(BYTE_ORDER_MARK) => {
                "it begins with a byte order mark, which JSON does not have".to_owned()
            }
            Last::Value if self.open.is_empty() => format!("\"{shown}\" follows its end"),
            Last::Comma if matches!(rest[0], b'}' | b']' | b',') => {
                format!("\"{shown}\" follows a comma")
            }
            _ => format!("\"{shown}\" can't be here"),
        };
        LexError { at, problem }
    }
}

fn lex_error(at: usize, problem: impl Into<String>) -> LexError {
    LexError { at, problem: problem.into() }
}

/// The length of a string with its quotes, in bytes; `None` if it does not end.
fn quoted_length(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn string_problem(inner: &[u8], error: &serde_json::Error) -> String {
    if std::str::from_utf8(inner).is_err() {
        return "a string is not UTF-8".to_owned();
    }
    let error = error.to_string();
    format!("a string is broken: {}", error.split(" at line").next().unwrap_or_default())
}

/// The length of a number, in bytes. As in the reference, the digits after an `e` may be missing. Such a
/// number is refused later, when it is read.
fn number_length(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(text[0] == b'-');
    match text.get(at)? {
        b'0' => at += 1,
        b'1'..=b'9' => at += digits(at),
        _ => return None,
    }
    if text.get(at) == Some(&b'.') && text.get(at + 1).is_some_and(u8::is_ascii_digit) {
        at += 1 + digits(at + 1);
    }
    if matches!(text.get(at), Some(b'e' | b'E')) && text.len() > at + 1 {
        at += 1;
        if matches!(text[at], b'+' | b'-') {
            at += 1;
            text.get(at)?;
        }
        at += digits(at);
    }
    Some(at)
}

/// Whether a number or a word of this length ends there.
fn ends_at(text: &[u8], length: usize) -> bool {
    !text.get(length).is_some_and(|byte| is_word(*byte))
}

/// Whether the byte can be part of a number or a word.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tokens up to the end or the error, as a text.
    fn read(text: &str) -> String {
        let mut tokens = Lexer::of(text.as_bytes());
        let mut seen = Vec::new();
        loop {
            match tokens.next() {
                Ok(JsonToken::End) => break,
                Ok(token) => seen.push(format!("{token:?}")),
                Err(error) => {
                    seen.push(format!("! {}", error.problem));
                    break;
                }
            }
        }
        seen.join(" ")
    }

    #[test]
    fn splits_a_text_into_tokens() {
        assert_eq!(
            read(r#" {"a" : [ 1 , -2.5e+3 , true , null , "x\n" ] , "b":{} } "#),
            "ObjectOpen Name(\"a\") ArrayOpen Number(\"1\") Number(\"-2.5e+3\") Bool(true) Null \
             String(\"x\\n\") ArrayClose Name(\"b\") ObjectOpen ObjectClose ObjectClose"
        );
    }

    #[test]
    fn says_why_a_text_is_not_json() {
        for (text, expected) in [
            ("", "! it is empty"),
            ("{", "ObjectOpen ! it breaks off"),
            ("{\"a", "ObjectOpen ! it breaks off in a string"),
            ("{\"a\"", "ObjectOpen ! it breaks off"),
            ("{\"a\" 1", "ObjectOpen ! there is no colon after \"a\""),
            ("[1,]", "ArrayOpen Number(\"1\") ! \"]\" follows a comma"),
            ("[1,,2]", "ArrayOpen Number(\"1\") ! \",\" follows a comma"),
            ("[1 2]", "ArrayOpen Number(\"1\") ! \"2\" can't be here"),
            ("[09]", "ArrayOpen ! \"09\" can't be here"),
            ("[1x]", "ArrayOpen ! \"1x\" can't be here"),
            ("[truex]", "ArrayOpen ! \"truex\" can't be here"),
            ("[-]", "ArrayOpen ! \"-\" can't be here"),
            ("[1.]", "ArrayOpen ! \"1.\" can't be here"),
            ("[1e+", "ArrayOpen ! \"1e+\" can't be here"),
            ("{1:2}", "ObjectOpen ! \"1\" can't be here"),
            ("[}", "ArrayOpen ! \"}\" can't be here"),
            ("1 x", "Number(\"1\") ! \"x\" follows its end"),
            ("'a'", "! \"'\" can't be here"),
            (r#"["\ud83d"]"#, "ArrayOpen ! a string is broken: unexpected end of hex escape"),
            (
                "[\"\u{1}\"]",
                "ArrayOpen ! a string is broken: control character (\\u0000-\\u001F) found while parsing a string",
            ),
        ] {
            let seen = read(text);
            assert!(seen.starts_with(expected), "{text}: {seen}");
        }
    }

    #[test]
    fn numbers_end_where_a_word_would() {
        assert_eq!(read("[1e,0e5]"), "ArrayOpen Number(\"1e\") Number(\"0e5\") ArrayClose");
        assert_eq!(read("1"), "Number(\"1\")");
    }
}
