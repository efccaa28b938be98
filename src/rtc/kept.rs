//! Peer connections whose signalling has gone, until their clients are back.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::peer::Peer;

/// Clients try for about as long to come back.
const KEPT_FOR: Duration = Duration::from_secs(15);

#[derive(Debug, Clone, Default)]
pub(super) struct Kept(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    last: u64,
    /// By client, each with a number of its own.
    peers: HashMap<u64, (u64, Box<Peer>)>,
}

impl Kept {
    /// Keeps a client's peer connection for a while, in place of an older one.
    pub(super) fn keep(&self, client: u64, peer: Box<Peer>) {
        let mut table = self.table();
        table.last += 1;
        let number = table.last;
        table.peers.insert(client, (number, peer));
        // It must not keep a server's socket open that has stopped.
        let kept = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            tokio::time::sleep(KEPT_FOR).await;
            if let Some(kept) = kept.upgrade() {
                Self(kept).forget(client, number);
            }
        });
    }

    pub(super) fn take(&self, client: u64) -> Option<Box<Peer>> {
        self.table().peers.remove(&client).map(|(_, peer)| peer)
    }

    fn forget(&self, client: u64, number: u64) {
        let mut table = self.table();
        if table.peers.get(&client).is_some_and(|(kept, _)| *kept == number) {
            table.peers.remove(&client);
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
