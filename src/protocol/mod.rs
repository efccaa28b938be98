//! Messages of the protocol: their descriptors, and how they are read, written and filled as the
//! reference does it.
//!
//! A body with a fault in it counts up to there (`docs/BEHAVIOUR.md`, Bodies): both readers fill a
//! message as they go, and say where they had to stop.

mod codec;
pub(crate) mod descriptors;
mod fault;
mod format;
pub(crate) mod json;
mod newer;
mod populate;
pub(crate) mod signal;
#[cfg(test)]
mod tests;
pub(crate) mod twirp;
mod weight;
pub(crate) mod wire;

pub(crate) use codec::{Decoded, from_json};
pub(crate) use format::Format;
pub(crate) use populate::Answer;
pub(crate) use weight::too_heavy;
