//! What HTTP/1 hands over: a connection that begins as another protocol.
#![cfg_attr(not(any(feature = "http2", feature = "tls")), allow(dead_code))] // Nobody takes it.

use bytes::Bytes;

use super::port::Port;
use crate::connection::Stream;

/// A protocol beside HTTP/1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    #[cfg(feature = "tls")]
    Tls,
    /// By prior knowledge, or as agreed in a handshake of TLS.
    #[cfg(feature = "http2")]
    Http2,
}

/// A connection that speaks another protocol than HTTP/1, and what was read from it to find out.
pub(crate) struct Handover {
    pub(super) protocol: Protocol,
    pub(super) port: Port,
    pub(super) stream: Box<dyn Stream>,
    pub(super) read_ahead: Bytes,
}
