//! How long clients may take, and how much they may need, whatever they speak.

use std::time::Duration;

/// How long what begins a request or a connection may take, from its first byte to its last: a head, not
/// counting the wait for its turn, a handshake of TLS, a preface of HTTP/2.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a client may leave a piece of an endless answer unread. Then it is dropped.
pub(crate) const WRITE_TIME: Duration = Duration::from_secs(10);
/// How many bytes of a client are discarded after the last answer, so that it can read that answer.
pub(crate) const MAX_DISCARDED: usize = 64 << 20;
/// For how long they are, and how long a client may take to agree to the end of its connection.
pub(crate) const LINGER_TIME: Duration = Duration::from_secs(2);
/// How much memory a header needs besides its bytes.
pub(crate) const LINE_MEMORY: usize = 128;
