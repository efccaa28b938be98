//! Bytes become events.

use bytes::{Bytes, BytesMut};
use sockudo_ws::{
    Error,
    error::CloseReason,
    frame::{Frame, FrameParser, OpCode},
};

use super::{
    deflate::Deflate,
    event::{Event, Failure},
};
use crate::budget::{SMALL, UNKNOWN};

/// The largest message, inflated or not, in bytes.
pub(super) const MAX_MESSAGE: usize = 1 << 20;
/// How much is read at once.
const READ: usize = 4096;

/// Bytes become events, however they are parted.
pub(super) struct Reader {
    parser: FrameParser,
    unread: BytesMut,
    fragments: Option<Box<Fragments>>,
}

/// The beginning of a message whose end is yet to come.
#[derive(Debug)]
struct Fragments {
    text: bool,
    compressed: bool,
    data: BytesMut,
}

// === impl Reader ===

impl Reader {
    /// A reader of what follows these first bytes.
    pub(super) fn new(compressed: bool, first: &[u8]) -> Self {
        let mut parser = FrameParser::new(MAX_MESSAGE, true);
        parser.set_compression(compressed);
        // Copied: the rest would keep the whole buffer alive.
        Self { parser, unread: BytesMut::from(first), fragments: None }
    }

    /// The next event that is here in full.
    pub(super) fn next(&mut self) -> Result<Option<Event>, Failure> {
        while let Some(frame) = self.parser.parse(&mut self.unread)? {
            if let Some(event) = self.assemble(frame)? {
                return Ok(Some(event));
            }
        }
        self.check_length()?;
        if self.unread.is_empty() {
            // An idle socket holds no buffer.
            self.unread = BytesMut::new();
        }
        Ok(None)
    }

    fn begun(&self) -> usize {
        self.fragments.as_ref().map_or(0, |fragments| fragments.data.len())
    }

    /// A message that will be too long is refused before it is here.
    fn check_length(&self) -> Result<(), Failure> {
        let pending = self.parser.pending_payload();
        match pending.filter(|frame| frame.opcode == OpCode::Continuation) {
            Some(frame) if self.begun() + frame.total > MAX_MESSAGE => {
                Err(Error::MessageTooLarge.into())
            }
            _ => Ok(()),
        }
    }

    /// How long the frame is whose end is yet to come.
    fn pending(&self) -> usize {
        self.parser.pending_payload().map_or(0, |frame| frame.total)
    }

    /// Whether what has come is the beginning of something large, or of unknown size and more than
    /// a little, so that the rest must wait for its turn.
    pub(super) fn needs_turn(&self) -> bool {
        self.pending() > SMALL || self.begun() + self.unread.len() > UNKNOWN
    }

    /// Where further bytes belong.
    pub(super) fn room(&mut self) -> &mut BytesMut {
        // What is longer has its turn.
        let rest = self.pending().saturating_sub(self.unread.len());
        self.unread.reserve(if self.pending() > SMALL { rest } else { READ });
        &mut self.unread
    }

    /// An event, unless the frame is a part of a message that goes on.
    fn assemble(&mut self, frame: Frame) -> Result<Option<Event>, Failure> {
        let (last, compressed) = (frame.header.fin, frame.header.rsv1);
        match frame.header.opcode {
            OpCode::Ping => Ok(Some(Event::Ping(frame.payload))),
            OpCode::Pong => Ok(Some(Event::Pong)),
            OpCode::Close => close_code(&frame.payload).map(|code| Some(Event::Close(code))),
            OpCode::Continuation => self.continued(&frame.payload, last),
            _ if self.fragments.is_some() => {
                Err(Failure::Violation(1002, "expected a continuation"))
            }
            opcode => {
                let text = opcode == OpCode::Text;
                if last {
                    return message(text, compressed, frame.payload).map(Some);
                }
                let data = BytesMut::from(&frame.payload[..]);
                self.fragments = Some(Box::new(Fragments { text, compressed, data }));
                Ok(None)
            }
        }
    }

    fn continued(&mut self, payload: &[u8], last: bool) -> Result<Option<Event>, Failure> {
        let unexpected = Failure::Violation(1002, "unexpected continuation");
        let mut fragments = self.fragments.take().ok_or(unexpected)?;
        if fragments.data.len() + payload.len() > MAX_MESSAGE {
            return Err(Error::MessageTooLarge.into());
        }
        fragments.data.extend_from_slice(payload);
        if last {
            return message(fragments.text, fragments.compressed, fragments.data.freeze())
                .map(Some);
        }
        self.fragments = Some(fragments);
        Ok(None)
    }
}

/// A whole message, inflated. Text must be UTF-8 even though it is skipped.
fn message(text: bool, compressed: bool, data: Bytes) -> Result<Event, Failure> {
    let data = match compressed {
        true => Deflate::inflate(&data, MAX_MESSAGE)?,
        false => data,
    };
    match text {
        true if std::str::from_utf8(&data).is_err() => Err(Error::InvalidUtf8.into()),
        true => Ok(Event::Text),
        false => Ok(Event::Binary(data)),
    }
}

/// The code of a close frame, whose reason must be UTF-8.
fn close_code(payload: &[u8]) -> Result<Option<u16>, Failure> {
    match payload {
        [] => Ok(None),
        [_] => Err(Failure::Violation(1002, "close payload of one byte")),
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            if !CloseReason::is_valid_code(code) {
                return Err(Failure::Violation(1002, "invalid close code"));
            }
            std::str::from_utf8(reason).map_err(|_| Error::InvalidUtf8)?;
            Ok(Some(code))
        }
    }
}
