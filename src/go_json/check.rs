//! Checks that a text is one JSON value.

use std::fmt;

/// How deep lists and objects may be nested, as in Go.
const MAX_DEPTH: usize = 10_000;

/// Why a text is not JSON, and at which byte. It quotes nothing of the text, which may be secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    at: usize,
    expected: &'static str,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "expected {} at byte {}", self.expected, self.at + 1)
    }
}

/// What may come next.
#[derive(Clone, Copy)]
enum NextToken {
    Value,
    ItemOrEnd,
    Name,
    NameOrEnd,
    CommaOrEnd,
}

/// The objects and lists that are open, with one bit for each: whether it is an object. The first 64
/// need no allocation.
#[derive(Default)]
struct Nesting {
    depth: usize,
    shallow: u64,
    deep: Vec<bool>,
}

impl Nesting {
    fn push(&mut self, object: bool) {
        match self.depth < 64 {
            true => self.shallow = self.shallow << 1 | u64::from(object),
            false => self.deep.push(object),
        }
        self.depth += 1;
    }

    fn pop(&mut self) {
        match self.depth <= 64 {
            true => self.shallow >>= 1,
            false => drop(self.deep.pop()),
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn is_object(&self) -> bool {
        self.deep.last().copied().unwrap_or(self.shallow & 1 == 1)
    }
}

struct Checker<'a> {
    text: &'a [u8],
    at: usize,
    nesting: Nesting,
}

/// Checks the text, and returns its value without the blanks around it.
///
/// # Errors
/// The text is not one JSON value.
pub(super) fn value(text: &[u8]) -> Result<&[u8], SyntaxError> {
    let mut checker = Checker { text, at: 0, nesting: Nesting::default() };
    checker.skip_blanks();
    let start = checker.at;
    let mut next = NextToken::Value;
    let end = loop {
        checker.skip_blanks();
        next = checker.step(next)?;
        if checker.nesting.depth == 0 {
            break checker.at;
        }
    };
    checker.skip_blanks();
    match checker.peek() {
        None => Ok(&text[start..end]),
        Some(_) => Err(checker.error("nothing more")),
    }
}

impl Checker<'_> {
    fn step(&mut self, next: NextToken) -> Result<NextToken, SyntaxError> {
        match (next, self.peek()) {
            (NextToken::ItemOrEnd, Some(b']')) | (NextToken::NameOrEnd, Some(b'}')) => {
                Ok(self.close())
            }
            (NextToken::Value | NextToken::ItemOrEnd, _) => self.value(),
            (NextToken::Name | NextToken::NameOrEnd, Some(b'"')) => self.name(),
            (NextToken::Name | NextToken::NameOrEnd, _) => Err(self.error("a name in quotes")),
            (NextToken::CommaOrEnd, byte) => self.after_value(byte),
        }
    }

    fn value(&mut self) -> Result<NextToken, SyntaxError> {
        match self.peek() {
            Some(b'{') => return self.open(true, NextToken::NameOrEnd),
            Some(b'[') => return self.open(false, NextToken::ItemOrEnd),
            Some(b'"') => self.string()?,
            Some(b't') => self.word(b"true")?,
            Some(b'f') => self.word(b"false")?,
            Some(b'n') => self.word(b"null")?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => return Err(self.error("a value")),
        }
        Ok(NextToken::CommaOrEnd)
    }

    fn open(&mut self, object: bool, next: NextToken) -> Result<NextToken, SyntaxError> {
        if self.nesting.depth == MAX_DEPTH {
            return Err(self.error("no deeper nesting"));
        }
        self.nesting.push(object);
        self.at += 1;
        Ok(next)
    }

    /// Reads the end of an object or list, which completes a value of the one around it.
    fn close(&mut self) -> NextToken {
        self.nesting.pop();
        self.at += 1;
        NextToken::CommaOrEnd
    }

    fn name(&mut self) -> Result<NextToken, SyntaxError> {
        self.string()?;
        self.skip_blanks();
        if self.peek() != Some(b':') {
            return Err(self.error("a colon"));
        }
        self.at += 1;
        Ok(NextToken::Value)
    }

    fn after_value(&mut self, byte: Option<u8>) -> Result<NextToken, SyntaxError> {
        let (end, expected, next) = match self.nesting.is_object() {
            true => (b'}', "a comma or }", NextToken::Name),
            false => (b']', "a comma or ]", NextToken::Value),
        };
        if byte == Some(end) {
            return Ok(self.close());
        }
        if byte != Some(b',') {
            return Err(self.error(expected));
        }
        self.at += 1;
        Ok(next)
    }

    /// Reads a string. Bytes that are not UTF-8 are accepted.
    fn string(&mut self) -> Result<(), SyntaxError> {
        self.at += 1;
        loop {
            let rest = &self.text[self.at..];
            let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
            self.at += rest.iter().position(ends).unwrap_or(rest.len());
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(_) => return Err(self.error("an escape in place of a control character")),
                None => return Err(self.error("the end of the string")),
            }
            self.at += 1;
        }
        self.at += 1;
        Ok(())
    }

    /// Reads an escape up to its last byte.
    fn escape(&mut self) -> Result<(), SyntaxError> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(()),
            Some(b'u') => {
                let digits = self.text.get(self.at + 1..self.at + 5).unwrap_or_default();
                if digits.len() < 4 || !digits.iter().all(u8::is_ascii_hexdigit) {
                    return Err(self.error("four hexadecimal digits"));
                }
                self.at += 4;
                Ok(())
            }
            _ => Err(self.error("an escape that JSON has")),
        }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), SyntaxError> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.error("a value"));
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), SyntaxError> {
        self.at += usize::from(self.peek() == Some(b'-'));
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), SyntaxError> {
        let count = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return Err(self.error("a digit"));
        }
        self.at += count;
        Ok(())
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn error(&self, expected: &'static str) -> SyntaxError {
        SyntaxError { at: self.at, expected }
    }
}

/// The place after the string that begins at `start`.
pub(super) fn end_of_string(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += text.get(at..)?.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}
