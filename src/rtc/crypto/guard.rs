//! What is kept from SCTP, since it would hold memory for each as long as the connection lasts.

use std::iter;

/// An association begins with one, and a client sends it again a few times.
const MAX_BEGINNINGS: usize = 32;
/// A client opens a few data channels. Their ids are low, or those that both sides know.
const STREAMS: u16 = 256;

const HEAD: usize = 12;
const DATA: u8 = 0;
const INIT: u8 = 1;

#[derive(Debug, Default)]
pub(super) struct Guard {
    beginnings: usize,
    warned: bool,
}

impl Guard {
    /// Whether SCTP may read this packet.
    pub(super) fn passes(&mut self, packet: &[u8]) -> bool {
        let begins = packet.get(HEAD) == Some(&INIT);
        self.beginnings += usize::from(begins);
        if begins && self.beginnings > MAX_BEGINNINGS {
            return false;
        }
        let stream = chunks(packet).filter_map(stream).find(|stream| *stream >= STREAMS);
        if let Some(stream) = stream {
            self.warn(stream);
        }
        stream.is_none()
    }

    /// Once, as SCTP sends again what is not read.
    fn warn(&mut self, stream: u16) {
        if !self.warned {
            tracing::warn!(
                "signalling: data on the channel with the id {stream} is not read; ids are 0 to {}",
                STREAMS - 1
            );
        }
        self.warned = true;
    }
}

/// The chunks of a packet. What is no packet has some too, or none.
pub(crate) fn chunks(packet: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = packet.get(HEAD..).unwrap_or_default();
    iter::from_fn(move || {
        let &[_, _, high, low, ..] = rest else { return None };
        let length = usize::from(u16::from_be_bytes([high, low])).max(4).next_multiple_of(4);
        let (chunk, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        Some(chunk)
    })
}

/// The stream of a chunk of data.
fn stream(chunk: &[u8]) -> Option<u16> {
    let &[DATA, _, _, _, _, _, _, _, high, low, ..] = chunk else { return None };
    Some(u16::from_be_bytes([high, low]))
}
