//! WebSockets, over any stream. Framing, negotiation and compression are `sockudo-ws`; the reading
//! loop and the ways to end are here.

mod deflate;
mod event;
mod handshake;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod invariants;
mod reader;
mod socket;

pub(crate) use deflate::Deflate;
pub(crate) use event::{Event, Failure};
pub(crate) use handshake::Handshake;
pub(crate) use socket::Socket;
