//! All peer connections of a server.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use tokio::sync::OnceCell;

use super::{
    kept::{Absent, Kept},
    peer::Peer,
    report::{Begins, Found, Received},
    socket::Socket,
};

/// Makes peer connections. Before the first one, nothing is bound.
#[derive(Debug, Clone)]
pub(crate) struct Peers(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    bind: SocketAddr,
    /// What candidates name, where that is not the address that is bound.
    named: Option<IpAddr>,
    socket: OnceCell<Arc<Socket>>,
    absent: Absent,
}

impl Peers {
    #[allow(clippy::unnecessary_wraps)] // A program without the feature has none.
    pub(crate) fn new(bind: SocketAddr, named: Option<IpAddr>) -> Option<Self> {
        Some(Self(Arc::new(Shared {
            bind,
            named,
            socket: OnceCell::new(),
            absent: Absent::default(),
        })))
    }

    /// Keeps the peer connections of the client whose certificate has this fingerprint.
    pub(crate) fn keep(&self, fingerprint: String, kept: Kept) {
        self.0.absent.peers.keep(fingerprint, kept);
    }

    /// What was kept for the client with this fingerprint.
    pub(crate) fn take(&self, fingerprint: &String) -> Option<Kept> {
        self.0.absent.peers.take(fingerprint)
    }

    /// What a client is to find when it comes back with this token.
    pub(crate) fn prepare(&self, token: u64, found: Found) {
        self.0.absent.found.keep(token, found);
    }

    /// What a client finds that comes back with this token.
    pub(crate) fn found(&self, token: u64) -> Found {
        self.0.absent.found.take(&token).unwrap_or_default()
    }

    /// A peer connection, not described yet.
    ///
    /// # Errors
    /// The socket can't be bound, or there are too many peers. The sentence says so.
    pub(crate) async fn peer(&self, begins: Begins, received: Received) -> Result<Peer, String> {
        let Shared { bind, named, socket, .. } = &*self.0;
        let bound =
            socket.get_or_try_init(|| async { Socket::bind(*bind, *named).await.map(Arc::new) });
        let socket = bound.await.map_err(|error| {
            format!("the UDP socket for peer connections can't be bound to {bind}: {error}")
        })?;
        Peer::start(socket.clone(), begins, received)
            .ok_or_else(|| "there are too many peer connections already".to_owned())
    }
}
