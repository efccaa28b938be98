//! Turns bytes into events.

use bytes::{Bytes, BytesMut};
use sockudo_ws::{
    Error,
    error::CloseReason,
    frame::{Frame, FrameParser, OpCode},
};

use super::{
    deflate::Deflate,
    event::{Event, SocketError},
};
use crate::budget::{SMALL, UNSIZED_LIMIT};

/// The largest message, inflated or not, in bytes.
pub(super) const MAX_MESSAGE: usize = 1 << 20;
/// How much is read at once.
const READ: usize = 4096;

/// Turns bytes into events, whatever the size of the parts in which they come.
pub(super) struct Reader {
    parser: FrameParser,
    unread: BytesMut,
    fragments: Option<Box<Fragments>>,
}

/// The fragments of a message so far.
#[derive(Debug)]
struct Fragments {
    text: bool,
    compressed: bool,
    data: BytesMut,
}

// === impl Reader ===

impl Reader {
    /// A reader that begins with these bytes.
    pub(super) fn new(compressed: bool, read_ahead: &[u8]) -> Self {
        let mut parser = FrameParser::new(MAX_MESSAGE, true);
        parser.set_compression(compressed);
        // A copy, since a slice would keep the whole buffer alive.
        Self { parser, unread: BytesMut::from(read_ahead), fragments: None }
    }

    /// The next event, if it has come completely.
    pub(super) fn next(&mut self) -> Result<Option<Event>, SocketError> {
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

    /// The length of the fragments so far.
    fn fragments_length(&self) -> usize {
        self.fragments.as_ref().map_or(0, |fragments| fragments.data.len())
    }

    /// Refuses a message that will be too long before it has come.
    fn check_length(&self) -> Result<(), SocketError> {
        let pending = self.parser.pending_payload();
        match pending.filter(|frame| frame.opcode == OpCode::Continuation) {
            Some(frame) if self.fragments_length() + frame.total > MAX_MESSAGE => {
                Err(Error::MessageTooLarge.into())
            }
            _ => Ok(()),
        }
    }

    /// The length of the frame that has not come completely.
    fn pending_length(&self) -> usize {
        self.parser.pending_payload().map_or(0, |frame| frame.total)
    }

    /// Whether the rest of a message needs a turn: its frame is large, or its size is unknown and too
    /// much of it has come.
    pub(super) fn needs_turn(&self) -> bool {
        self.pending_length() > SMALL || self.fragments_length() + self.unread.len() > UNSIZED_LIMIT
    }

    /// The buffer for more bytes.
    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        // A large frame has its turn, so it may be read at once.
        let rest = self.pending_length().saturating_sub(self.unread.len());
        self.unread.reserve(if self.pending_length() > SMALL { rest } else { READ });
        &mut self.unread
    }

    /// The event of a frame, unless it is a fragment that others follow.
    fn assemble(&mut self, frame: Frame) -> Result<Option<Event>, SocketError> {
        let (last, compressed) = (frame.header.fin, frame.header.rsv1);
        match frame.header.opcode {
            OpCode::Ping => Ok(Some(Event::Ping(frame.payload))),
            OpCode::Pong => Ok(Some(Event::Pong)),
            OpCode::Close => close_code(&frame.payload).map(|code| Some(Event::Close(code))),
            OpCode::Continuation => self.continued(&frame.payload, last),
            _ if self.fragments.is_some() => {
                Err(SocketError::Violation(1002, "expected a continuation"))
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

    fn continued(&mut self, payload: &[u8], last: bool) -> Result<Option<Event>, SocketError> {
        let unexpected = SocketError::Violation(1002, "unexpected continuation");
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

/// The event of a whole message. Text must be UTF-8, although it is skipped.
fn message(text: bool, compressed: bool, data: Bytes) -> Result<Event, SocketError> {
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
fn close_code(payload: &[u8]) -> Result<Option<u16>, SocketError> {
    match payload {
        [] => Ok(None),
        [_] => Err(SocketError::Violation(1002, "close payload of one byte")),
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            if !CloseReason::is_valid_code(code) {
                return Err(SocketError::Violation(1002, "invalid close code"));
            }
            std::str::from_utf8(reason).map_err(|_| Error::InvalidUtf8)?;
            Ok(Some(code))
        }
    }
}
