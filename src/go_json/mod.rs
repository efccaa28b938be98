//! JSON as Go's `encoding/json` reads it, which is how the reference reads tokens and controls.
//!
//! It differs from other readers where input is odd: names count in any case, a string may hold
//! half a surrogate pair or bytes that are no UTF-8 (both become U+FFFD), and nesting may go down
//! 10,000 levels. A text is checked once as a whole; what is taken out of it afterwards can't fail.

mod check;
mod raw;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use check::Fault;
pub(crate) use raw::{Kind, Members, Name, Raw, parse};
pub(crate) use text::valid_utf8;
