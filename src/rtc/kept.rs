//! Peer connections whose signalling has gone, until their clients are back.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{peer::Peer, report::Found};

/// Clients try for about as long to come back.
const KEPT_FOR: Duration = Duration::from_secs(15);

/// What there is of a client while its signalling is away.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) peer: Option<Box<Peer>>,
    /// What it is sent on, where it has another one for that.
    pub(crate) receiving: Option<Box<Peer>>,
    pub(crate) found: Found,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Absent(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    last: u64,
    /// By client, each with a number of its own.
    clients: HashMap<u64, (u64, Kept)>,
}

impl Absent {
    /// Keeps what a client has for a while, in place of what it had before.
    pub(super) fn keep(&self, client: u64, kept: Kept) {
        let mut table = self.table();
        table.last += 1;
        let number = table.last;
        table.clients.insert(client, (number, kept));
        // It must not keep a server's socket open that has stopped.
        let absent = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            tokio::time::sleep(KEPT_FOR).await;
            if let Some(absent) = absent.upgrade() {
                Self(absent).forget(client, number);
            }
        });
    }

    pub(super) fn take(&self, client: u64) -> Option<Kept> {
        self.table().clients.remove(&client).map(|(_, kept)| kept)
    }

    fn forget(&self, client: u64, number: u64) {
        let mut table = self.table();
        if table.clients.get(&client).is_some_and(|(kept, _)| *kept == number) {
            table.clients.remove(&client);
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
