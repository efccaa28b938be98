//! One connection: which protocol it speaks is known by its first bytes.

use super::{
    handover::{Handover, Protocol},
    http1,
    port::Port,
};
use crate::connection::Stream;

/// The protocols beside HTTP/1 that a connection may begin with, as far as they are built.
const OTHERS: &[Protocol] = &[];

/// Serves a connection to its end. Nearly all are HTTP/1, so others pay for being others.
pub(super) async fn serve(port: Port, stream: Box<dyn Stream>) {
    if let Some(handover) = http1::serve(port, stream, OTHERS).await {
        Box::pin(handed_over(handover)).await;
    }
}

async fn handed_over(handover: Handover) {
    match handover.protocol {
        Protocol::Tls | Protocol::Http2 => {}
    }
}
