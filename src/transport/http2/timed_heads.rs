//! A client's frames as they come in: a head may take only so long, from its first byte to its last. `h2` waits
//! for the rest of one as long as the connection lasts.

use std::{
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use crate::transport::{limits::HEAD_TIMEOUT, rewound::Rewound};

/// The length of what a connection begins with.
const PREFACE: usize = 24;
/// The length of what each frame begins with.
const FRAME_HEAD: usize = 9;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// A connection that ends when a head takes too long.
#[derive(Debug)]
pub(super) struct TimedHeads {
    below: Rewound,
    frames: Frames,
    /// While a head is not at its end.
    late: Option<Pin<Box<Sleep>>>,
}

/// Where in its frames a client is.
#[derive(Debug)]
struct Frames {
    /// What is here of the next frame's beginning.
    beginning: [u8; FRAME_HEAD],
    here: usize,
    /// How many bytes are to come of what has begun.
    rest: usize,
    /// Whether these are a head's.
    is_head: bool,
    /// Whether a frame follows that goes on with the head.
    goes_on: bool,
}

// === impl TimedHeads ===

impl TimedHeads {
    pub(super) fn new(below: Rewound) -> Self {
        Self { below, frames: Frames::new(), late: None }
    }
}

impl AsyncRead for TimedHeads {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = room.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut self.below).poll_read(context, room) {
            self.frames.pass(&room.filled()[before..]);
            match self.frames.are_in_head() {
                true => drop(self.late.get_or_insert_with(|| Box::pin(sleep(HEAD_TIMEOUT)))),
                false => self.late = None,
            }
            return Poll::Ready(read);
        }
        let Some(late) = &mut self.late else { return Poll::Pending };
        ready!(late.as_mut().poll(context));
        let seconds = HEAD_TIMEOUT.as_secs();
        let said = format!("a head over HTTP/2 did not end within {seconds} s");
        Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, said)))
    }
}

impl AsyncWrite for TimedHeads {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.below).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.below).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.below.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.below).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.below).poll_shutdown(context)
    }
}

// === impl Frames ===

impl Frames {
    fn new() -> Self {
        let beginning = [0; FRAME_HEAD];
        Self { beginning, here: 0, rest: PREFACE, is_head: false, goes_on: false }
    }

    /// These bytes come next.
    fn pass(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.rest > 0 {
                let passed = self.rest.min(bytes.len());
                self.rest -= passed;
                bytes = &bytes[passed..];
                continue;
            }
            let (some, others) = bytes.split_at(bytes.len().min(FRAME_HEAD - self.here));
            self.beginning[self.here..][..some.len()].copy_from_slice(some);
            self.here += some.len();
            bytes = others;
            if self.here == FRAME_HEAD {
                self.here = 0;
                self.begin();
            }
        }
    }

    fn begin(&mut self) {
        let [high, middle, low, kind, flags, ..] = self.beginning;
        self.rest = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        self.is_head = matches!(kind, HEADERS | CONTINUATION);
        self.goes_on = self.is_head && flags & END_HEADERS == 0;
    }

    /// Whether a head has begun that is not at its end.
    fn are_in_head(&self) -> bool {
        self.goes_on || self.is_head && self.rest > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        [&[0, 0, length, kind, flags, 0, 0, 0, 1], payload].concat()
    }

    #[test]
    fn a_head_is_open_from_its_first_frame_to_its_last_byte() {
        const DATA: u8 = 0;
        let settings = frame(4, 0, b"123456");
        let parts: [(&[u8], bool); 9] = [
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", false),
            (&settings, false),
            (&frame(HEADERS, 0, b"abc"), true),
            (&frame(CONTINUATION, 0, b""), true),
            (&frame(CONTINUATION, END_HEADERS, b"de"), false),
            (&frame(DATA, 0, b"\x01\x04\x09"), false),
            // Half of a frame.
            (&frame(HEADERS, END_HEADERS, b"fghi")[..FRAME_HEAD + 2], true),
            (b"hi", false),
            (&frame(DATA, END_HEADERS, b"")[..3], false),
        ];
        for step in 1..=40 {
            let mut frames = Frames::new();
            for (part, in_head) in &parts {
                part.chunks(step).for_each(|bytes| frames.pass(bytes));
                assert_eq!(frames.are_in_head(), *in_head, "{part:?} in steps of {step}");
            }
        }
    }
}
