//! The lines that an output has not accepted yet, and the count of those that were dropped.

use std::{borrow::Cow, collections::VecDeque};

/// How many bytes may wait for one output. Lines beyond that are dropped.
const MAX_WAITING: usize = 256 << 10;

/// Writes the notice that this many lines were dropped, in the format of the output.
pub(super) type Notice = fn(u64) -> String;

/// A line, with the notice before it if there is one, and how much of it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    text: Cow<'a, [u8]>,
    written: usize,
    /// How many lines are lost with this piece: its own, and those that its notice is about.
    lines: u64,
}

/// Pieces that wait to be written, in the order in which they came.
#[derive(Debug)]
pub(super) struct Backlog {
    waiting: VecDeque<Piece<'static>>,
    bytes: usize,
    /// How many lines were dropped since the last notice.
    dropped: u64,
    notice: Option<Notice>,
    /// Whether only a part of the last line was written.
    incomplete: bool,
    /// Whether lines are being dropped because the backlog is full. It counts as full until it is half
    /// empty, so that there is not a notice after every other line.
    full: bool,
}

// === impl Piece ===

impl Piece<'_> {
    pub(super) fn rest(&self) -> &[u8] {
        &self.text[self.written..]
    }

    /// Records that this many more bytes are written.
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
    /// Without a notice, nothing is written about dropped lines.
    pub(super) fn new(notice: Option<Notice>) -> Self {
        Self {
            waiting: VecDeque::new(),
            bytes: 0,
            dropped: 0,
            notice,
            incomplete: false,
            full: false,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The line, after the notice of those that were dropped before it.
    pub(super) fn piece<'a>(&mut self, line: &'a [u8]) -> Piece<'a> {
        let lines = u64::from(!line.is_empty());
        let Some(notice) = self.notice.filter(|_| self.dropped > 0) else {
            return Piece { text: Cow::Borrowed(line), written: 0, lines };
        };
        let dropped = std::mem::take(&mut self.dropped);
        let text = [notice(dropped).as_bytes(), line].concat();
        Piece { text: Cow::Owned(text), written: 0, lines: lines + dropped }
    }

    /// The line as it is to be written now, when nothing waits. If the last line is incomplete, it is
    /// ended first.
    pub(super) fn piece_to_write<'a>(&mut self, line: &'a [u8]) -> Piece<'a> {
        let piece = self.piece(line);
        self.after_incomplete_line(piece)
    }

    fn after_incomplete_line<'a>(&mut self, mut piece: Piece<'a>) -> Piece<'a> {
        if std::mem::take(&mut self.incomplete) {
            piece.text.to_mut().insert(0, b'\n');
        }
        piece
    }

    /// The notice of lines that were dropped, if one is due.
    pub(super) fn pending_notice(&mut self) -> Option<Piece<'static>> {
        (self.dropped > 0 && self.notice.is_some()).then(|| self.piece_to_write(&[]))
    }

    /// Whether there is room for a line of this length. If not, the line counts as dropped.
    pub(super) fn has_room_for(&mut self, length: usize) -> bool {
        let limit = if self.full { MAX_WAITING / 2 } else { MAX_WAITING };
        self.full = self.bytes + length > limit;
        self.dropped += u64::from(self.full);
        !self.full
    }

    /// Adds a piece at the end. There is always room for the rest of a piece that is partly written, since
    /// nothing waits before it.
    pub(super) fn push(&mut self, piece: Piece<'_>) {
        self.bytes += piece.text.len();
        self.waiting.push_back(piece.into_owned());
    }

    /// Removes the next piece to write.
    pub(super) fn pop(&mut self) -> Option<Piece<'static>> {
        let piece = self.waiting.pop_front()?;
        self.bytes -= piece.text.len();
        Some(self.after_incomplete_line(piece))
    }

    /// Counts the piece as dropped, because the output has refused the rest of it.
    pub(super) fn discard(&mut self, piece: &Piece<'_>) {
        self.dropped += piece.lines;
        self.incomplete = piece.written > 0 || piece.text.starts_with(b"\n");
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
    fn a_line_is_not_copied_without_need() {
        assert!(matches!(backlog().piece(b"a\n").text, Cow::Borrowed(b"a\n")));
    }

    #[test]
    fn lines_keep_their_order() {
        let mut backlog = backlog();
        for line in ["a\n", "b\n"] {
            assert!(backlog.has_room_for(line.len()));
            let piece = backlog.piece(line.as_bytes()).into_owned();
            backlog.push(piece);
        }
        let all: Vec<String> =
            std::iter::from_fn(|| backlog.pop()).map(|piece| text(&piece)).collect();
        assert_eq!(all, ["a\n", "b\n"]);
        assert_eq!(backlog.bytes, 0);
    }

    #[test]
    fn a_notice_of_dropped_lines_comes_before_the_next_line() {
        let mut backlog = backlog();
        for _ in 0..3 {
            let piece = backlog.piece(b"a\n").into_owned();
            backlog.discard(&piece);
        }
        assert_eq!(text(&backlog.piece(b"b\n")), "3 dropped\nb\n");
        assert_eq!(text(&backlog.piece(b"c\n")), "c\n", "once");
    }

    #[test]
    fn a_dropped_notice_is_counted_with_its_line() {
        let mut backlog = backlog();
        for expected in ["a\n", "1 dropped\na\n", "2 dropped\na\n"] {
            let piece = backlog.piece(b"a\n").into_owned();
            assert_eq!(text(&piece), expected);
            backlog.discard(&piece);
        }
        assert_eq!(text(&backlog.pending_notice().expect("some")), "3 dropped\n");
        assert_eq!(backlog.pending_notice(), None);
    }

    #[test]
    fn an_incomplete_line_is_ended() {
        let mut backlog = backlog();
        let mut piece = backlog.piece(b"abc\n").into_owned();
        piece.advance(2);
        backlog.discard(&piece);
        let piece = backlog.piece_to_write(b"d\n").into_owned();
        assert_eq!(text(&piece), "\n1 dropped\nd\n");
        backlog.discard(&piece);
        let piece = backlog.piece_to_write(b"e\n").into_owned();
        assert_eq!(text(&piece), "\n2 dropped\ne\n", "its end is still to be written");
    }

    #[test]
    fn an_incomplete_line_is_ended_before_a_line_that_waits() {
        let mut backlog = Backlog::new(None);
        for line in [b"abc\n", b"def\n"] {
            let piece = backlog.piece(line).into_owned();
            backlog.push(piece);
        }
        let mut first = backlog.pop().expect("the first");
        first.advance(1);
        backlog.discard(&first);
        assert_eq!(text(&backlog.pop().expect("the second")), "\ndef\n");
    }

    #[test]
    fn the_backlog_is_bounded_and_the_rest_is_counted() {
        let (mut backlog, line) = (backlog(), [b'x'; 1000]);
        let mut admitted = 0;
        for _ in 0..1000 {
            if backlog.has_room_for(line.len()) {
                let piece = backlog.piece(&line).into_owned();
                backlog.push(piece);
                admitted += 1;
            }
        }
        assert_eq!(admitted, MAX_WAITING / line.len());
        assert_eq!(backlog.dropped, 1000 - admitted as u64);
        backlog.pop();
        assert!(!backlog.has_room_for(line.len()), "there is little room");
        while backlog.bytes > MAX_WAITING / 3 {
            backlog.pop();
        }
        assert!(backlog.has_room_for(line.len()), "there is plenty");
        assert!(text(&backlog.piece(&line)).starts_with(&format!("{} dropped\n", 1001 - admitted)));
    }

    #[test]
    fn without_a_notice_nothing_is_written() {
        let mut backlog = Backlog::new(None);
        let piece = backlog.piece(b"a\n").into_owned();
        backlog.discard(&piece);
        assert_eq!(text(&backlog.piece(b"b\n")), "b\n");
        assert_eq!(backlog.pending_notice(), None);
    }
}
