//! Lines that an output could not take yet, and the count of those that it never will.

use std::{borrow::Cow, collections::VecDeque};

/// How many bytes wait for one output; what comes beyond them is dropped.
const MAX_WAITING: usize = 256 << 10;

/// What to say, in an output's own format, of so many lines that were dropped.
pub(super) type Notice = fn(u64) -> String;

/// A line, with what had to be said before it, and how far it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    text: Cow<'a, [u8]>,
    written: usize,
    /// How many lines are lost if this is: its own, and those that it tells of.
    lines: u64,
}

/// What waits is written in the order in which it came.
#[derive(Debug)]
pub(super) struct Backlog {
    waiting: VecDeque<Piece<'static>>,
    bytes: usize,
    /// Lines that were dropped and not told of.
    dropped: u64,
    notice: Option<Notice>,
    /// Whether the last line that was written broke off in its middle.
    torn: bool,
    /// Whether lines are dropped for want of room; until there is plenty, so that not every other
    /// line is followed by a notice.
    full: bool,
}

// === impl Piece ===

impl Piece<'_> {
    pub(super) fn rest(&self) -> &[u8] {
        &self.text[self.written..]
    }

    /// So many more bytes of it are written.
    pub(super) fn advance(&mut self, written: usize) {
        self.written += written;
    }

    fn into_owned(self) -> Piece<'static> {
        let Self { text, written, lines } = self;
        Piece { text: Cow::Owned(text.into_owned()), written, lines }
    }
}

// === impl Backlog ===

impl Backlog {
    /// Without a notice, nothing is said of lines that were dropped.
    pub(super) fn new(notice: Option<Notice>) -> Self {
        Self { waiting: VecDeque::new(), bytes: 0, dropped: 0, notice, torn: false, full: false }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The line, behind the notice of those that were dropped before it.
    pub(super) fn piece<'a>(&mut self, line: &'a [u8]) -> Piece<'a> {
        let lines = u64::from(!line.is_empty());
        let Some(notice) = self.notice.filter(|_| self.dropped > 0) else {
            return Piece { text: Cow::Borrowed(line), written: 0, lines };
        };
        let dropped = std::mem::take(&mut self.dropped);
        let text = [notice(dropped).as_bytes(), line].concat();
        Piece { text: Cow::Owned(text), written: 0, lines: lines + dropped }
    }

    /// The line as it is to be written now, if nothing waits: behind the end of one that broke off.
    pub(super) fn next_piece<'a>(&mut self, line: &'a [u8]) -> Piece<'a> {
        let piece = self.piece(line);
        self.mended(piece)
    }

    fn mended<'a>(&mut self, mut piece: Piece<'a>) -> Piece<'a> {
        if std::mem::take(&mut self.torn) {
            piece.text.to_mut().insert(0, b'\n');
        }
        piece
    }

    /// What is still to be said, without a new line: that lines were dropped.
    pub(super) fn last_words(&mut self) -> Option<Piece<'static>> {
        (self.dropped > 0 && self.notice.is_some()).then(|| self.next_piece(&[]))
    }

    /// Whether a line of this length can wait; one that can't is dropped, and counted.
    pub(super) fn admits(&mut self, length: usize) -> bool {
        let limit = if self.full { MAX_WAITING / 2 } else { MAX_WAITING };
        self.full = self.bytes + length > limit;
        self.dropped += u64::from(self.full);
        !self.full
    }

    /// Lets a piece wait behind all others. What is half written is always taken: there is nothing
    /// before it.
    pub(super) fn push(&mut self, piece: Piece<'_>) {
        self.bytes += piece.text.len();
        self.waiting.push_back(piece.into_owned());
    }

    /// Takes the next piece that is to be written.
    pub(super) fn pop(&mut self) -> Option<Piece<'static>> {
        let piece = self.waiting.pop_front()?;
        self.bytes -= piece.text.len();
        Some(self.mended(piece))
    }

    /// The output refused what was left of the piece.
    pub(super) fn lose(&mut self, piece: &Piece<'_>) {
        self.dropped += piece.lines;
        self.torn = piece.written > 0 || piece.text.starts_with(b"\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backlog() -> Backlog {
        Backlog::new(Some(|count| format!("{count} dropped\n")))
    }

    fn text(piece: &Piece<'_>) -> String {
        String::from_utf8_lossy(piece.rest()).into_owned()
    }

    #[test]
    fn a_line_is_not_copied_while_all_is_well() {
        assert!(matches!(backlog().piece(b"a\n").text, Cow::Borrowed(b"a\n")));
    }

    #[test]
    fn lines_keep_their_order() {
        let mut backlog = backlog();
        for line in ["a\n", "b\n"] {
            assert!(backlog.admits(line.len()));
            let piece = backlog.piece(line.as_bytes()).into_owned();
            backlog.push(piece);
        }
        let all: Vec<String> =
            std::iter::from_fn(|| backlog.pop()).map(|piece| text(&piece)).collect();
        assert_eq!(all, ["a\n", "b\n"]);
        assert_eq!(backlog.bytes, 0);
    }

    #[test]
    fn lost_lines_are_told_of_before_the_next_one() {
        let mut backlog = backlog();
        for _ in 0..3 {
            let piece = backlog.piece(b"a\n").into_owned();
            backlog.lose(&piece);
        }
        assert_eq!(text(&backlog.piece(b"b\n")), "3 dropped\nb\n");
        assert_eq!(text(&backlog.piece(b"c\n")), "c\n", "once");
    }

    #[test]
    fn a_lost_notice_is_counted_with_its_line() {
        let mut backlog = backlog();
        for expected in ["a\n", "1 dropped\na\n", "2 dropped\na\n"] {
            let piece = backlog.piece(b"a\n").into_owned();
            assert_eq!(text(&piece), expected);
            backlog.lose(&piece);
        }
        assert_eq!(text(&backlog.last_words().expect("some")), "3 dropped\n");
        assert_eq!(backlog.last_words(), None);
    }

    #[test]
    fn a_line_that_broke_off_is_ended() {
        let mut backlog = backlog();
        let mut piece = backlog.piece(b"abc\n").into_owned();
        piece.advance(2);
        backlog.lose(&piece);
        let piece = backlog.next_piece(b"d\n").into_owned();
        assert_eq!(text(&piece), "\n1 dropped\nd\n");
        backlog.lose(&piece);
        let piece = backlog.next_piece(b"e\n").into_owned();
        assert_eq!(text(&piece), "\n2 dropped\ne\n", "its end is still to be written");
    }

    #[test]
    fn a_line_that_broke_off_while_others_wait_is_ended() {
        let mut backlog = Backlog::new(None);
        for line in [b"abc\n", b"def\n"] {
            let piece = backlog.piece(line).into_owned();
            backlog.push(piece);
        }
        let mut first = backlog.pop().expect("the first");
        first.advance(1);
        backlog.lose(&first);
        assert_eq!(text(&backlog.pop().expect("the second")), "\ndef\n");
    }

    #[test]
    fn what_waits_is_bounded_and_the_rest_is_counted() {
        let (mut backlog, line) = (backlog(), [b'x'; 1000]);
        let mut admitted = 0;
        for _ in 0..1000 {
            if backlog.admits(line.len()) {
                let piece = backlog.piece(&line).into_owned();
                backlog.push(piece);
                admitted += 1;
            }
        }
        assert_eq!(admitted, MAX_WAITING / line.len());
        assert_eq!(backlog.dropped, 1000 - admitted as u64);
        backlog.pop();
        assert!(!backlog.admits(line.len()), "there is little room");
        while backlog.bytes > MAX_WAITING / 3 {
            backlog.pop();
        }
        assert!(backlog.admits(line.len()), "there is plenty");
        assert!(text(&backlog.piece(&line)).starts_with(&format!("{} dropped\n", 1001 - admitted)));
    }

    #[test]
    fn without_a_notice_nothing_is_said() {
        let mut backlog = Backlog::new(None);
        let piece = backlog.piece(b"a\n").into_owned();
        backlog.lose(&piece);
        assert_eq!(text(&backlog.piece(b"b\n")), "b\n");
        assert_eq!(backlog.last_words(), None);
    }
}
