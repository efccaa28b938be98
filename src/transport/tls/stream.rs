//! The bytes of an encrypted connection.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::server;

use crate::{connection::Stream, transport::rewound::Rewound};

#[derive(Debug)]
pub(crate) struct TlsStream(pub(super) server::TlsStream<Rewound>);

impl AsyncRead for TlsStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, room)
    }
}

impl AsyncWrite for TlsStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

impl Stream for TlsStream {
    fn poll_readable(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let (below, session) = self.0.get_ref();
        // It wants nothing while it holds something, or after the client's goodbye.
        match session.wants_read() {
            true => below.poll_readable(context),
            false => Poll::Ready(Ok(())),
        }
    }

    fn peer_closed(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.get_ref().0.peer_closed()
    }

    fn reset_on_close(&self) -> io::Result<()> {
        self.0.get_ref().0.reset_on_close()
    }

    fn is_encrypted(&self) -> bool {
        true
    }
}
