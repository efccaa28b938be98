//! A client's stream with a buffer for what was read ahead. It is read no faster than the budget allows.

use std::{
    future::{Future as _, poll_fn},
    io::{self, IoSlice},
    pin::{Pin, pin},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWrite as _};

use crate::{
    budget::{Budget, Turn, UNSIZED_LIMIT},
    connection::Stream,
};

/// How many bytes are read at once without a turn. Most requests are shorter.
const READ: usize = 4 << 10;
/// How many bytes are read at once with a turn.
const LARGE_READ: usize = 64 << 10;

/// Why nothing more can be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StreamError {
    /// The client has disconnected, or has closed its side, which counts as the same.
    Gone,
    /// The client stalled while others waited for their turn.
    Stalled,
}

/// A stream, and what was read from it ahead.
pub(super) struct BufferedStream {
    stream: Box<dyn Stream>,
    pub(super) unread: BytesMut,
    pub(super) budget: Budget,
    /// The turns of the request that is being read or answered.
    turns: Vec<Turn>,
}

// === impl StreamError ===

impl From<io::Error> for StreamError {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

// === impl BufferedStream ===

impl BufferedStream {
    pub(super) fn new(stream: Box<dyn Stream>, budget: Budget) -> Self {
        Self { stream, unread: BytesMut::new(), budget, turns: Vec::new() }
    }

    /// The stream, and what has been read from it ahead.
    pub(super) fn into_parts(self) -> (Box<dyn Stream>, Bytes) {
        // A copy, since a slice would keep the whole buffer alive.
        (self.stream, Bytes::copy_from_slice(&self.unread))
    }

    /// Waits for the first bytes of a request. Returns whether any came before the client or the server
    /// stopped.
    pub(super) async fn wait_for_request(&mut self, stopping: &AtomicBool) -> bool {
        poll_fn(|context| {
            loop {
                self.skip_blank_lines();
                if !self.unread.is_empty() {
                    return Poll::Ready(true);
                }
                if stopping.load(Relaxed) || ready!(self.poll_fill(context, READ)).is_err() {
                    return Poll::Ready(false);
                }
            }
        })
        .await
    }

    /// Some clients send a blank line after a body.
    fn skip_blank_lines(&mut self) {
        let blank = self.unread.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.unread.advance(blank);
    }

    pub(super) fn has_no_turn(&self) -> bool {
        self.turns.is_empty()
    }

    /// Whether a turn is needed to read more of something of unknown size, of which there are `here`
    /// bytes already.
    pub(super) fn needs_turn(&self, here: usize) -> bool {
        self.turns.is_empty() && here >= UNSIZED_LIMIT
    }

    /// Reads more of something of unknown size, of which there are `here` bytes already.
    pub(super) async fn read_more(&mut self, here: usize) -> Result<(), StreamError> {
        let most = match self.turns.is_empty() {
            true => READ.min(UNSIZED_LIMIT.saturating_sub(here)).max(1),
            false => LARGE_READ,
        };
        poll_fn(|context| self.poll_fill(context, most)).await
    }

    /// Reads until `whole` holds `length` bytes.
    pub(super) async fn fill(
        &mut self,
        whole: &mut BytesMut,
        length: usize,
    ) -> Result<(), StreamError> {
        let ahead = self.unread.len().min(length - whole.len());
        whole.extend_from_slice(&self.unread.split_to(ahead));
        while whole.len() < length {
            poll_fn(|context| {
                let most = (length - whole.len()).min(LARGE_READ);
                let mut room = (&mut *whole).limit(most);
                self.poll_read(context, &mut room)
            })
            .await?;
        }
        Ok(())
    }

    /// Waits for a turn of this many bytes, and keeps it until it is released.
    pub(super) async fn turn(&mut self, size: usize) -> Result<(), StreamError> {
        let turn = self.budget.turn(size);
        self.unless_stalled(turn.granted()).await?;
        self.turns.push(turn);
        Ok(())
    }

    /// Gives back all turns, except for this many bytes of the first one.
    pub(super) fn release_turns(&mut self, except: usize) {
        if self.turns.is_empty() {
            return;
        }
        self.shrink_buffer();
        self.turns.truncate(usize::from(except > 0));
        if let Some(turn) = self.turns.first() {
            turn.shrink(except);
        }
    }

    /// Moves what was read ahead to a buffer of its size, since the old one may be large.
    pub(super) fn shrink_buffer(&mut self) {
        self.unread = BytesMut::from(&self.unread[..]);
    }

    /// Waits for `work`, or until the client disconnects or stalls.
    pub(super) async fn while_connected<T>(
        &mut self,
        work: impl Future<Output = T>,
    ) -> Result<T, StreamError> {
        let mut work = pin!(work);
        poll_fn(|context| {
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(Ok(done));
            }
            // The client may send its next requests already, but only a buffer of them.
            while self.unread.len() < READ {
                let room = READ - self.unread.len();
                if let Err(error) = ready!(self.poll_fill(context, room)) {
                    return Poll::Ready(Err(error));
                }
            }
            self.poll_stalled(context).map(|()| Err(StreamError::Stalled))
        })
        .await
    }

    async fn unless_stalled(&mut self, work: impl Future<Output = ()>) -> Result<(), StreamError> {
        let mut work = pin!(work);
        poll_fn(|context| {
            if self.poll_stalled(context).is_ready() {
                return Poll::Ready(Err(StreamError::Stalled));
            }
            work.as_mut().poll(context).map(Ok)
        })
        .await
    }

    /// Sends all of the head and the body.
    pub(super) async fn send(
        &mut self,
        mut head: &[u8],
        mut body: &[u8],
    ) -> Result<(), StreamError> {
        while !head.is_empty() || !body.is_empty() {
            let sent = poll_fn(|context| {
                if self.poll_stalled(context).is_ready() {
                    return Poll::Ready(Err(StreamError::Stalled));
                }
                let stream = Pin::new(&mut self.stream);
                // Most answers are of one piece, which TLS takes for less.
                let sent = match body.is_empty() {
                    true => stream.poll_write(context, head),
                    false => {
                        let slices = [IoSlice::new(head), IoSlice::new(body)];
                        stream.poll_write_vectored(context, &slices)
                    }
                };
                sent.map_err(StreamError::from)
            })
            .await?;
            if sent == 0 {
                return Err(StreamError::Gone);
            }
            let of_head = sent.min(head.len());
            head.advance(of_head);
            body.advance(sent - of_head);
            self.record_progress(sent);
        }
        self.flush().await
    }

    /// Waits until all is with the system. Only TLS keeps something back.
    async fn flush(&mut self) -> Result<(), StreamError> {
        poll_fn(|context| {
            if self.poll_stalled(context).is_ready() {
                return Poll::Ready(Err(StreamError::Stalled));
            }
            Pin::new(&mut self.stream).poll_flush(context).map_err(StreamError::from)
        })
        .await
    }

    /// Closes this side, so that the client sees the end of the answer.
    pub(super) async fn close_writing(&mut self) -> Result<(), StreamError> {
        Ok(poll_fn(|context| Pin::new(&mut self.stream).poll_shutdown(context)).await?)
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.stream.is_encrypted()
    }

    /// Makes the connection end by a reset.
    pub(super) fn reset_on_close(&self) {
        // If the system refuses, the connection is closed normally.
        let _ = self.stream.reset_on_close();
    }

    fn poll_fill(
        &mut self,
        context: &mut Context<'_>,
        most: usize,
    ) -> Poll<Result<(), StreamError>> {
        if self.poll_stalled(context).is_ready() {
            return Poll::Ready(Err(StreamError::Stalled));
        }
        // The buffer is allocated once there is something to read: most connections are idle.
        ready!(self.stream.poll_readable(context))?;
        let mut unread = std::mem::take(&mut self.unread);
        unread.reserve(most);
        let read = self.poll_read(context, &mut (&mut unread).limit(most));
        self.unread = unread;
        read
    }

    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        room: &mut (impl bytes::BufMut + Unpin),
    ) -> Poll<Result<(), StreamError>> {
        if self.poll_stalled(context).is_ready() {
            return Poll::Ready(Err(StreamError::Stalled));
        }
        let read = ready!(pin!(self.stream.read_buf(room)).poll(context))?;
        self.record_progress(read);
        Poll::Ready(if read == 0 { Err(StreamError::Gone) } else { Ok(()) })
    }

    fn poll_stalled(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match self.turns.iter().any(|turn| turn.poll_lost(context).is_ready()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }

    fn record_progress(&self, bytes: usize) {
        for turn in &self.turns {
            turn.progressed(bytes);
        }
    }
}
