//! Questions to the journal.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    call::Call,
    filter::Filter,
    outcome::{CallKind, CallOutcome},
    reader::Reader,
};

/// The calls that a server got, or those of them that are asked for. Each question reads the journal
/// anew.
///
/// As a text it is the journey: a line for each call, for the message of an assertion.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use livekit_mock::Mock;
///
/// let mock = Mock::start().await?;
/// // … the code under test calls the server …
/// let calls = mock.calls().method("CreateRoom").region(1);
/// assert_eq!(calls.count(), 0, "{calls}");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "it reads nothing until it is asked"]
pub struct Calls {
    reader: Arc<Reader>,
    filter: Filter,
}

impl Calls {
    pub(crate) fn new(reader: Arc<Reader>) -> Self {
        Self { reader, filter: Filter::default() }
    }

    pub(crate) fn with(reader: Arc<Reader>, filter: Filter) -> Self {
        Self { reader, filter }
    }

    /// Only calls of this method of the API: `CreateRoom`, `RoomService/CreateRoom` or
    /// `livekit.RoomService/CreateRoom`.
    pub fn method(mut self, name: impl Into<String>) -> Self {
        self.filter.method = Some(name.into());
        self
    }

    /// Only calls that came to the region with this index.
    pub fn region(mut self, index: usize) -> Self {
        self.filter.region = Some(index);
        self
    }

    /// Only calls whose control has this `key`: those of one test, if each test has its own.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.filter.key = Some(key.into());
        self
    }

    /// Only the tries of the call with this id.
    pub fn call_id(mut self, id: impl Into<String>) -> Self {
        self.filter.call = Some(id.into());
        self
    }

    /// Only calls of this kind.
    pub fn kind(mut self, kind: CallKind) -> Self {
        self.filter.kind = Some(kind);
        self
    }

    /// Only calls that ended in this way, or are to.
    pub fn outcome(mut self, outcome: CallOutcome) -> Self {
        self.filter.outcome = Some(outcome);
        self
    }

    /// Only calls that have ended. A call that waits, hangs or goes on as a connection has not.
    pub fn ended(mut self) -> Self {
        self.filter.ended = Some(true);
        self
    }

    /// Only calls after the one with this number ([`Call::seq`]).
    pub fn after(mut self, seq: u64) -> Self {
        self.filter.after = Some(seq);
        self
    }

    /// The calls, oldest first.
    pub fn all(&self) -> Vec<Call> {
        let page = self.reader.journal.read(&self.filter);
        let call = |entry| Call::new(entry, self.reader.clone());
        page.calls.into_iter().map(call).collect()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.reader.journal.read(&self.filter).calls.len()
    }

    /// The first.
    pub fn first(&self) -> Option<Call> {
        self.all().into_iter().next()
    }

    /// The last.
    pub fn last(&self) -> Option<Call> {
        self.all().pop()
    }

    /// The only one.
    ///
    /// # Panics
    /// There is none, or more than one. The message is the journey.
    #[track_caller]
    pub fn one(&self) -> Call {
        let mut calls = self.all();
        match (calls.pop(), calls.is_empty()) {
            (Some(only), true) => only,
            (last, _) => panic!(
                "one call was expected, not {}:\n{self}",
                calls.len() + usize::from(last.is_some())
            ),
        }
    }

    /// Waits for one of these calls, which may be there already.
    pub(crate) async fn wait(&self, deadline: impl Future<Output = ()>) -> Option<Call> {
        // Before the first look, so that nothing comes between the two.
        let mut changes = self.reader.journal.changes();
        let mut deadline = std::pin::pin!(deadline);
        loop {
            if let Some(call) = self.first() {
                return Some(call);
            }
            tokio::select! {
                there = changes.changed() => there.ok()?,
                () = &mut deadline => return None,
            }
        }
    }

    /// The calls as the JSON that `GET /_mock/calls` answers.
    pub(crate) fn json(&self) -> String {
        let page = self.reader.journal.read(&self.filter);
        let call = |entry| Call::new(entry, self.reader.clone()).json();
        let calls: Vec<String> = page.calls.into_iter().map(call).collect();
        format!("{{\"calls\":[{}],\"next\":{},\"lost\":{}}}", calls.join(","), page.next, page.lost)
    }

    /// What is said where none of them came.
    pub(crate) fn missed(&self, waited: Duration) -> NoCall {
        let others = Self::new(self.reader.clone());
        NoCall(format!("no such call came within {} ms; these came:\n{others}", waited.as_millis()))
    }
}

/// The journey: a line for each call.
impl fmt::Display for Calls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = self.all();
        if calls.is_empty() {
            return formatter.write_str("no calls");
        }
        let lines: Vec<String> = calls.iter().map(ToString::to_string).collect();
        formatter.write_str(&lines.join("\n"))
    }
}

/// A call that was waited for did not come. Its text says what came instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoCall(String);
