//! One WebSocket. Nothing is answered behind the caller's back: every message is handed over, and who
//! plays the connection decides.

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
    event::{Event, Failure},
    reader::{MAX_MESSAGE, Reader},
};
use crate::{
    budget::{Budget, Turn},
    connection::{Connection, Stream},
};

/// How long a peer may leave a message unread before the connection ends.
const WRITE_TIME: Duration = Duration::from_secs(10);
/// How long a peer may take to end its side.
const LINGER: Duration = Duration::from_secs(1);

pub(crate) struct Socket {
    stream: Box<dyn Stream>,
    reader: Reader,
    compress: bool,
    budget: Budget,
    /// Of a large message that has not come to its end.
    turn: Option<Arc<Turn>>,
}

// === impl Socket ===

impl Socket {
    /// The socket of a connection that HTTP has let go of.
    pub(crate) fn new(connection: Connection, deflate: Option<Deflate>) -> Self {
        let Connection { stream, first, budget, .. } = connection;
        let compress = deflate.is_some_and(|deflate| deflate.compress);
        let reader = Reader::new(deflate.is_some(), &first);
        Self { stream, reader, compress, budget, turn: None }
    }

    /// The next thing that the client sends. Can be given up at any time and called again.
    pub(crate) async fn next(&mut self) -> Result<Event, Failure> {
        loop {
            // A client that sends without end does not keep the thread to itself.
            consume_budget().await;
            if let Some(event) = self.reader.next()? {
                return Ok(event);
            }
            if self.reader.needs_turn() {
                // On the heap: hardly any socket ever has that much to say.
                Box::pin(self.read_in_turn()).await?;
            } else {
                self.turn = None;
                poll_fn(|context| self.poll_read(context)).await?;
            }
        }
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Result<usize, Failure>> {
        // Nothing is allocated until something is there.
        ready!(self.stream.poll_readable(context))?;
        let room = self.reader.room();
        let read = pin!(self.stream.read_buf(room)).poll(context);
        Poll::Ready(match ready!(read)? {
            0 => Err(Failure::Gone),
            read => Ok(read),
        })
    }

    /// Reads on in a large message, once its turn has come.
    async fn read_in_turn(&mut self) -> Result<(), Failure> {
        let ask = || Arc::new(self.budget.turn(MAX_MESSAGE));
        let turn = self.turn.get_or_insert_with(ask).clone();
        turn.begins().await;
        tokio::select! {
            biased;
            () = turn.lost() => Err(Failure::Violation(1013, "message stalled while others waited")),
            read = poll_fn(|context| self.poll_read(context)) => {
                turn.moved(read?);
                Ok(())
            }
        }
    }

    /// Waits until the client has ended its side, and reads nothing.
    pub(crate) async fn left(&self) {
        self.stream.left().await;
    }

    /// Sends a binary message, compressed where that was agreed on and pays.
    pub(crate) async fn send(&mut self, message: &[u8]) -> Result<(), Failure> {
        let compressed = self.compress.then(|| Deflate::compress(message)).flatten();
        let payload = compressed.as_deref().unwrap_or(message);
        self.write(OpCode::Binary, payload, compressed.is_some()).await
    }

    pub(crate) async fn pong(&mut self, payload: &[u8]) -> Result<(), Failure> {
        self.write(OpCode::Pong, payload, false).await
    }

    async fn write(&mut self, opcode: OpCode, payload: &[u8], rsv1: bool) -> Result<(), Failure> {
        let mut frame = BytesMut::new();
        encode_frame_with_rsv(&mut frame, opcode, payload, true, None, rsv1);
        match timeout(WRITE_TIME, self.stream.write_all(&frame)).await {
            Ok(written) => Ok(written?),
            Err(_) => Err(Failure::Gone),
        }
    }

    /// Sends a close frame, without a code if there is none, and ends the connection.
    pub(crate) async fn close(mut self, code: Option<u16>, reason: &str) {
        let payload = code.map(|code| Frame::close(code, reason).payload).unwrap_or_default();
        let written = timeout(LINGER, self.write(OpCode::Close, &payload, false)).await;
        if matches!(written, Ok(Ok(()))) {
            self.end().await;
        }
    }

    /// Ends the connection in order and without a close frame. What is unread is read first: it would turn the
    /// end into a reset, and the client might lose what was sent before.
    pub(crate) async fn end(mut self) {
        let drained = async {
            self.stream.shutdown().await?;
            let mut sink = [0; 512];
            while self.stream.read(&mut sink).await? > 0 {}
            io::Result::Ok(())
        };
        // A client that does not end its side is left.
        let _ = timeout(LINGER, drained).await;
    }

    /// Ends the connection by a reset.
    pub(crate) fn reset(self) {
        // Where the system refuses, the drop ends the connection in order.
        let _ = self.stream.break_off();
    }
}
