//! The hand that writes a call into the journal: at its decision if it lasts, else at its end.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;

use super::{
    entry::{Draft, Entry},
    message::{Carrier, Close, Message, Side},
    outcome::CallOutcome,
    ring::Journal,
};
use crate::rtc::Received;

/// A call between its decision and its end. If it is dropped before, its client has gone.
#[derive(Debug)]
#[must_use]
pub(crate) struct Record(Option<State>);

#[derive(Debug)]
struct State {
    journal: Arc<Journal>,
    begun: Instant,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// Not in the journal yet: it is to end at once.
    Draft(Draft),
    Kept(u64),
}

impl Record {
    /// The record of a call that is not kept.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// A call that was decided.
    pub(crate) fn new(journal: &Arc<Journal>, draft: Option<Draft>) -> Self {
        Self(draft.map(|mut draft| {
            let entry = draft.entry();
            let begun = entry.begun;
            let place = match entry.decided.lasts {
                true => Place::Kept(journal.push(draft)),
                false => Place::Draft(draft),
            };
            State { journal: journal.clone(), begun, place }
        }))
    }

    /// The call has ended as it was decided.
    pub(crate) fn ended(&mut self) {
        self.end(|_| {});
    }

    /// Its client went away before that.
    pub(crate) fn gone(&mut self) {
        self.end(|entry| {
            entry.decided.outcome = CallOutcome::Gone;
            (entry.decided.status, entry.decided.response) = (None, None);
        });
    }

    /// It goes on as a connection.
    pub(crate) fn upgraded(&mut self) -> Recorder {
        let Some(State { journal, begun, place }) = self.0.take() else { return Recorder::none() };
        let opened = |entry: &mut Entry| entry.messages = Some(Box::default());
        let seq = match place {
            Place::Kept(seq) => {
                journal.change(seq, opened);
                seq
            }
            Place::Draft(mut draft) => {
                opened(draft.entry());
                journal.push(draft)
            }
        };
        Recorder(Some((journal, begun, seq)))
    }

    fn end(&mut self, change: impl FnOnce(&mut Entry)) {
        let Some(State { journal, place, .. }) = self.0.take() else { return };
        let change = |entry: &mut Entry| {
            entry.took = Some(entry.begun.elapsed());
            change(entry);
        };
        match place {
            Place::Kept(seq) => journal.change(seq, change),
            Place::Draft(mut draft) => {
                change(draft.entry());
                journal.push(draft);
            }
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.gone();
    }
}

/// Writes down what a connection says, and how it ends. If it is dropped before, its client has gone.
#[derive(Debug)]
pub(crate) struct Recorder(Option<(Arc<Journal>, Instant, u64)>);

impl Recorder {
    /// Of a connection that is not kept.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    pub(crate) fn message(&self, from: Side, carrier: Carrier, bytes: &Bytes) {
        let Some((journal, begun, seq)) = &self.0 else { return };
        let bytes = match from {
            // A copy, since it may be a small part of a large buffer.
            Side::Client => Bytes::copy_from_slice(bytes),
            Side::Server => bytes.clone(),
        };
        let message = Message { at: begun.elapsed(), from, carrier, bytes };
        journal.change(*seq, |entry| {
            if let Some(messages) = &mut entry.messages {
                messages.push(message);
            }
        });
    }

    /// Media that comes beside the connection is counted here.
    pub(crate) fn receives(&self, media: &Received) {
        let Some((journal, _, seq)) = &self.0 else { return };
        journal.change(*seq, |entry| {
            if let Some(messages) = &mut entry.messages {
                messages.media = Some(media.clone());
            }
        });
    }

    /// The connection has ended: by a close frame, a `drop` or a `reset`.
    pub(crate) fn closed(&mut self, by: Side, how: &'static str, code: Option<u16>, reason: &str) {
        let Some((journal, _, seq)) = self.0.take() else { return };
        let close = Close { by, how, code, reason: reason.into() };
        journal.change(seq, |entry| {
            entry.took = Some(entry.begun.elapsed());
            if let Some(messages) = &mut entry.messages {
                messages.close = Some(close);
            }
        });
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.closed(Side::Client, "drop", None, "");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{CallKind, Coming, Encoding, Filter, Http};

    #[test]
    fn a_message_keeps_nothing_of_the_buffer_in_which_it_came() {
        let journal = Arc::new(Journal::new(10));
        let http = Http { version: http::Version::HTTP_11, tls: false };
        let (time, begun) = (std::time::Duration::ZERO, Instant::now());
        let coming = Coming { time, begun, kind: CallKind::Signal, region: 0, http };
        let draft = Draft::new(Entry::new(coming, "/rtc", None, b"", Encoding::Text, 0));
        let recorder = Record::new(&journal, Some(draft)).upgraded();
        let buffer = Bytes::from(vec![7; 1 << 20]);
        recorder.message(Side::Client, Carrier::Signalling, &buffer.slice(..3));
        let calls = journal.read(&Filter::default()).calls;
        let kept = &calls[0].messages.as_ref().expect("messages").kept;
        assert_eq!(kept[0].bytes.as_ref(), [7, 7, 7]);
        assert!(buffer.is_unique(), "the journal holds a mebibyte for three bytes");
    }
}
