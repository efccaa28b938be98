//! A stream that gives again what was read from it to find out what it is.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, ReadBuf};

use crate::connection::Stream;

/// Lets what is written to a stream of this type go to the one below it, which is this field, as it is.
macro_rules! write_through {
    ($stream:ty, $below:ident) => {
        impl tokio::io::AsyncWrite for $stream {
            fn poll_write(
                mut self: Pin<&mut Self>,
                context: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.$below).poll_write(context, bytes)
            }

            fn poll_write_vectored(
                mut self: Pin<&mut Self>,
                context: &mut Context<'_>,
                slices: &[io::IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.$below).poll_write_vectored(context, slices)
            }

            fn is_write_vectored(&self) -> bool {
                self.$below.is_write_vectored()
            }

            fn poll_flush(
                mut self: Pin<&mut Self>,
                context: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                Pin::new(&mut self.$below).poll_flush(context)
            }

            fn poll_shutdown(
                mut self: Pin<&mut Self>,
                context: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                Pin::new(&mut self.$below).poll_shutdown(context)
            }
        }
    };
}
#[cfg(feature = "http2")]
pub(super) use write_through;

#[derive(Debug)]
pub(super) struct Rewound {
    pub(super) read_ahead: Bytes,
    pub(super) stream: Box<dyn Stream>,
}

impl AsyncRead for Rewound {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read_ahead.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, room);
        }
        let some = self.read_ahead.len().min(room.remaining());
        room.put_slice(&self.read_ahead.split_to(some));
        Poll::Ready(Ok(()))
    }
}

write_through!(Rewound, stream);

impl Stream for Rewound {
    fn poll_readable(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.read_ahead.has_remaining() {
            true => Poll::Ready(Ok(())),
            false => self.stream.poll_readable(context),
        }
    }

    fn peer_closed(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.stream.peer_closed()
    }

    fn reset_on_close(&self) -> io::Result<()> {
        self.stream.reset_on_close()
    }

    fn is_encrypted(&self) -> bool {
        self.stream.is_encrypted()
    }
}
