//! A client's connection, whatever carries it.

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

use crate::{budget::Budget, shutdown::Shutdown};

/// Bytes in both directions, and what networks do to them beside carrying them.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Debug + Send + Sync + Unpin {
    /// Whether there is something to read, so that no room need be made for it before.
    fn poll_readable(&self, context: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Waits until the client has ended its side, and reads nothing.
    fn left(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// From here on the end of the connection is a reset (a RST of TCP).
    ///
    /// # Errors
    /// The system refuses; the connection would end in order.
    fn break_off(&self) -> io::Result<()>;
}

/// A connection that HTTP has let go of.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) stream: Box<dyn Stream>,
    /// What was read of it already.
    pub(crate) first: Bytes,
    pub(crate) budget: Budget,
    pub(crate) shutdown: Shutdown,
}

// === impl Stream ===

impl Stream for TcpStream {
    fn poll_readable(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_read_ready(context)
    }

    fn left(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {
            // The one interest that an end of reading wakes, and what there is to read does not.
            #[cfg(any(target_os = "linux", target_os = "android"))]
            let _ = self.ready(tokio::io::Interest::PRIORITY).await;
            // Elsewhere there is none: the next read finds out.
            #[cfg(not(any(target_os = "linux", target_os = "android")))]
            std::future::pending::<()>().await;
        })
    }

    fn break_off(&self) -> io::Result<()> {
        self.set_zero_linger()
    }
}
