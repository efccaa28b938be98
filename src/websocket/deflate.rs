//! permessage-deflate without context takeover, so that an idle socket needs no memory for a window.

use std::cell::RefCell;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use sockudo_ws::{
    Error,
    deflate::{
        DeflateConfig, DeflateDecoder, DeflateEncoder, DeflateWindowBits, negotiate_server_deflate,
    },
};

/// Messages shorter than this are not compressed.
const COMPRESSION_THRESHOLD: usize = 32;

/// permessage-deflate, as agreed in the handshake.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deflate {
    /// Whether this side compresses. All sockets share an encoder with a full window, so a client that
    /// asks for a smaller one gets uncompressed frames.
    pub(super) compress: bool,
}

// Neither side keeps context between messages, so all sockets of a thread share an encoder and a decoder.
thread_local! {
    static ENCODER: RefCell<DeflateEncoder> = RefCell::new(DeflateEncoder::new(
        DeflateWindowBits::Bits15, true, 1, COMPRESSION_THRESHOLD,
    ));
    static DECODER: RefCell<DeflateDecoder> =
        RefCell::new(DeflateDecoder::new(DeflateWindowBits::Bits15, true));
}

// === impl Deflate ===

impl Deflate {
    /// Accepts the first offer that allows compression without context takeover. The header is the
    /// answer's `Sec-WebSocket-Extensions`.
    pub(super) fn negotiate(headers: &HeaderMap) -> Option<(Self, HeaderValue)> {
        let ours = DeflateConfig {
            server_no_context_takeover: true,
            client_no_context_takeover: true,
            ..DeflateConfig::default()
        };
        let offers = headers.get_all(header::SEC_WEBSOCKET_EXTENSIONS).iter();
        offers.filter_map(|offers| offers.to_str().ok()).find_map(|offers| {
            let agreed = negotiate_server_deflate(offers, &ours)?;
            let header = HeaderValue::try_from(agreed.to_response_header()).ok()?;
            let compress = agreed.config.server_max_window_bits == DeflateWindowBits::Bits15;
            Some((Self { compress }, header))
        })
    }

    /// The compressed message, unless it is too short or would not become shorter.
    pub(super) fn compress(message: &[u8]) -> Option<Bytes> {
        ENCODER.with_borrow_mut(|encoder| encoder.compress(message)).ok().flatten()
    }

    /// The inflated message, which must have at most `most` bytes.
    pub(super) fn inflate(message: &[u8], most: usize) -> Result<Bytes, Error> {
        DECODER.with_borrow_mut(|decoder| decoder.decompress(message, most))
    }
}
