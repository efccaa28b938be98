//! What is written down of a call: its line in the log, and its place in the journal.

use std::{fmt::Display, sync::Arc, time::Duration};

use http::request::Parts;
use tokio::time::Instant;

use crate::{
    journal::{Draft, Journal, Record, Recorder},
    region::Region,
    target,
};

/// A call in progress. Of the log it holds nothing, and costs nothing, if that does not show such lines.
pub(crate) struct CallLog {
    line: Option<(String, Instant)>,
    record: Record,
}

impl CallLog {
    pub(crate) fn new(region: &Region, parts: &Parts) -> Self {
        let line = tracing::enabled!(tracing::Level::DEBUG).then(|| {
            let path = target::shown(parts);
            (format!("{} {} {path}", region.name, parts.method), Instant::now())
        });
        Self { line, record: Record::none() }
    }

    /// It was decided what it ends in.
    pub(crate) fn decided(&mut self, journal: &Arc<Journal>, draft: Option<Draft>) {
        self.record = Record::new(journal, draft);
    }

    /// Logs that the call waits, as its control asks.
    pub(crate) fn waits(&self, wait: Duration) {
        if let Some((call, _)) = &self.line {
            tracing::debug!("{call}: waits {} ms", wait.as_millis());
        }
    }

    /// It ends, in this way.
    pub(crate) fn ends(&mut self, how: impl Display) {
        self.says(how);
        self.ended();
    }

    /// Logs in which way it ends. It has not ended yet.
    pub(crate) fn says(&self, how: impl Display) {
        if let Some((call, begun)) = &self.line {
            tracing::debug!("{call}: {how}, after {} ms", begun.elapsed().as_millis());
        }
    }

    /// It has ended, as was logged before.
    pub(crate) fn ended(&mut self) {
        self.record.ended();
    }

    /// It ends without an answer: its client has gone.
    pub(crate) fn is_abandoned(&mut self, why: &str) {
        self.says(why);
        self.record.gone();
    }

    /// It goes on as a connection, whose messages are to be written down.
    pub(crate) fn upgraded(&mut self) -> Recorder {
        self.says("upgraded");
        self.record.upgraded()
    }
}
