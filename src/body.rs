//! The body of a request, independent of the protocol below it.

use bytes::Bytes;

/// The largest body that a request may have, in bytes.
pub(crate) const MAX_BODY: usize = 8 << 20;

/// A body that has not been read yet.
pub(crate) trait Body {
    /// Reads the whole body. A large one waits for its turn, which it keeps until the request is decided.
    fn read(&mut self) -> impl Future<Output = Result<Bytes, BodyError>> + Send;
}

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    TooLarge,
    Malformed,
    /// The client has disconnected.
    Gone,
    /// The client stalled while others waited for their turn.
    Stalled,
}
