//! One client's bytes: read no faster than there is room for them, written to the last one.

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
    budget::{Budget, Turn, UNKNOWN},
    connection::Stream,
};

/// How much is read at once where nobody knows how much there is: most requests in one piece.
const READ: usize = 4 << 10;
/// How much is read at once of what has its turn.
const LARGE_READ: usize = 64 << 10;

/// Why nothing more can be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// The client is gone, or has ended its side, which counts as much.
    Gone,
    /// It stalled while others waited.
    Stalled,
}

/// A connection's stream and what was read of it ahead.
pub(super) struct Wire {
    stream: Box<dyn Stream>,
    pub(super) unread: BytesMut,
    pub(super) budget: Budget,
    /// What is large in the request that is being read or answered.
    held: Vec<Turn>,
}

// === impl Cut ===

impl From<io::Error> for Cut {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

// === impl Wire ===

impl Wire {
    pub(super) fn new(stream: Box<dyn Stream>, budget: Budget) -> Self {
        Self { stream, unread: BytesMut::new(), budget, held: Vec::new() }
    }

    /// The stream, and what has been read of it already.
    pub(super) fn into_parts(self) -> (Box<dyn Stream>, Bytes) {
        // Copied: the rest would keep the whole buffer alive.
        (self.stream, Bytes::copy_from_slice(&self.unread))
    }

    /// Waits for the first bytes of a request; whether there are any, before the end or the stop.
    pub(super) async fn begins(&mut self, stopping: &AtomicBool) -> bool {
        poll_fn(|context| {
            loop {
                self.pass_over_blank_lines();
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

    /// Some clients send one behind a body.
    fn pass_over_blank_lines(&mut self) {
        let blank = self.unread.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.unread.advance(blank);
    }

    pub(super) fn holds_none(&self) -> bool {
        self.held.is_empty()
    }

    /// Whether what is of unknown size may come only in a turn from here on.
    pub(super) fn needs_turn(&self, here: usize) -> bool {
        self.held.is_empty() && here >= UNKNOWN
    }

    /// Reads on in what is of unknown size, of which so much is here.
    pub(super) async fn more(&mut self, here: usize) -> Result<(), Cut> {
        let most = match self.held.is_empty() {
            true => READ.min(UNKNOWN.saturating_sub(here)).max(1),
            false => LARGE_READ,
        };
        poll_fn(|context| self.poll_fill(context, most)).await
    }

    /// Reads until the buffer holds so many bytes.
    pub(super) async fn fill(&mut self, whole: &mut BytesMut, length: usize) -> Result<(), Cut> {
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

    /// Waits for a turn of so many bytes, which lasts until it is let go.
    pub(super) async fn turn(&mut self, size: usize) -> Result<(), Cut> {
        let turn = self.budget.turn(size);
        self.or_cut(turn.begins()).await?;
        self.held.push(turn);
        Ok(())
    }

    /// Gives back all turns; of one, if there is any, this much is kept.
    pub(super) fn let_go(&mut self, but: usize) {
        if self.held.is_empty() {
            return;
        }
        self.tidy();
        self.held.truncate(usize::from(but > 0));
        if let Some(turn) = self.held.first() {
            turn.shrink(but);
        }
    }

    /// Keeps what was read ahead, and not the buffer that it was read into.
    pub(super) fn tidy(&mut self) {
        self.unread = BytesMut::from(&self.unread[..]);
    }

    /// Waits beside what takes time, and says why it must not be waited for any longer.
    pub(super) async fn unless_cut<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Cut> {
        let mut work = pin!(work);
        poll_fn(|context| {
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(Ok(done));
            }
            // A client may send its next requests already, but not without end.
            while self.unread.len() < READ {
                let room = READ - self.unread.len();
                if let Err(cut) = ready!(self.poll_fill(context, room)) {
                    return Poll::Ready(Err(cut));
                }
            }
            self.poll_stalled(context).map(|()| Err(Cut::Stalled))
        })
        .await
    }

    async fn or_cut(&mut self, work: impl Future<Output = ()>) -> Result<(), Cut> {
        let mut work = pin!(work);
        poll_fn(|context| {
            if self.poll_stalled(context).is_ready() {
                return Poll::Ready(Err(Cut::Stalled));
            }
            work.as_mut().poll(context).map(Ok)
        })
        .await
    }

    /// Sends all of both.
    pub(super) async fn send(&mut self, mut head: &[u8], mut body: &[u8]) -> Result<(), Cut> {
        while !head.is_empty() || !body.is_empty() {
            let sent = poll_fn(|context| {
                if self.poll_stalled(context).is_ready() {
                    return Poll::Ready(Err(Cut::Stalled));
                }
                let slices = [IoSlice::new(head), IoSlice::new(body)];
                let sent = Pin::new(&mut self.stream).poll_write_vectored(context, &slices);
                sent.map_err(Cut::from)
            })
            .await?;
            if sent == 0 {
                return Err(Cut::Gone);
            }
            let of_head = sent.min(head.len());
            head.advance(of_head);
            body.advance(sent - of_head);
            self.moved(sent);
        }
        Ok(())
    }

    /// Ends this side, so that the client hears the end of the answer.
    pub(super) async fn finish(&mut self) -> Result<(), Cut> {
        Ok(poll_fn(|context| Pin::new(&mut self.stream).poll_shutdown(context)).await?)
    }

    /// Makes a reset of the connection's end.
    pub(super) fn break_off(&self) {
        // Where the system refuses, the connection ends in order.
        let _ = self.stream.break_off();
    }

    fn poll_fill(&mut self, context: &mut Context<'_>, most: usize) -> Poll<Result<(), Cut>> {
        if self.poll_stalled(context).is_ready() {
            return Poll::Ready(Err(Cut::Stalled));
        }
        // Nothing is allocated while nothing comes: most connections are idle.
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
    ) -> Poll<Result<(), Cut>> {
        if self.poll_stalled(context).is_ready() {
            return Poll::Ready(Err(Cut::Stalled));
        }
        let read = ready!(pin!(self.stream.read_buf(room)).poll(context))?;
        self.moved(read);
        Poll::Ready(if read == 0 { Err(Cut::Gone) } else { Ok(()) })
    }

    fn poll_stalled(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match self.held.iter().any(|turn| turn.poll_lost(context).is_ready()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }

    fn moved(&self, bytes: usize) {
        for turn in &self.held {
            turn.moved(bytes);
        }
    }
}
