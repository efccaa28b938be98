//! One connection: which protocol it speaks is known by its first bytes.

#[cfg(feature = "tls")]
use super::{
    handover::Handover,
    tls::{self, Accepted},
};
use super::{handover::Protocol, http1, port::Port};

use crate::connection::Stream;

/// The protocols that a connection may begin with beside HTTP/1.
const OTHERS: &[Protocol] = &[
    #[cfg(feature = "tls")]
    Protocol::Tls,
];
/// Those that a connection of TLS may begin with.
#[cfg(feature = "tls")]
const OTHERS_IN_TLS: &[Protocol] = &[];

/// Serves a connection to its end. Nearly all are HTTP/1, so others pay for being others.
pub(super) async fn serve(port: Port, stream: Box<dyn Stream>) {
    let Some(handover) = http1::serve(port, stream, OTHERS).await else { return };
    match handover.protocol {
        #[cfg(feature = "tls")]
        Protocol::Tls => Box::pin(serve_encrypted(handover)).await,
        #[cfg(feature = "http2")]
        Protocol::Http2 => {}
    }
}

#[cfg(feature = "tls")]
async fn serve_encrypted(handover: Handover) {
    let Some(Accepted { port, stream }) = tls::accept(handover).await else { return };
    http1::serve(port, Box::new(stream), OTHERS_IN_TLS).await;
}
