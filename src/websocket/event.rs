//! What can happen on a WebSocket.

use std::io;

use bytes::Bytes;
use sockudo_ws::Error;

/// Something that the client has sent.
#[derive(Debug)]
pub(crate) enum Event {
    Text,
    Binary(Bytes),
    Ping(Bytes),
    Pong,
    /// A close frame and its code, if it has one.
    Close(Option<u16>),
}

/// Why nothing more can be read or written.
#[derive(Debug)]
pub(crate) enum SocketError {
    /// The client broke the protocol. Code and reason are for the close frame.
    Violation(u16, &'static str),
    /// The client has disconnected, or does not read.
    Gone,
}

// === impl SocketError ===

impl From<io::Error> for SocketError {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

impl From<Error> for SocketError {
    fn from(error: Error) -> Self {
        match error {
            Error::FrameTooLarge | Error::MessageTooLarge => {
                Self::Violation(1009, "message too big")
            }
            Error::InvalidUtf8 => Self::Violation(1007, "invalid UTF-8"),
            Error::Compression(_) => Self::Violation(1007, "undecodable compressed message"),
            Error::Protocol(why) | Error::InvalidFrame(why) => Self::Violation(1002, why),
            _ => Self::Violation(1002, "protocol error"),
        }
    }
}
