//! Where in its frames a client is: `h2` says nothing of a head before its end.

/// The length of what a connection begins with.
const PREFACE: usize = 24;
/// The length of what each frame begins with.
const FRAME_HEAD: usize = 9;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// The frames of a client, as far as they have come.
#[derive(Debug)]
pub(super) struct Frames {
    /// What is here of the next frame's beginning.
    beginning: [u8; FRAME_HEAD],
    here: usize,
    /// How many bytes are to come of what has begun.
    rest: usize,
    /// Whether these are a head's.
    is_head: bool,
    /// Whether a frame follows that goes on with the head.
    goes_on: bool,
    /// How long the head's frames are so far.
    length: usize,
}

impl Frames {
    pub(super) fn new() -> Self {
        let beginning = [0; FRAME_HEAD];
        Self { beginning, here: 0, rest: PREFACE, is_head: false, goes_on: false, length: 0 }
    }

    /// These bytes come next. Returns the stream of the first head that ends with them.
    pub(super) fn pass(&mut self, mut bytes: &[u8]) -> Option<u32> {
        let mut ended = None;
        while !bytes.is_empty() {
            if self.rest > 0 {
                let passed = self.rest.min(bytes.len());
                self.rest -= passed;
                bytes = &bytes[passed..];
            } else {
                let (some, others) = bytes.split_at(bytes.len().min(FRAME_HEAD - self.here));
                self.beginning[self.here..][..some.len()].copy_from_slice(some);
                self.here += some.len();
                bytes = others;
                if self.here < FRAME_HEAD {
                    break;
                }
                self.here = 0;
                self.begin();
            }
            if self.is_head && !self.goes_on && self.rest == 0 {
                self.is_head = false;
                ended = ended.or(Some(self.stream()));
            }
        }
        ended
    }

    fn begin(&mut self) {
        let [high, middle, low, kind, flags, ..] = self.beginning;
        self.rest = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        self.is_head = matches!(kind, HEADERS | CONTINUATION);
        self.goes_on = self.is_head && flags & END_HEADERS == 0;
        self.length = if kind == CONTINUATION { self.length + self.rest } else { self.rest };
    }

    fn stream(&self) -> u32 {
        let [.., a, b, c, d] = self.beginning;
        u32::from_be_bytes([a & 0x7f, b, c, d])
    }

    /// How long a head is so far that has begun and is not at its end.
    pub(super) fn open_head(&self) -> Option<usize> {
        self.is_head.then(|| self.length - self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        [&[0, 0, length, kind, flags, 0, 0, 1, 3], payload].concat()
    }

    #[test]
    fn a_head_is_open_from_its_first_frame_to_its_last_byte() {
        const DATA: u8 = 0;
        let whole = frame(HEADERS, END_HEADERS, b"fghi");
        let parts: [(&[u8], Option<usize>, Option<u32>); 10] = [
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", None, None),
            (&frame(4, 0, b"123456"), None, None),
            (&frame(HEADERS, 0, b"abc"), Some(3), None),
            (&frame(CONTINUATION, 0, b""), Some(3), None),
            (&frame(CONTINUATION, 0, b"de"), Some(5), None),
            (&frame(CONTINUATION, END_HEADERS, b""), None, Some(259)),
            (&frame(DATA, 0, b"\x01\x04\x09"), None, None),
            (&whole[..FRAME_HEAD + 2], Some(2), None),
            (&whole[FRAME_HEAD + 2..], None, Some(259)),
            (&frame(DATA, END_HEADERS, b"")[..3], None, None),
        ];
        for step in 1..=40 {
            let mut frames = Frames::new();
            for (part, open, ended) in &parts {
                let pass = |bytes: &[u8]| {
                    let ended = frames.pass(bytes);
                    assert!(ended.is_none() || frames.open_head().is_none());
                    ended
                };
                let said = part.chunks(step).filter_map(pass).last();
                assert_eq!((frames.open_head(), said), (*open, *ended), "{part:?} by {step}");
            }
        }
    }
}
