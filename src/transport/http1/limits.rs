//! Limits of a request's head.

use std::time::Duration;

/// The longest head, in bytes.
pub(super) const MAX_HEAD: usize = 1 << 20;
/// The most header lines. Each line needs memory besides its bytes.
pub(super) const MAX_LINES: usize = 8192;
/// How long a request's head may take from its first byte to its last, not counting the wait for its
/// turn.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
