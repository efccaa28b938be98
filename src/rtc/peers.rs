//! All peer connections of a server.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use tokio::sync::OnceCell;

use super::{kept::Kept, peer::Peer, socket::Socket};

/// Makes peer connections. Before the first one, nothing is bound.
#[derive(Debug, Clone)]
pub(crate) struct Peers(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    bind: SocketAddr,
    /// What candidates name, where that is not the address that is bound.
    named: Option<IpAddr>,
    socket: OnceCell<Arc<Socket>>,
    kept: Kept,
}

impl Peers {
    #[allow(clippy::unnecessary_wraps)] // A program without the feature has none.
    pub(crate) fn new(bind: SocketAddr, named: Option<IpAddr>) -> Option<Self> {
        Some(Self(Arc::new(Shared { bind, named, socket: OnceCell::new(), kept: Kept::default() })))
    }

    /// Keeps a peer connection for a client that may come back.
    pub(crate) fn keep(&self, client: u64, peer: Box<Peer>) {
        self.0.kept.keep(client, peer);
    }

    /// The peer connection that was kept for this client.
    pub(crate) fn take(&self, client: u64) -> Option<Box<Peer>> {
        self.0.kept.take(client)
    }

    /// A peer connection that waits for an offer.
    ///
    /// # Errors
    /// The socket can't be bound, or there are too many peers. The sentence says so.
    pub(crate) async fn peer(&self) -> Result<Peer, String> {
        let Shared { bind, named, socket, .. } = &*self.0;
        let bound =
            socket.get_or_try_init(|| async { Socket::bind(*bind, *named).await.map(Arc::new) });
        let socket = bound.await.map_err(|error| {
            format!("the UDP socket for peer connections can't be bound to {bind}: {error}")
        })?;
        Peer::start(socket.clone())
            .ok_or_else(|| "there are too many peer connections already".to_owned())
    }
}
