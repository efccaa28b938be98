//! JSON as Go's `encoding/json` reads it, since the reference reads tokens and controls with it.
//!
//! It differs from other readers in unusual input: names count in any case, a string may hold half a
//! surrogate pair or bytes that are not UTF-8 (both become U+FFFD), and values may be nested 10,000
//! levels deep. A text is checked once, as a whole. After that, reading values from it can't fail.

mod check;
mod raw;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use check::SyntaxError;
pub(crate) use raw::{JsonType, Members, Name, Raw, parse};
pub(crate) use text::valid_utf8;
