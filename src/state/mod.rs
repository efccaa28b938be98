//! All of a server that changes while it serves, and nothing else does. Each part is bounded.

use crate::{budget::Budget, warning::Throttle};

#[derive(Debug, Default)]
pub(crate) struct State {
    /// Which warnings the log has had a short while ago.
    pub(crate) throttle: Throttle,
    /// What all that is large and unfinished may take together.
    pub(crate) budget: Budget,
}
