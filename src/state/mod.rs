//! All of a server that changes while it serves, and nothing else does. Each part is bounded.

mod tries;

use std::sync::Arc;

use crate::{budget::Budget, journal::Journal, warning::Throttle};

pub(crate) use tries::{MAX_CALLS, Tries, Try};

#[derive(Debug)]
pub(crate) struct State {
    /// Which warnings the log has had a short while ago.
    pub(crate) throttle: Throttle,
    /// What all that is large and unfinished may take together.
    pub(crate) budget: Budget,
    /// Which calls were tried lately.
    pub(crate) tries: Tries,
    /// What happened lately.
    pub(crate) journal: Arc<Journal>,
}

impl State {
    /// `journal` is how many calls the journal keeps.
    pub(crate) fn new(journal: usize) -> Self {
        Self {
            throttle: Throttle::default(),
            budget: Budget::default(),
            tries: Tries::default(),
            journal: Arc::new(Journal::new(journal)),
        }
    }
}
