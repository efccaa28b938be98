//! All of a server that changes while it serves, and nothing else does. Each part is bounded.

mod tries;

use crate::{budget::Budget, warning::Throttle};

pub(crate) use tries::{MAX_CALLS, Tries, Try};

#[derive(Debug, Default)]
pub(crate) struct State {
    /// Which warnings the log has had a short while ago.
    pub(crate) throttle: Throttle,
    /// What all that is large and unfinished may take together.
    pub(crate) budget: Budget,
    /// Which calls were tried lately.
    pub(crate) tries: Tries,
}
