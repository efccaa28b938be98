//! One WebSocket over an upgraded TCP stream. Nothing is answered behind the caller's back: every
//! message is handed over, and the scenario decides. Framing, negotiation and compression are
//! `sockudo-ws`; the reading loop and the ways to end are here.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, header};
use sockudo_ws::{
    Error,
    deflate::{
        DeflateConfig, DeflateDecoder, DeflateEncoder, DeflateWindowBits, negotiate_server_deflate,
    },
    error::CloseReason,
    frame::{Frame, FrameParser, OpCode, encode_frame_with_rsv},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::coop::consume_budget,
    time::timeout,
};

use crate::{
    budget::{Budget, SMALL, Turn, UNKNOWN},
    http1::Upgraded,
};

/// The largest message, inflated or not, in bytes.
pub(super) const MAX_MESSAGE: usize = 1 << 20;
/// How much is read at once.
const READ: usize = 4096;
/// How long a peer may leave a message unread before the connection ends.
const WRITE_TIME: Duration = Duration::from_secs(10);
/// How long a peer may take to end its side.
const LINGER: Duration = Duration::from_secs(1);
/// A message shorter than this is not worth compressing.
const COMPRESSION_THRESHOLD: usize = 32;

/// Something that the client sent.
#[derive(Debug)]
pub(super) enum Event {
    Text,
    Binary(Bytes),
    Ping(Bytes),
    Pong,
    /// A close frame and its code, if it has one.
    Close(Option<u16>),
}

/// Why nothing more can be read or written.
#[derive(Debug)]
pub(super) enum Failure {
    /// The client broke the protocol: the code and reason to close with.
    Violation(u16, &'static str),
    /// The connection is gone, or its reader is stuck.
    Gone,
}

/// permessage-deflate as it was agreed on in the handshake.
#[derive(Debug)]
pub(super) struct Deflate {
    /// The value of `Sec-WebSocket-Extensions` in the answer.
    pub(super) header: HeaderValue,
    /// Whether this side compresses. The encoder that all sockets share has a full window: a client
    /// that asks for a smaller one gets plain frames.
    compress: bool,
}

pub(super) struct Socket {
    stream: TcpStream,
    reader: Reader,
    compress: bool,
    budget: Budget,
    /// Of a large message that has not come to its end.
    turn: Option<Arc<Turn>>,
}

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

// Neither side keeps context from message to message, so one of each serves every socket of the
// thread, and an idle socket holds no window.
thread_local! {
    static ENCODER: RefCell<DeflateEncoder> = RefCell::new(DeflateEncoder::new(
        DeflateWindowBits::Bits15, true, 1, COMPRESSION_THRESHOLD,
    ));
    static DECODER: RefCell<DeflateDecoder> =
        RefCell::new(DeflateDecoder::new(DeflateWindowBits::Bits15, true));
}

// === impl Deflate ===

impl Deflate {
    /// Agrees to the first offer that can be had without context takeover.
    pub(super) fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let ours = DeflateConfig {
            server_no_context_takeover: true,
            client_no_context_takeover: true,
            ..DeflateConfig::default()
        };
        let offers = headers.get_all(header::SEC_WEBSOCKET_EXTENSIONS).iter();
        offers.filter_map(|offers| offers.to_str().ok()).find_map(|offers| {
            let agreed = negotiate_server_deflate(offers, &ours)?;
            Some(Self {
                header: HeaderValue::try_from(agreed.to_response_header()).ok()?,
                compress: agreed.config.server_max_window_bits == DeflateWindowBits::Bits15,
            })
        })
    }
}

// === impl Failure ===

impl From<io::Error> for Failure {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::FrameTooLarge | Error::MessageTooLarge => {
                Self::Violation(1009, "message too big")
            }
            Error::InvalidUtf8 => Self::Violation(1007, "invalid UTF-8"),
            Error::Compression(_) => Self::Violation(1007, "undecodable compressed message"),
            Error::Protocol(why) | Error::InvalidFrame(why) => Self::Violation(1002, why),
            _ => Self::Violation(1002, "protocol error"),
        }
    }
}

// === impl Socket ===

impl Socket {
    /// The socket of a connection that HTTP has let go of.
    pub(super) fn new(upgraded: Upgraded, deflate: Option<&Deflate>) -> Self {
        Self {
            stream: upgraded.stream,
            reader: Reader::new(deflate.is_some(), &upgraded.first),
            compress: deflate.is_some_and(|deflate| deflate.compress),
            budget: upgraded.budget,
            turn: None,
        }
    }

    /// The next thing that the client sends. Can be given up at any time and called again.
    pub(super) async fn next(&mut self) -> Result<Event, Failure> {
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

    /// Nothing is allocated until something is there.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Result<usize, Failure>> {
        loop {
            ready!(self.stream.poll_read_ready(context))?;
            return Poll::Ready(match self.stream.try_read_buf(self.reader.room()) {
                Ok(0) => Err(Failure::Gone),
                Ok(read) => Ok(read),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(error) => Err(error.into()),
            });
        }
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
    pub(super) async fn left(&self) {
        // The one interest that an end of reading wakes, and what there is to read does not.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let _ = self.stream.ready(tokio::io::Interest::PRIORITY).await;
        // Elsewhere there is none: the next read finds out.
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        std::future::pending::<()>().await;
    }

    /// Sends a binary message, compressed where that was agreed on and pays.
    pub(super) async fn send(&mut self, message: &[u8]) -> Result<(), Failure> {
        let compressed = self
            .compress
            .then(|| ENCODER.with_borrow_mut(|encoder| encoder.compress(message)).ok().flatten())
            .flatten();
        let payload = compressed.as_deref().unwrap_or(message);
        self.write(OpCode::Binary, payload, compressed.is_some()).await
    }

    pub(super) async fn pong(&mut self, payload: &[u8]) -> Result<(), Failure> {
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
    pub(super) async fn close(mut self, code: Option<u16>, reason: &str) {
        let payload = code.map(|code| Frame::close(code, reason).payload).unwrap_or_default();
        let written = timeout(LINGER, self.write(OpCode::Close, &payload, false)).await;
        if matches!(written, Ok(Ok(()))) {
            self.end().await;
        }
    }

    /// Ends TCP in order and without a close frame. What is unread is read first: it would turn the
    /// end into a reset, and the client might lose what was sent before.
    pub(super) async fn end(mut self) {
        let drained = async {
            self.stream.shutdown().await?;
            let mut sink = [0; 512];
            while self.stream.read(&mut sink).await? > 0 {}
            io::Result::Ok(())
        };
        // A client that does not end its side is left.
        let _ = timeout(LINGER, drained).await;
    }

    /// Ends TCP with a RST.
    pub(super) fn reset(self) {
        // Where the system refuses, the drop ends the connection in order.
        let _ = self.stream.set_zero_linger();
    }
}

// === impl Reader ===

impl Reader {
    /// A reader of what follows these first bytes.
    pub(super) fn new(compressed: bool, first: &[u8]) -> Self {
        let mut parser = FrameParser::new(MAX_MESSAGE, true);
        parser.set_compression(compressed);
        // Copied: the rest would keep hyper's whole buffer alive.
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
    fn needs_turn(&self) -> bool {
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
        true => DECODER.with_borrow_mut(|decoder| decoder.decompress(&data, MAX_MESSAGE))?,
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
