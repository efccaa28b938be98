//! How much HTTP/1 may take, in bytes, lines and time.

use std::time::Duration;

/// The longest head, in bytes.
pub(super) const MAX_HEAD: usize = 1 << 20;
/// The most header lines: each takes memory of its own beside its bytes.
pub(super) const MAX_LINES: usize = 8192;
/// How long a request's head may take from its first byte to its last, beside waiting for its turn.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
