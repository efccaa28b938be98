//! permessage-deflate, without context takeover: an idle socket holds no window.

use std::cell::RefCell;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use sockudo_ws::{
    Error,
    deflate::{
        DeflateConfig, DeflateDecoder, DeflateEncoder, DeflateWindowBits, negotiate_server_deflate,
    },
};

/// A message shorter than this is not worth compressing.
const COMPRESSION_THRESHOLD: usize = 32;

/// permessage-deflate as it was agreed on in the handshake.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deflate {
    /// Whether this side compresses. The encoder that all sockets share has a full window: a client
    /// that asks for a smaller one gets plain frames.
    pub(super) compress: bool,
}

// Neither side keeps context from message to message, so one of each serves every socket of the
// thread, and an idle socket holds no window.
thread_local! {
    static ENCODER: RefCell<DeflateEncoder> = RefCell::new(DeflateEncoder::new(
        DeflateWindowBits::Bits15, true, 1, COMPRESSION_THRESHOLD,
    ));
    static DECODER: RefCell<DeflateDecoder> =
        RefCell::new(DeflateDecoder::new(DeflateWindowBits::Bits15, true));
}

// === impl Deflate ===

impl Deflate {
    /// Agrees to the first offer that can be had without context takeover; with the value of
    /// `Sec-WebSocket-Extensions` in the answer.
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

    /// The message compressed, where that pays.
    pub(super) fn compress(message: &[u8]) -> Option<Bytes> {
        ENCODER.with_borrow_mut(|encoder| encoder.compress(message)).ok().flatten()
    }

    /// The message inflated, to at most so many bytes.
    pub(super) fn inflate(message: &[u8], most: usize) -> Result<Bytes, Error> {
        DECODER.with_borrow_mut(|decoder| decoder.decompress(message, most))
    }
}
