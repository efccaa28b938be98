//! Reads a request's body, with no more memory than its turn allows.

use bytes::{Buf as _, Bytes, BytesMut};
use http::{HeaderMap, Version, header, request::Parts};
use tokio::task::yield_now;

use super::{
    buffered_stream::{BufferedStream, StreamError},
    error::Malformed,
};
use crate::{
    body::{Body, BodyError, MAX_BODY},
    budget::{SMALL, UNSIZED_LIMIT},
};

/// The longest line of a chunked body, in bytes.
const MAX_LINE: usize = 4 << 10;
/// How many bytes all lines together may hold besides the chunks' sizes, for extensions and trailers.
const MAX_EXTRA: usize = 16 << 10;
/// The longest line that holds nothing but a chunk's size.
const PLAIN_LINE: usize = 18;

/// How a client marks the end of a body.
#[derive(Debug)]
pub(super) enum Framing {
    /// By `Content-Length`; this many bytes have not been read yet.
    Length(u64),
    Chunked(ChunkDecoder),
}

/// Decodes a chunked body as it comes.
#[derive(Debug, Default)]
pub(super) struct ChunkDecoder {
    state: ChunkState,
    extra: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum ChunkState {
    /// A chunk's size follows.
    #[default]
    Size,
    /// This many bytes of the chunk follow.
    Data(u64),
    /// The line end after a chunk follows.
    DataEnd,
    Trailers,
    End,
}

/// The body of the request that is being answered.
pub(super) struct RequestBody<'a> {
    pub(super) stream: &'a mut BufferedStream,
    pub(super) framing: &'a mut Framing,
    pub(super) expects_continue: &'a mut bool,
}

// === impl Framing ===

impl Framing {
    pub(super) fn of(parts: &Parts) -> Result<Self, Malformed> {
        if let Some(last) = parts.headers.get_all(header::TRANSFER_ENCODING).iter().next_back() {
            let last = last.to_str().unwrap_or_default().rsplit(',').next().unwrap_or_default();
            let chunked = last.trim().eq_ignore_ascii_case("chunked");
            if !chunked || parts.version == Version::HTTP_10 {
                return Err(Malformed::TransferEncoding);
            }
            return Ok(Self::Chunked(ChunkDecoder::default()));
        }
        length(&parts.headers).map(Self::Length)
    }

    pub(super) fn is_chunked(&self) -> bool {
        matches!(self, Self::Chunked(_))
    }

    pub(super) fn is_complete(&self) -> bool {
        match self {
            Self::Length(left) => *left == 0,
            Self::Chunked(chunks) => chunks.state == ChunkState::End,
        }
    }

    /// Whether the part that has not been read is known to be small.
    pub(super) fn remainder_is_small(&self) -> bool {
        matches!(self, Self::Length(left) if *left <= SMALL as u64)
    }

    /// Removes the part of the body that is in the buffer.
    pub(super) fn skip(&mut self, unread: &mut BytesMut) -> Result<(), BodyError> {
        match self {
            Self::Length(left) => {
                let here =
                    usize::try_from(*left).map_or(unread.len(), |left| left.min(unread.len()));
                unread.advance(here);
                *left -= here as u64;
                Ok(())
            }
            Self::Chunked(chunks) => chunks.decode(unread, |_| Ok(())),
        }
    }
}

/// The `Content-Length`. If the header is repeated, all of its values must be equal.
fn length(headers: &HeaderMap) -> Result<u64, Malformed> {
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter().map(|value| {
        let digits = value.as_bytes();
        let plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
        let number = plain.then(|| value.to_str().ok()?.parse().ok()).flatten();
        number.ok_or(Malformed::ContentLength)
    });
    let Some(first) = lengths.next().transpose()? else { return Ok(0) };
    for other in lengths {
        if other? != first {
            return Err(Malformed::ContentLength);
        }
    }
    Ok(first)
}

// === impl ChunkDecoder ===

impl ChunkDecoder {
    /// Removes chunks from the buffer, and calls `data` with their contents.
    pub(super) fn decode(
        &mut self,
        unread: &mut BytesMut,
        mut data: impl FnMut(&[u8]) -> Result<(), BodyError>,
    ) -> Result<(), BodyError> {
        loop {
            match self.state {
                ChunkState::Size => {
                    let Some(line) = self.line(unread)? else { return Ok(()) };
                    self.state = match chunk_size(&line)? {
                        0 => ChunkState::Trailers,
                        size => ChunkState::Data(size),
                    };
                }
                ChunkState::Data(left) => {
                    let here =
                        usize::try_from(left).map_or(unread.len(), |left| left.min(unread.len()));
                    if here == 0 {
                        return Ok(());
                    }
                    data(&unread[..here])?;
                    unread.advance(here);
                    let left = left - here as u64;
                    self.state =
                        if left == 0 { ChunkState::DataEnd } else { ChunkState::Data(left) };
                }
                ChunkState::DataEnd => {
                    let Some(line) = self.line(unread)? else { return Ok(()) };
                    if !line.is_empty() {
                        return Err(BodyError::Malformed);
                    }
                    self.state = ChunkState::Size;
                }
                ChunkState::Trailers => {
                    let Some(line) = self.line(unread)? else { return Ok(()) };
                    if line.is_empty() {
                        self.state = ChunkState::End;
                    }
                }
                ChunkState::End => return Ok(()),
            }
        }
    }

    /// Removes a line from the buffer, and returns it without its end. `None` if it has not come yet.
    fn line(&mut self, unread: &mut BytesMut) -> Result<Option<BytesMut>, BodyError> {
        let Some(end) = unread.iter().take(MAX_LINE).position(|byte| *byte == b'\n') else {
            let endless = unread.len() >= MAX_LINE;
            return if endless { Err(BodyError::Malformed) } else { Ok(None) };
        };
        self.extra += (end + 1).saturating_sub(PLAIN_LINE);
        let mut line = unread.split_to(end + 1);
        if self.extra > MAX_EXTRA || !line.ends_with(b"\r\n") {
            return Err(BodyError::Malformed);
        }
        line.truncate(end - 1);
        Ok(Some(line))
    }
}

/// The hexadecimal number before a chunk's extension.
fn chunk_size(line: &[u8]) -> Result<u64, BodyError> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii_end();
    let size = std::str::from_utf8(digits).ok().filter(|_| digits.len() <= 16);
    size.filter(|size| size.bytes().all(|digit| digit.is_ascii_hexdigit()))
        .and_then(|size| u64::from_str_radix(size, 16).ok())
        .ok_or(BodyError::Malformed)
}

// === impl BodyError ===

impl From<StreamError> for BodyError {
    fn from(error: StreamError) -> Self {
        match error {
            StreamError::Gone => Self::Gone,
            StreamError::Stalled => Self::Stalled,
        }
    }
}

// === impl RequestBody ===

impl Body for RequestBody<'_> {
    async fn read(&mut self) -> Result<Bytes, BodyError> {
        match self.framing {
            Framing::Length(0) => Ok(Bytes::new()),
            Framing::Length(length) => match usize::try_from(*length) {
                Ok(length) if length <= MAX_BODY => self.read_length(length).await,
                _ => Err(BodyError::TooLarge),
            },
            Framing::Chunked(_) => Box::pin(self.read_chunks()).await,
        }
    }
}

impl RequestBody<'_> {
    async fn read_length(&mut self, length: usize) -> Result<Bytes, BodyError> {
        // Nearly every body comes together with its head.
        let whole = match self.stream.unread.len() >= length {
            true => self.stream.unread.split_to(length),
            false => Box::pin(self.read_rest(length)).await?,
        };
        *self.framing = Framing::Length(0);
        Ok(whole.freeze())
    }

    async fn read_rest(&mut self, length: usize) -> Result<BytesMut, BodyError> {
        self.send_continue().await?;
        if length > SMALL {
            self.stream.turn(length).await?;
        }
        let mut whole = BytesMut::with_capacity(length);
        let read = self.stream.fill(&mut whole, length).await;
        *self.framing = Framing::Length((length - whole.len()) as u64);
        read?;
        if length > SMALL {
            // Decoding it will take time, so others come first.
            yield_now().await;
        }
        Ok(whole)
    }

    async fn read_chunks(&mut self) -> Result<Bytes, BodyError> {
        let mut whole = BytesMut::with_capacity(UNSIZED_LIMIT);
        while let Framing::Chunked(chunks) = &mut *self.framing {
            chunks.decode(&mut self.stream.unread, |data| {
                if whole.len() + data.len() > MAX_BODY {
                    return Err(BodyError::TooLarge);
                }
                whole.extend_from_slice(data);
                Ok(())
            })?;
            if self.framing.is_complete() {
                break;
            }
            self.send_continue().await?;
            let here = whole.len() + self.stream.unread.len();
            if self.stream.needs_turn(here) {
                self.stream.turn(MAX_BODY).await?;
            }
            self.stream.read_more(here).await?;
        }
        Ok(whole.freeze())
    }

    /// Asks a client that waits for it to send the body.
    async fn send_continue(&mut self) -> Result<(), BodyError> {
        if std::mem::take(self.expects_continue) && self.stream.unread.is_empty() {
            self.stream.send(b"HTTP/1.1 100 Continue\r\n\r\n", b"").await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contents of a chunked body that comes in pieces of this size, and whether it is complete.
    fn decoded(text: &str, piece: usize) -> Result<(String, bool), BodyError> {
        let (mut chunks, mut unread, mut whole) =
            (ChunkDecoder::default(), BytesMut::new(), Vec::new());
        for part in text.as_bytes().chunks(piece) {
            unread.extend_from_slice(part);
            chunks.decode(&mut unread, |data| {
                whole.extend_from_slice(data);
                Ok(())
            })?;
        }
        Ok((String::from_utf8(whole).expect("text"), chunks.state == ChunkState::End))
    }

    #[test]
    fn chunks_are_joined_whatever_the_size_of_the_reads() {
        let text = "3\r\nabc\r\n0A ;x=\"y\"\r\n0123456789\r\n000\r\nT: v\r\n\r\n";
        for piece in 1..=text.len() {
            assert_eq!(decoded(text, piece), Ok(("abc0123456789".to_owned(), true)), "{piece}");
        }
        assert_eq!(decoded("3\r\nab", 1), Ok(("ab".to_owned(), false)));
    }

    #[test]
    fn invalid_chunks_are_refused() {
        let long = "a".repeat(MAX_LINE);
        for text in [
            "zz\r\n",
            "-1\r\n",
            "+1\r\nx",
            "0x2\r\n",
            "\r\n",
            " 1\r\n",
            "1\nx\r\n",
            "2\r\nabc\r\n",
            "fffffffffffffffff\r\n",
            "1 1\r\n",
            &long,
            &format!("1;{long}\r\nx"),
            &format!("0\r\n{}", "T: 0123456789012345\r\n".repeat(MAX_EXTRA)),
            &format!("1;{}\r\nx\r\n", "x".repeat(100)).repeat(MAX_EXTRA / 80),
        ] {
            assert_eq!(decoded(text, 7), Err(BodyError::Malformed), "{text:.40}");
        }
    }

    #[test]
    fn skipping_leaves_what_follows() {
        for (mut framing, text) in [
            (Framing::Length(3), "abcGET"),
            (Framing::Chunked(ChunkDecoder::default()), "3\r\nabc\r\n0\r\n\r\nGET"),
        ] {
            let mut unread = BytesMut::from(text);
            assert_eq!(framing.skip(&mut unread), Ok(()));
            assert!(framing.is_complete());
            assert_eq!(unread, "GET");
        }
    }
}
