//! The log line of a call. It is written when the call ends.

use std::{fmt::Display, time::Duration};

use http::request::Parts;
use tokio::time::Instant;

use crate::{region::Region, target};

/// A call in progress. Holds nothing, and costs nothing, if the log does not show such lines.
pub(super) struct CallLog(Option<(String, Instant)>);

impl CallLog {
    pub(super) fn new(region: &Region, parts: &Parts) -> Self {
        Self(tracing::enabled!(tracing::Level::DEBUG).then(|| {
            let path = target::shown(parts);
            (format!("{} {} {path}", region.name, parts.method), Instant::now())
        }))
    }

    /// Logs that the call waits, as its control asks.
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
