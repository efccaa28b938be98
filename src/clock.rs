//! What time it is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Since 1970 began; nothing on a machine whose clock stands before that.
pub(crate) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
