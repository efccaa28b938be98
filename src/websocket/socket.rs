//! One WebSocket. It answers nothing by itself, not even a ping: the caller gets every message and
//! decides.

use std::{
    future::poll_fn,
    io,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::BytesMut;
use sockudo_ws::frame::{Frame, OpCode, encode_frame_with_rsv};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    task::coop::consume_budget,
    time::timeout,
};

use super::{
    deflate::Deflate,
    event::{Event, SocketError},
    reader::{MAX_MESSAGE, Reader},
};
use crate::{
    budget::{Budget, Turn},
    connection::{Stream, UpgradedConnection},
};

/// How long a peer may leave a message unread before the connection ends.
const WRITE_TIME: Duration = Duration::from_secs(10);
/// How long a peer may take to close its side.
const LINGER: Duration = Duration::from_secs(1);

pub(crate) struct Socket {
    stream: Box<dyn Stream>,
    reader: Reader,
    compress: bool,
    budget: Budget,
    /// The turn of a large message that has not come completely.
    turn: Option<Arc<Turn>>,
}

// === impl Socket ===

impl Socket {
    /// The WebSocket on an upgraded connection.
    pub(crate) fn new(connection: UpgradedConnection, deflate: Option<Deflate>) -> Self {
        let UpgradedConnection { stream, read_ahead, budget, .. } = connection;
        let compress = deflate.is_some_and(|deflate| deflate.compress);
        let reader = Reader::new(deflate.is_some(), &read_ahead);
        Self { stream, reader, compress, budget, turn: None }
    }

    /// The next event. The future may be dropped at any time, and this called again.
    pub(crate) async fn next(&mut self) -> Result<Event, SocketError> {
        loop {
            // Lets other connections run while this client sends without a pause.
            consume_budget().await;
            if let Some(event) = self.reader.next()? {
                return Ok(event);
            }
            if self.reader.needs_turn() {
                // On the heap, since few sockets ever get so large a message.
                Box::pin(self.read_in_turn()).await?;
            } else {
                self.turn = None;
                poll_fn(|context| self.poll_read(context)).await?;
            }
        }
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Result<usize, SocketError>> {
        // The buffer is allocated once there is something to read.
        ready!(self.stream.poll_readable(context))?;
        let read = pin!(self.stream.read_buf(self.reader.buffer())).poll(context);
        Poll::Ready(match ready!(read)? {
            0 => Err(SocketError::Gone),
            read => Ok(read),
        })
    }

    /// Reads more of a large message, once its turn has come.
    async fn read_in_turn(&mut self) -> Result<(), SocketError> {
        let queue = || Arc::new(self.budget.turn(MAX_MESSAGE));
        let turn = self.turn.get_or_insert_with(queue).clone();
        turn.granted().await;
        tokio::select! {
            biased;
            () = turn.lost() => Err(SocketError::Violation(1013, "message stalled while others waited")),
            read = poll_fn(|context| self.poll_read(context)) => {
                turn.progressed(read?);
                Ok(())
            }
        }
    }

    /// Waits until the client has closed its side, without reading anything.
    pub(crate) async fn peer_closed(&self) {
        self.stream.peer_closed().await;
    }

    /// Sends a binary message. It is compressed if the client has agreed to that and it becomes shorter.
    pub(crate) async fn send(&mut self, message: &[u8]) -> Result<(), SocketError> {
        let compressed = self.compress.then(|| Deflate::compress(message)).flatten();
        let payload = compressed.as_deref().unwrap_or(message);
        self.write(OpCode::Binary, payload, compressed.is_some()).await
    }

    pub(crate) async fn pong(&mut self, payload: &[u8]) -> Result<(), SocketError> {
        self.write(OpCode::Pong, payload, false).await
    }

    async fn write(
        &mut self,
        opcode: OpCode,
        payload: &[u8],
        rsv1: bool,
    ) -> Result<(), SocketError> {
        let mut frame = BytesMut::new();
        encode_frame_with_rsv(&mut frame, opcode, payload, true, None, rsv1);
        let written = async {
            self.stream.write_all(&frame).await?;
            // TLS may keep something back.
            self.stream.flush().await
        };
        match timeout(WRITE_TIME, written).await {
            Ok(written) => Ok(written?),
            Err(_) => Err(SocketError::Gone),
        }
    }

    /// Sends a close frame, with a code if there is one, and ends the connection.
    pub(crate) async fn close(mut self, code: Option<u16>, reason: &str) {
        let payload = code.map(|code| Frame::close(code, reason).payload).unwrap_or_default();
        let written = timeout(LINGER, self.write(OpCode::Close, &payload, false)).await;
        if matches!(written, Ok(Ok(()))) {
            self.end().await;
        }
    }

    /// Ends the connection normally, without a close frame. What is unread is read first: otherwise TCP
    /// would send a reset, and the client might lose what was sent before.
    pub(crate) async fn end(mut self) {
        let drained = async {
            self.stream.shutdown().await?;
            let mut sink = [0; 512];
            while self.stream.read(&mut sink).await? > 0 {}
            io::Result::Ok(())
        };
        // A client that does not close its side is not waited for.
        let _ = timeout(LINGER, drained).await;
    }

    /// Ends the connection by a reset.
    pub(crate) fn reset(self) {
        // If the system refuses, the connection is closed normally.
        let _ = self.stream.reset_on_close();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use bytes::Bytes;
    use tokio::{
        io::{DuplexStream, duplex},
        sync::watch,
    };

    use super::*;
    use crate::shutdown::{Shutdown, Stage};

    /// Bytes in memory, as a stand-in for whatever a connection may come over.
    impl Stream for DuplexStream {
        fn poll_readable(&self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn peer_closed(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
            Box::pin(std::future::pending())
        }

        fn reset_on_close(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_socket_works_over_any_stream() {
        let (server, mut client) = duplex(4096);
        let (_stage, watched) = watch::channel(Stage::Serving);
        let (shutdown, _) = Shutdown::new(watched);
        // The beginning of a masked ping came with the upgrade.
        let read_ahead = Bytes::from_static(&[0x89, 0x82, 0, 0]);
        let (stream, budget) = (Box::new(server), Budget::default());
        let recorder = crate::journal::Recorder::none();
        let connection = UpgradedConnection { stream, read_ahead, budget, shutdown, recorder };
        let mut socket = Socket::new(connection, None);
        client.write_all(&[0, 0, b'h', b'i']).await.expect("room");
        let event = socket.next().await.expect("a ping");
        assert!(matches!(&event, Event::Ping(payload) if &payload[..] == b"hi"), "{event:?}");
        socket.pong(b"hi").await.expect("room");
        socket.send(b"x").await.expect("room");
        let mut heard = [0; 7];
        client.read_exact(&mut heard).await.expect("both");
        assert_eq!(heard, [0x8a, 2, b'h', b'i', 0x82, 1, b'x']);
        drop(client);
        assert!(matches!(socket.next().await, Err(SocketError::Gone)));
    }
}
