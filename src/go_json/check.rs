//! Whether a text is one JSON value.

use std::fmt;

/// Lists and objects may stand so deep in one another.
const MAX_DEPTH: usize = 10_000;

/// Why a text is no JSON, and at which byte; never any of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    at: usize,
    expected: &'static str,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "expected {} at byte {}", self.expected, self.at + 1)
    }
}

/// What may come next.
#[derive(Clone, Copy)]
enum Next {
    Value,
    ItemOrEnd,
    Name,
    NameOrEnd,
    CommaOrEnd,
}

/// The brackets that are open, a bit each: whether it is an object's. The first 64 cost no memory.
#[derive(Default)]
struct Open {
    depth: usize,
    shallow: u64,
    deep: Vec<bool>,
}

impl Open {
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
    open: Open,
}

/// The value that the text is, without the blanks around it.
///
/// # Errors
/// Where and why the text is not one JSON value.
pub(super) fn value(text: &[u8]) -> Result<&[u8], Fault> {
    let mut checker = Checker { text, at: 0, open: Open::default() };
    checker.skip_blanks();
    let start = checker.at;
    let mut next = Next::Value;
    let end = loop {
        checker.skip_blanks();
        next = checker.step(next)?;
        if checker.open.depth == 0 {
            break checker.at;
        }
    };
    checker.skip_blanks();
    match checker.peek() {
        None => Ok(&text[start..end]),
        Some(_) => Err(checker.fault("nothing more")),
    }
}

impl Checker<'_> {
    fn step(&mut self, next: Next) -> Result<Next, Fault> {
        match (next, self.peek()) {
            (Next::ItemOrEnd, Some(b']')) | (Next::NameOrEnd, Some(b'}')) => Ok(self.close()),
            (Next::Value | Next::ItemOrEnd, _) => self.value(),
            (Next::Name | Next::NameOrEnd, Some(b'"')) => self.name(),
            (Next::Name | Next::NameOrEnd, _) => Err(self.fault("a name in quotes")),
            (Next::CommaOrEnd, byte) => self.after_value(byte),
        }
    }

    fn value(&mut self) -> Result<Next, Fault> {
        match self.peek() {
            Some(b'{') => return self.open(true, Next::NameOrEnd),
            Some(b'[') => return self.open(false, Next::ItemOrEnd),
            Some(b'"') => self.string()?,
            Some(b't') => self.word(b"true")?,
            Some(b'f') => self.word(b"false")?,
            Some(b'n') => self.word(b"null")?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => return Err(self.fault("a value")),
        }
        Ok(Next::CommaOrEnd)
    }

    fn open(&mut self, object: bool, next: Next) -> Result<Next, Fault> {
        if self.open.depth == MAX_DEPTH {
            return Err(self.fault("no deeper nesting"));
        }
        self.open.push(object);
        self.at += 1;
        Ok(next)
    }

    /// Takes the end of what is open, which is a value of what is open around it.
    fn close(&mut self) -> Next {
        self.open.pop();
        self.at += 1;
        Next::CommaOrEnd
    }

    fn name(&mut self) -> Result<Next, Fault> {
        self.string()?;
        self.skip_blanks();
        if self.peek() != Some(b':') {
            return Err(self.fault("a colon"));
        }
        self.at += 1;
        Ok(Next::Value)
    }

    fn after_value(&mut self, byte: Option<u8>) -> Result<Next, Fault> {
        let (end, expected, next) = match self.open.is_object() {
            true => (b'}', "a comma or }", Next::Name),
            false => (b']', "a comma or ]", Next::Value),
        };
        if byte == Some(end) {
            return Ok(self.close());
        }
        if byte != Some(b',') {
            return Err(self.fault(expected));
        }
        self.at += 1;
        Ok(next)
    }

    /// A string; bytes that are no UTF-8 are let through.
    fn string(&mut self) -> Result<(), Fault> {
        self.at += 1;
        loop {
            let rest = &self.text[self.at..];
            let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
            self.at += rest.iter().position(ends).unwrap_or(rest.len());
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(_) => return Err(self.fault("an escape in place of a control character")),
                None => return Err(self.fault("the end of the string")),
            }
            self.at += 1;
        }
        self.at += 1;
        Ok(())
    }

    /// Up to the escape's last byte.
    fn escape(&mut self) -> Result<(), Fault> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(()),
            Some(b'u') => {
                let digits = self.text.get(self.at + 1..self.at + 5).unwrap_or_default();
                if digits.len() < 4 || !digits.iter().all(u8::is_ascii_hexdigit) {
                    return Err(self.fault("four hexadecimal digits"));
                }
                self.at += 4;
                Ok(())
            }
            _ => Err(self.fault("an escape that JSON has")),
        }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Fault> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.fault("a value"));
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
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

    fn digits(&mut self) -> Result<(), Fault> {
        let count = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return Err(self.fault("a digit"));
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

    fn fault(&self, expected: &'static str) -> Fault {
        Fault { at: self.at, expected }
    }
}

/// Behind the quote that ends the string that begins here.
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
