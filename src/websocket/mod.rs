//! WebSockets over any stream. `sockudo-ws` does the framing, negotiation and compression. The reading
//! loop and the ways to end a connection are here.

mod deflate;
mod event;
mod handshake;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod invariants;
mod reader;
mod socket;

pub(crate) use deflate::Deflate;
pub(crate) use event::{Event, SocketError};
pub(crate) use handshake::Handshake;
pub(crate) use socket::Socket;
