//! The journal as server-sent events, as it is written.

use std::{fmt::Write as _, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::{
    journal::{Call, Filter, Reader, Update},
    outcome::{Content, Feed, Reply, Streamed},
};

/// Changes are told at most so often, so that a busy server does not write all its time.
const PAUSE: Duration = Duration::from_millis(100);
/// How long nothing may be sent before a line that says nothing.
const SILENCE: Duration = Duration::from_secs(15);

/// A reader that follows the journal.
#[derive(Debug)]
struct Follower {
    reader: Arc<Reader>,
    filter: Filter,
    changes: watch::Receiver<u64>,
    /// The version of the journal, and the last of its calls, that the reader knows.
    seen: u64,
    known: u64,
    /// Whether it was told something already.
    begun: bool,
}

/// The events from now on, or after the call that `last` or the filter names.
///
/// # Errors
/// `last` is no number.
pub(super) fn stream(
    reader: &Arc<Reader>,
    filter: Filter,
    last: Option<&HeaderValue>,
) -> Result<Streamed, String> {
    let last = match last.map(HeaderValue::to_str) {
        Some(last) => last
            .ok()
            .and_then(|last| last.trim().parse().ok())
            .map(Some)
            .ok_or("Last-Event-ID must be the number of a call")?,
        None => filter.after,
    };
    let changes = reader.journal.changes();
    let (count, version) = reader.journal.now();
    // Another journal may have been followed before, one of a server that was there earlier.
    let known = last.map_or(count, |last| last.min(count));
    let seen = if last.is_some() { 0 } else { version };
    let (reader, begun) = (reader.clone(), false);
    let follower = Follower { reader, filter, changes, seen, known, begun };
    let reply = Reply::new(StatusCode::OK, Content::None, Bytes::new())
        .with_header(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    Ok(Streamed { reply, feed: Box::new(follower) })
}

impl Feed for Follower {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Bytes> + Send + '_>> {
        Box::pin(async {
            loop {
                if self.begun {
                    match timeout(SILENCE, self.changes.changed()).await {
                        Ok(Ok(())) => {}
                        // The server holds the other end, so it can only have been silent.
                        _ => return Bytes::from_static(b": still here\n\n"),
                    }
                    sleep(PAUSE).await;
                }
                let first = !std::mem::replace(&mut self.begun, true);
                let events = self.events();
                if !events.is_empty() {
                    return events.into();
                }
                if first {
                    return Bytes::from_static(b": following\n\n");
                }
            }
        })
    }
}

impl Follower {
    /// What has happened since it was asked last.
    fn events(&mut self) -> String {
        self.changes.mark_unchanged();
        let (updates, seen, known, lost) = self.reader.journal.since(self.seen, self.known);
        (self.seen, self.known) = (seen, known);
        let mut events = String::new();
        if lost > 0 {
            // Writing to a string can't fail.
            let _ = write!(events, "event: lost\ndata: {{\"lost\":{lost}}}\n\n");
        }
        for update in updates {
            let (new, entry) = match update {
                Update::New(entry) => (true, entry),
                Update::Changed(entry) => (false, entry),
            };
            if !self.filter.passes(&entry) {
                continue;
            }
            let call = Call::new(entry, self.reader.clone());
            let head =
                if new { format!("id: {}\n", call.seq()) } else { "event: change\n".to_owned() };
            let _ = write!(events, "{head}data: {}\n\n", call.json());
        }
        events
    }
}
