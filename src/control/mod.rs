//! What a request asked this server to do, of whichever era and by whichever way it came
//! (`docs/BEHAVIOUR.md`, The control). `fields.rs` is the list of all that can be asked.

mod about;
mod asked;
mod choice;
mod content_type;
mod declare;
mod error;
mod fail_delay;
mod field;
mod fields;
mod given;
mod header;
mod idle;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod invariants;
mod json;
mod key;
mod kind;
mod legacy;
mod names;
mod number;
mod origin;
mod plain;
mod request;
mod sent;
mod setter;
mod sip_status;
mod sip_transfer;
mod status;
mod strings;
#[cfg(test)]
mod tests;
mod token;
mod value;

pub(crate) use about::{FieldAbout, about_fields};
pub use choice::{FailMode, LeaveAction};
pub use error::ControlError;
pub(crate) use field::Part;
pub use fields::Control;
pub(crate) use json::read as read_json;
pub(crate) use key::read as read_key;
pub(crate) use names::{ATTRIBUTE, HEADER};
pub(crate) use origin::{Origins, Source};
pub(crate) use request::{Layers, RequestControl, holds_control, read};
pub use sip_status::SipStatus;
pub use sip_transfer::SipTransfer;
pub(crate) use value::written;
