//! The calls, oldest first, bounded in number and in bytes.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::{
    entry::{Draft, Entry},
    filter::Filter,
};

/// How much memory all calls may take together.
const MAX_BYTES: usize = 8 << 20;

/// The last calls. It is written as they are decided and end, and read by whoever wants to know.
#[derive(Debug)]
pub(crate) struct Journal {
    /// How many calls are kept; none: nothing is written.
    capacity: usize,
    ring: Mutex<Ring>,
    /// Its value is the version of the last change.
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Ring {
    calls: VecDeque<Arc<Entry>>,
    /// How many calls there have been.
    count: u64,
    version: u64,
    bytes: usize,
}

/// Calls that were asked for.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// Oldest first.
    pub(crate) calls: Vec<Arc<Entry>>,
    /// From where to read on.
    pub(crate) next: u64,
    /// How many were forgotten before they were read.
    pub(crate) lost: u64,
}

/// What a reader that follows the journal has not seen.
#[derive(Debug)]
pub(crate) enum Update {
    New(Arc<Entry>),
    /// A call that the reader has seen, and that has gone on since.
    Changed(Arc<Entry>),
}

impl Journal {
    pub(crate) fn new(capacity: usize) -> Self {
        let (changes, _) = watch::channel(0);
        Self { capacity, ring: Mutex::default(), changes }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(crate) fn is_on(&self) -> bool {
        self.capacity > 0
    }

    /// Keeps a call, and returns its number.
    pub(super) fn push(&self, mut draft: Draft) -> u64 {
        let mut ring = self.ring();
        ring.count += 1;
        ring.version += 1;
        let entry = draft.entry();
        entry.seq = ring.count;
        (entry.version, entry.first_version) = (ring.version, ring.version);
        ring.bytes += entry.weight();
        ring.calls.push_back(draft.0);
        ring.forget(self.capacity);
        let (seq, version) = (ring.count, ring.version);
        drop(ring);
        self.tell(version);
        seq
    }

    /// Changes a call, if it is still kept.
    pub(super) fn change(&self, seq: u64, change: impl FnOnce(&mut Entry)) {
        let mut ring = self.ring();
        let version = ring.version + 1;
        let first = ring.first();
        let index = seq.checked_sub(first).and_then(|index| usize::try_from(index).ok());
        let Some(entry) = index.and_then(|index| ring.calls.get_mut(index)) else { return };
        // A reader may hold the call as it was.
        let entry = Arc::make_mut(entry);
        let before = entry.weight();
        entry.version = version;
        change(entry);
        let after = entry.weight();
        ring.bytes = ring.bytes + after - before;
        ring.version = version;
        ring.forget(self.capacity);
        drop(ring);
        self.tell(version);
    }

    fn tell(&self, version: u64) {
        if self.changes.receiver_count() > 0 {
            self.changes.send_replace(version);
        }
    }

    /// The calls that pass the filter.
    pub(crate) fn read(&self, filter: &Filter) -> Page {
        let ring = self.ring();
        let after = filter.after.unwrap_or(0);
        let passing = ring.after(after).filter(|entry| filter.passes(entry));
        let limit = filter.limit.unwrap_or(usize::MAX);
        let calls: Vec<_> = match filter.after {
            Some(_) => passing.take(limit).cloned().collect(),
            None => {
                let mut newest: Vec<_> = passing.rev().take(limit).cloned().collect();
                newest.reverse();
                newest
            }
        };
        let cut = filter.after.is_some() && calls.len() == limit;
        let last = cut.then(|| calls.last().map_or(after, |call| call.seq));
        Page { next: last.unwrap_or(ring.count.max(after)), lost: ring.lost(after), calls }
    }

    /// What has changed since the version `seen` for a reader who knows the calls up to `known`.
    /// Returns also the version and the last call that there are now, and how many calls were lost.
    pub(crate) fn since(&self, seen: u64, known: u64) -> (Vec<Update>, u64, u64, u64) {
        let ring = self.ring();
        let changed = |entry: &&Arc<Entry>| {
            entry.seq > known || (entry.version > seen && entry.version > entry.first_version)
        };
        let changed = ring.calls.iter().filter(changed);
        let updates = changed.map(|entry| match entry.seq > known {
            true => Update::New(entry.clone()),
            false => Update::Changed(entry.clone()),
        });
        (updates.collect(), ring.version, ring.count, ring.lost(known))
    }

    /// The number of the last call, and the version of the last change.
    pub(crate) fn now(&self) -> (u64, u64) {
        let ring = self.ring();
        (ring.count, ring.version)
    }

    /// Wakes at each change from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    /// The number of the oldest call.
    fn first(&self) -> u64 {
        self.count + 1 - self.calls.len() as u64
    }

    /// How many calls after this one are not kept any more.
    fn lost(&self, after: u64) -> u64 {
        (self.first() - 1).saturating_sub(after)
    }

    fn after(&self, seq: u64) -> impl DoubleEndedIterator<Item = &Arc<Entry>> {
        let skipped = (seq + 1).saturating_sub(self.first());
        self.calls.iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX))
    }

    fn forget(&mut self, capacity: usize) {
        while self.calls.len() > capacity || self.bytes > MAX_BYTES {
            let Some(oldest) = self.calls.pop_front() else { return };
            self.bytes -= oldest.weight();
        }
    }
}
