//! Which session a datagram is for. A STUN message names it; of everything else the sender's address
//! says it, once the session has answered there.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::sync::mpsc::Sender;

use super::datagram;

/// More sessions than any test needs.
const MAX_SESSIONS: usize = 2000;
/// A client has a few addresses. Of one that claims more, the first ones count.
const MAX_ADDRESSES: usize = 16;

/// A datagram and where it is from.
pub(super) type Datagram = (SocketAddr, Bytes);

/// The number of a session.
pub(super) type Number = u64;

#[derive(Debug, Default)]
pub(super) struct Lines(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    last: Number,
    sessions: HashMap<Number, Session>,
    by_fragment: HashMap<String, Number>,
    by_address: HashMap<SocketAddr, Number>,
}

#[derive(Debug)]
struct Session {
    datagrams: Sender<Datagram>,
    fragment: String,
    addresses: Vec<SocketAddr>,
}

impl Lines {
    /// A new session's number; `None` if there are too many.
    pub(super) fn open(&self, datagrams: Sender<Datagram>) -> Option<Number> {
        let mut table = self.table();
        if table.sessions.len() >= MAX_SESSIONS {
            return None;
        }
        table.last += 1;
        let number = table.last;
        let session = Session { datagrams, fragment: String::new(), addresses: Vec::new() };
        table.sessions.insert(number, session);
        Some(number)
    }

    /// The session has this user fragment from now on.
    pub(super) fn name(&self, number: Number, fragment: &str) {
        let Table { sessions, by_fragment, .. } = &mut *self.table();
        let Some(session) = sessions.get_mut(&number) else { return };
        if session.fragment != fragment {
            by_fragment.remove(&session.fragment);
            fragment.clone_into(&mut session.fragment);
            by_fragment.insert(fragment.to_owned(), number);
        }
    }

    /// The session has sent something there, so what comes from there is for it.
    pub(super) fn reach(&self, number: Number, address: SocketAddr) {
        let Table { sessions, by_address, .. } = &mut *self.table();
        let Some(session) = sessions.get_mut(&number) else { return };
        if !session.addresses.contains(&address) && session.addresses.len() < MAX_ADDRESSES {
            session.addresses.push(address);
            by_address.insert(address, number);
        }
    }

    pub(super) fn close(&self, number: Number) {
        let Table { sessions, by_fragment, by_address, .. } = &mut *self.table();
        let Some(session) = sessions.remove(&number) else { return };
        by_fragment.remove(&session.fragment);
        for address in session.addresses {
            // Another session may have been answered there since.
            if by_address.get(&address) == Some(&number) {
                by_address.remove(&address);
            }
        }
    }

    /// Gives a datagram to its session. One that is for nobody, or for a session that can't keep up, is
    /// lost, as on any network.
    pub(super) fn deliver(&self, source: SocketAddr, datagram: &[u8]) {
        let table = self.table();
        let number = match datagram::fragment(datagram) {
            Some(fragment) => table.by_fragment.get(fragment),
            None => table.by_address.get(&source),
        };
        if let Some(session) = number.and_then(|number| table.sessions.get(number)) {
            let _ = session.datagrams.try_send((source, Bytes::copy_from_slice(datagram)));
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[test]
    fn only_who_was_answered_is_heard() {
        let (lines, (sender, mut datagrams)) = (Lines::default(), mpsc::channel(4));
        let source = "127.0.0.1:9".parse().expect("an address");
        let number = lines.open(sender).expect("a number");
        lines.deliver(source, b"\x16");
        assert!(datagrams.try_recv().is_err());
        lines.reach(number, source);
        lines.deliver(source, b"\x16");
        assert_eq!(datagrams.try_recv().expect("a datagram").1, "\x16");
        lines.close(number);
        lines.deliver(source, b"\x16");
        assert!(datagrams.try_recv().is_err());
    }

    #[test]
    fn sessions_are_bounded() {
        let (lines, (sender, _datagrams)) = (Lines::default(), mpsc::channel(1));
        let opened: Vec<_> = (0..MAX_SESSIONS).filter_map(|_| lines.open(sender.clone())).collect();
        assert_eq!(opened.len(), MAX_SESSIONS);
        assert_eq!(lines.open(sender.clone()), None);
        lines.close(opened[0]);
        assert!(lines.open(sender).is_some());
    }
}
