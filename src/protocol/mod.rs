//! Messages of the protocol: their descriptors, and how they are read, written and filled, all as the
//! reference does it.
//!
//! A body counts up to its first error (`docs/BEHAVIOUR.md`, Bodies). So both readers fill a message
//! field by field, and return what stopped them.

mod codec;
mod decode_error;
pub(crate) mod descriptors;
mod format;
pub(crate) mod json;
mod memory;
mod newer;
mod populate;
pub(crate) mod protobuf;
pub(crate) mod signal;
#[cfg(test)]
mod tests;
pub(crate) mod twirp;
mod unknown_fields;

pub(crate) use codec::{Decoded, from_json};
pub(crate) use format::Format;
pub(crate) use memory::needs_too_much_memory;
pub(crate) use populate::AnswerTemplate;
