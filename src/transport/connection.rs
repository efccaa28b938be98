//! One connection: which protocol it speaks is known by its first bytes.

#[cfg(all(feature = "http2", feature = "tls"))]
use bytes::Bytes;

#[cfg(any(feature = "http2", feature = "tls"))]
use super::handover::Handover;
#[cfg(feature = "http2")]
use super::http2;
#[cfg(feature = "tls")]
use super::tls;
use super::{handover::Protocol, http1, port::Port};
use crate::connection::Stream;

/// The protocols that a connection may begin with beside HTTP/1.
const OTHERS: &[Protocol] = &[
    #[cfg(feature = "tls")]
    Protocol::Tls,
    #[cfg(feature = "http2")]
    Protocol::Http2,
];
/// Those that a connection of TLS may begin with.
#[cfg(feature = "tls")]
const OTHERS_IN_TLS: &[Protocol] = &[
    #[cfg(feature = "http2")]
    Protocol::Http2,
];

/// Serves a connection to its end. Nearly all are HTTP/1, so others pay for being others.
pub(super) async fn serve(port: Port, stream: Box<dyn Stream>) {
    let Some(handover) = http1::serve(port, stream, OTHERS).await else { return };
    match handover.protocol {
        #[cfg(feature = "tls")]
        Protocol::Tls => Box::pin(serve_encrypted(handover)).await,
        #[cfg(feature = "http2")]
        Protocol::Http2 => Box::pin(serve_http2(handover)).await,
    }
}

#[cfg(feature = "http2")]
async fn serve_http2(handover: Handover) {
    let Handover { port, stream, read_ahead, .. } = handover;
    http2::serve(port, stream, read_ahead).await;
}

/// Serves a connection of TLS, on which a client may agree on HTTP/2, or begin with it unasked.
#[cfg(feature = "tls")]
async fn serve_encrypted(handover: Handover) {
    let Some(accepted) = tls::accept(handover).await else { return };
    let (port, stream) = (accepted.port, Box::new(accepted.stream));
    #[cfg(feature = "http2")]
    if accepted.is_http2 {
        return http2::serve(port, stream, Bytes::new()).await;
    }
    let handover = http1::serve(port, stream, OTHERS_IN_TLS).await;
    #[cfg(feature = "http2")]
    if let Some(handover) = handover {
        serve_http2(handover).await;
    }
    #[cfg(not(feature = "http2"))]
    drop(handover);
}
