//! TLS below HTTP and WebSockets, on the ports of plain text.

mod failure;
mod stream;

use bytes::Bytes;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::{
    handover::{Handover, Protocol},
    http1::HEAD_TIMEOUT,
    rewound::Rewound,
};
use failure::explained;
use stream::TlsStream;

/// The protocol that a client chooses in the handshake, if it does not stay with HTTP/1.
const HTTP2: &[u8] = b"h2";

/// Makes the handshake, and hands the encrypted connection on, with the protocol that was agreed on.
/// `None` if there is no such connection: the handshake failed, took too long, or the server stops.
pub(super) async fn accept(handover: Handover) -> Option<(Option<Protocol>, Handover)> {
    let Handover { port, stream, read_ahead, .. } = handover;
    let config = port.server.certificates.server_config().clone();
    let handshake = TlsAcceptor::from(config).accept(Rewound { read_ahead, stream });
    let mut shutdown = port.shutdown.clone();
    let accepted = tokio::select! {
        accepted = timeout(HEAD_TIMEOUT, handshake) => accepted,
        () = shutdown.begun() => return None,
    };
    let stream = match accepted {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            port.warn(&explained(&error));
            return None;
        }
        Err(_) => {
            let seconds = HEAD_TIMEOUT.as_secs();
            port.warn(&format!("a TLS handshake did not end within {seconds} s"));
            return None;
        }
    };
    let protocol = stream.get_ref().1.alpn_protocol();
    let protocol = protocol.filter(|name| *name == HTTP2).map(|_| Protocol::Http2);
    let stream = Box::new(TlsStream(stream));
    let handover = Handover { protocol: Protocol::Tls, port, stream, read_ahead: Bytes::new() };
    Some((protocol, handover))
}
