//! A connection that is read no faster than the budget allows. A head may take only so long, from its first
//! byte to its last: `h2` waits for the rest of one as long as the connection lasts.

use std::{
    io::{self, ErrorKind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, ReadBuf},
    time::{Sleep, sleep},
};

use super::{frames::Frames, intake::Intake};
use crate::{
    budget::{Budget, Turn, UNSIZED_LIMIT},
    transport::{
        limits::HEAD_TIMEOUT,
        rewound::{Rewound, write_through},
    },
};

/// The longest head, as HTTP/2 counts it: 32 bytes for each line, and its own. One of twice the length could
/// have more lines than `http` has room for.
pub(super) const MAX_LIST: u32 = 512 << 10;
/// The size of the turn for a large head: its bytes, and what its lines need besides.
const HEAD_TURN: usize = 4 * MAX_LIST as usize;

/// A connection whose client can't take more time and memory than others leave it.
#[derive(Debug)]
pub(super) struct Bounded {
    below: Rewound,
    frames: Frames,
    budget: Budget,
    intake: Intake,
    /// While a head is waited for that is not at its end.
    late: Option<Pin<Box<Sleep>>>,
    /// Of that head, if it is large.
    turn: Option<Turn>,
    /// How many bytes have come at once.
    at_once: usize,
}

// === impl Bounded ===

impl Bounded {
    pub(super) fn new(below: Rewound, budget: Budget, intake: Intake) -> Self {
        Self { below, frames: Frames::new(), budget, intake, late: None, turn: None, at_once: 0 }
    }

    /// Ready when there is room for more.
    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.intake.poll_open(context));
        let is_large = self.frames.open_head().is_some_and(|length| length > UNSIZED_LIMIT);
        if self.turn.is_none() && is_large {
            self.turn = Some(self.budget.turn(HEAD_TURN));
        }
        if let Some(turn) = &self.turn
            && !self.intake.is_holding()
            && turn.poll_granted(context).is_pending()
        {
            // This time is not the client's.
            self.late = None;
            return Poll::Pending;
        }
        let is_lost = |turn: &Turn, context: &mut _| turn.poll_lost(context).is_ready();
        if self.turn.as_ref().is_some_and(|turn| is_lost(turn, context))
            || self.intake.poll_lost(context).is_ready()
        {
            let said = "a large head over HTTP/2 stalled while others waited";
            return Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, said)));
        }
        Poll::Ready(Ok(()))
    }

    /// Reads what there is, but not much of a head that may be large and has no turn.
    fn poll_some(
        &mut self,
        context: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let below = Pin::new(&mut self.below);
        let open = self.frames.open_head().filter(|_| self.turn.is_none());
        let Some(length) = open else { return below.poll_read(context, room) };
        let most = (UNSIZED_LIMIT + 1).saturating_sub(length).min(room.remaining());
        let mut part = ReadBuf::new(room.initialize_unfilled_to(most));
        ready!(below.poll_read(context, &mut part))?;
        let length = part.filled().len();
        room.advance(length);
        Poll::Ready(Ok(()))
    }

    /// These bytes were read.
    fn pass(&mut self, bytes: &[u8]) {
        self.at_once += bytes.len();
        if let Some(turn) = &self.turn {
            turn.progressed(bytes.len());
        }
        if let Some(stream) = self.frames.pass(bytes) {
            self.late = None;
            if let Some(turn) = self.turn.take() {
                self.intake.keep(stream, turn);
            }
        }
    }

    /// Ready once a head has taken too long.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        if self.frames.open_head().is_none() {
            return Poll::Pending;
        }
        let late = self.late.get_or_insert_with(|| Box::pin(sleep(HEAD_TIMEOUT)));
        ready!(late.as_mut().poll(context));
        let seconds = HEAD_TIMEOUT.as_secs();
        let said = format!("a head over HTTP/2 did not end within {seconds} s");
        Poll::Ready(io::Error::new(ErrorKind::TimedOut, said))
    }
}

impl AsyncRead for Bounded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.at_once >= UNSIZED_LIMIT {
            // The requests first take what has come.
            self.at_once = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        ready!(self.poll_room(context))?;
        let before = room.filled().len();
        if let Poll::Ready(read) = self.poll_some(context, room) {
            self.pass(&room.filled()[before..]);
            return Poll::Ready(read);
        }
        self.at_once = 0;
        self.poll_late(context).map(Err)
    }
}

write_through!(Bounded, below);
