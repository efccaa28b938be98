//! A client's connection, independent of the protocol below it.

use std::{
    fmt::Debug,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use crate::{budget::Budget, journal::Recorder, shutdown::Shutdown};

/// Bytes in both directions. A connection can also be watched, and ended by a reset.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Debug + Send + Sync + Unpin {
    /// Ready when there is something to read, so that no buffer need be allocated before.
    fn poll_readable(&self, context: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Waits until the client has closed its side, without reading anything.
    fn peer_closed(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// Makes the connection end by a reset (a RST of TCP) when it is dropped.
    ///
    /// # Errors
    /// The system refuses. The connection will be closed normally.
    fn reset_on_close(&self) -> io::Result<()>;

    /// The address that the client has connected to, as far as this machine knows.
    #[cfg(feature = "tls")]
    fn local_ip(&self) -> Option<std::net::IpAddr> {
        None
    }

    /// Whether TLS carries it. Then `poll_shutdown` says to the client that the end is one in order, which
    /// otherwise looks to it as if the connection broke.
    fn is_encrypted(&self) -> bool {
        false
    }
}

/// A connection that has been upgraded, and that HTTP does not use any more.
#[derive(Debug)]
pub(crate) struct UpgradedConnection {
    pub(crate) stream: Box<dyn Stream>,
    /// What was read from it already.
    pub(crate) read_ahead: Bytes,
    pub(crate) budget: Budget,
    pub(crate) shutdown: Shutdown,
    /// Writes down what is said on it.
    pub(crate) recorder: Recorder,
}

// === impl Stream ===

impl Stream for TcpStream {
    fn poll_readable(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_read_ready(context)
    }

    fn peer_closed(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {
            // The only interest that wakes at the end of the stream, and not when there are bytes.
            #[cfg(any(target_os = "linux", target_os = "android"))]
            let _ = self.ready(tokio::io::Interest::PRIORITY).await;
            // Other systems have none. There the next read finds out.
            #[cfg(not(any(target_os = "linux", target_os = "android")))]
            std::future::pending::<()>().await;
        })
    }

    fn reset_on_close(&self) -> io::Result<()> {
        self.set_zero_linger()
    }

    #[cfg(feature = "tls")]
    fn local_ip(&self) -> Option<std::net::IpAddr> {
        Some(self.local_addr().ok()?.ip().to_canonical())
    }
}
