//! TLS below HTTP and WebSockets, on the ports of plain text.

mod failure;
mod stream;

use tokio::time::timeout;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{handover::Handover, limits::HEAD_TIMEOUT, port::Port, rewound::Rewound};
use failure::explained;

/// A connection whose handshake was made.
pub(super) struct Accepted {
    pub(super) port: Port,
    pub(super) stream: TlsStream<Rewound>,
    /// Whether it was agreed there that HTTP/2 is spoken.
    #[cfg(feature = "http2")]
    pub(super) is_http2: bool,
}

/// Makes the handshake. `None` if it failed or took too long, or if the server stops.
pub(super) async fn accept(handover: Handover) -> Option<Accepted> {
    let Handover { port, stream, read_ahead, .. } = handover;
    let server = &port.server;
    let config = server.certificates.server_config(stream.local_ip(), server.regions.urls());
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
    Some(Accepted {
        port,
        #[cfg(feature = "http2")]
        is_http2: stream.get_ref().1.alpn_protocol() == Some(b"h2"),
        stream,
    })
}
