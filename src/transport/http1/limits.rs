//! Limits of a request's head.

/// The longest head, in bytes.
pub(super) const MAX_HEAD: usize = 1 << 20;
/// The most header lines. Each line needs memory besides its bytes.
pub(super) const MAX_LINES: usize = 8192;
