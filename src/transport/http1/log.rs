//! The log's line of a call, written when it is known how the call ends.

use std::{fmt::Display, time::Duration};

use http::request::Parts;
use tokio::time::Instant;

use crate::{region::Region, target};

/// A call that goes on; nothing, and at no cost, where nobody reads such lines.
pub(super) struct Entry(Option<(String, Instant)>);

impl Entry {
    pub(super) fn new(region: &Region, parts: &Parts) -> Self {
        Self(tracing::enabled!(tracing::Level::DEBUG).then(|| {
            let path = target::shown(parts);
            (format!("{} {} {path}", region.name, parts.method), Instant::now())
        }))
    }

    /// The answer takes its time, as asked.
    pub(super) fn waits(&self, wait: Duration) {
        if let Some((call, _)) = &self.0 {
            tracing::debug!("{call}: waits {} ms", wait.as_millis());
        }
    }

    pub(super) fn ended(&self, how: impl Display) {
        if let Some((call, begun)) = &self.0 {
            tracing::debug!("{call}: {how}, after {} ms", begun.elapsed().as_millis());
        }
    }
}
