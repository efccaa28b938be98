//! What happened: the last calls, kept in memory to be looked at, and never to decide from
//! (`docs/BEHAVIOUR.md`, What happened).
//!
//! Bodies and messages are kept as bytes. They are decoded when somebody reads them.

mod call;
mod calls;
mod entry;
mod filter;
mod json;
mod message;
mod outcome;
mod reader;
mod record;
mod redact;
mod ring;
mod texts;

pub use call::{Call, Caller, NotDecoded};
pub use calls::{Calls, NoCall};
pub(crate) use entry::{Body, Coming, Decided, Draft, Encoding, Entry, Http};
pub(crate) use filter::Filter;
pub(crate) use message::Carrier;
pub use message::{CallClose, CallMessage, Side};
pub use outcome::{CallKind, CallOutcome};
pub(crate) use reader::Reader;
pub(crate) use record::{Record, Recorder};
pub(crate) use redact::Secrets;
pub(crate) use ring::{Journal, Update};
