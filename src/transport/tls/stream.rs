//! The bytes of an encrypted connection.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio_rustls::server::TlsStream;

use crate::{connection::Stream, transport::rewound::Rewound};

impl Stream for TlsStream<Rewound> {
    fn poll_readable(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let (below, session) = self.get_ref();
        // It wants nothing while it holds something, or after the client's goodbye.
        match session.wants_read() {
            true => below.poll_readable(context),
            false => Poll::Ready(Ok(())),
        }
    }

    fn peer_closed(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.get_ref().0.peer_closed()
    }

    fn reset_on_close(&self) -> io::Result<()> {
        self.get_ref().0.reset_on_close()
    }

    fn is_encrypted(&self) -> bool {
        true
    }
}
