//! One connection: which protocol it speaks is known by its first bytes.

#[cfg(feature = "tls")]
use super::tls;
use super::{
    handover::{Handover, Protocol},
    http1,
    port::Port,
};

use crate::connection::Stream;

/// The protocols that a connection may begin with beside HTTP/1.
const OTHERS: &[Protocol] = if cfg!(feature = "tls") { &[Protocol::Tls] } else { &[] };
/// Those that a connection of TLS may begin with.
const OTHERS_IN_TLS: &[Protocol] = &[];

/// Serves a connection to its end. Nearly all are HTTP/1, so others pay for being others.
pub(super) async fn serve(port: Port, stream: Box<dyn Stream>) {
    if let Some(handover) = http1::serve(port, stream, OTHERS).await {
        Box::pin(serve_other(handover)).await;
    }
}

async fn serve_other(handover: Handover) {
    match handover.protocol {
        #[cfg(feature = "tls")]
        Protocol::Tls => serve_encrypted(handover).await,
        _ => {}
    }
}

#[cfg(feature = "tls")]
async fn serve_encrypted(handover: Handover) {
    let Some((agreed, encrypted)) = tls::accept(handover).await else { return };
    let Handover { port, stream, .. } = encrypted;
    let _ = (http1::serve(port, stream, OTHERS_IN_TLS).await, agreed);
}
