//! The body of a request, whatever carries it.

use bytes::Bytes;

/// The largest body that a request may have, in bytes.
pub(crate) const MAX_BODY: usize = 8 << 20;

/// A body that is still to be read.
pub(crate) trait Body {
    /// The whole body. What is large waits for its turn, which lasts until the request is decided.
    fn read(&mut self) -> impl Future<Output = Result<Bytes, BodyError>> + Send;
}

/// Why a body can't be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    TooLarge,
    Malformed,
    /// The client is gone.
    Gone,
    /// It stalled while others waited for their turn.
    Stalled,
}
