//! What there is of clients whose signalling has gone, until they are back.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{peer::Peer, report::Found};

/// Clients try for about as long to come back.
const KEPT_FOR: Duration = Duration::from_secs(15);

/// The peer connections of a client.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) peer: Option<Box<Peer>>,
    /// What it is sent on, where it has another one for that.
    pub(crate) receiving: Option<Box<Peer>>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Absent {
    /// By the fingerprint of the client's certificate: no two clients have the same.
    pub(super) peers: Shelf<String, Kept>,
    /// By the client's token.
    pub(super) found: Shelf<u64, Found>,
}

/// Things that are forgotten after a while.
#[derive(Debug)]
pub(super) struct Shelf<K, T>(Arc<Mutex<Table<K, T>>>);

#[derive(Debug)]
struct Table<K, T> {
    last: u64,
    /// Each with a number of its own.
    things: HashMap<K, (u64, T)>,
}

impl<K: Clone + Eq + Hash + Send + 'static, T: Send + 'static> Shelf<K, T> {
    /// Keeps something for a while, in place of what was there before.
    pub(super) fn keep(&self, key: K, thing: T) {
        let number = self.insert(key.clone(), thing);
        // It must not keep a server's socket open that has stopped.
        let table = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            tokio::time::sleep(KEPT_FOR).await;
            if let Some(table) = table.upgrade() {
                Self(table).forget(&key, number);
            }
        });
    }

    fn insert(&self, key: K, thing: T) -> u64 {
        let mut table = self.table();
        table.last += 1;
        let number = table.last;
        table.things.insert(key, (number, thing));
        number
    }

    pub(super) fn take(&self, key: &K) -> Option<T> {
        self.table().things.remove(key).map(|(_, thing)| thing)
    }

    fn forget(&self, key: &K, number: u64) {
        let mut table = self.table();
        if table.things.get(key).is_some_and(|(kept, _)| *kept == number) {
            table.things.remove(key);
        }
    }

    fn table(&self) -> MutexGuard<'_, Table<K, T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, T> Clone for Shelf<K, T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, T> Default for Shelf<K, T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Table { last: 0, things: HashMap::new() })))
    }
}
