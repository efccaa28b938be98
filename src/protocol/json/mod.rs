//! protojson: the protocol's messages as JSON.

mod lexer;
mod number;
mod read;
mod scalar;
mod time;
mod write;

pub(crate) use read::read;
pub(crate) use write::Protojson;
