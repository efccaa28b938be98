//! A request's body: how long it is, and how it is read without more memory than it may take.

use bytes::{Buf as _, Bytes, BytesMut};
use http::{HeaderMap, Version, header, request::Parts};
use tokio::task::yield_now;

use super::{
    error::Malformed,
    wire::{Cut, Wire},
};
use crate::{
    body::{Body, BodyError, MAX_BODY},
    budget::{SMALL, UNKNOWN},
};

/// The longest line of a chunked body, and what all of them may hold beside the chunks' sizes.
const MAX_LINE: usize = 4 << 10;
const MAX_EXTRA: usize = 16 << 10;
/// A chunk's size and its line's end.
const PLAIN_LINE: usize = 18;

/// How the end of a body is told.
#[derive(Debug)]
pub(super) enum Framing {
    /// So many bytes are still to come.
    Length(u64),
    Chunked(Chunks),
}

/// A chunked body, as far as it has been read.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    place: Place,
    extra: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A chunk's size comes next.
    #[default]
    Size,
    /// So many bytes of the chunk are left.
    Data(u64),
    /// The line's end behind a chunk.
    DataEnd,
    Trailers,
    End,
}

/// The body of the request that is being answered.
pub(super) struct Unread<'a> {
    pub(super) wire: &'a mut Wire,
    pub(super) framing: &'a mut Framing,
    pub(super) expects: &'a mut bool,
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
            return Ok(Self::Chunked(Chunks::default()));
        }
        length(&parts.headers).map(Self::Length)
    }

    pub(super) fn is_chunked(&self) -> bool {
        matches!(self, Self::Chunked(_))
    }

    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Length(left) => *left == 0,
            Self::Chunked(chunks) => chunks.place == Place::End,
        }
    }

    /// Whether what is left of it is known to be little.
    pub(super) fn is_nearly_over(&self) -> bool {
        matches!(self, Self::Length(left) if *left <= SMALL as u64)
    }

    /// Takes what is here of it and forgets it.
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

/// One number, or the same number again.
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

// === impl Chunks ===

impl Chunks {
    /// Hands over the data that is here, in parts, and takes it away with all that parts it.
    pub(super) fn decode(
        &mut self,
        unread: &mut BytesMut,
        mut data: impl FnMut(&[u8]) -> Result<(), BodyError>,
    ) -> Result<(), BodyError> {
        loop {
            match self.place {
                Place::Size => {
                    let Some(line) = self.line(unread)? else { return Ok(()) };
                    self.place = match chunk_size(&line)? {
                        0 => Place::Trailers,
                        size => Place::Data(size),
                    };
                }
                Place::Data(left) => {
                    let here =
                        usize::try_from(left).map_or(unread.len(), |left| left.min(unread.len()));
                    if here == 0 {
                        return Ok(());
                    }
                    data(&unread[..here])?;
                    unread.advance(here);
                    let left = left - here as u64;
                    self.place = if left == 0 { Place::DataEnd } else { Place::Data(left) };
                }
                Place::DataEnd => {
                    let Some(line) = self.line(unread)? else { return Ok(()) };
                    if !line.is_empty() {
                        return Err(BodyError::Malformed);
                    }
                    self.place = Place::Size;
                }
                Place::Trailers => {
                    let Some(line) = self.line(unread)? else { return Ok(()) };
                    if line.is_empty() {
                        self.place = Place::End;
                    }
                }
                Place::End => return Ok(()),
            }
        }
    }

    /// Takes a line without its end, if it is here.
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

/// What stands before a chunk's extension, in hexadecimal.
fn chunk_size(line: &[u8]) -> Result<u64, BodyError> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii_end();
    let size = std::str::from_utf8(digits).ok().filter(|_| digits.len() <= 16);
    size.filter(|size| size.bytes().all(|digit| digit.is_ascii_hexdigit()))
        .and_then(|size| u64::from_str_radix(size, 16).ok())
        .ok_or(BodyError::Malformed)
}

// === impl BodyError ===

impl From<Cut> for BodyError {
    fn from(cut: Cut) -> Self {
        match cut {
            Cut::Gone => Self::Gone,
            Cut::Stalled => Self::Stalled,
        }
    }
}

// === impl Unread ===

impl Body for Unread<'_> {
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

impl Unread<'_> {
    async fn read_length(&mut self, length: usize) -> Result<Bytes, BodyError> {
        // Nearly every body has come with its head.
        let whole = match self.wire.unread.len() >= length {
            true => self.wire.unread.split_to(length),
            false => Box::pin(self.read_rest(length)).await?,
        };
        *self.framing = Framing::Length(0);
        Ok(whole.freeze())
    }

    async fn read_rest(&mut self, length: usize) -> Result<BytesMut, BodyError> {
        self.invite().await?;
        if length > SMALL {
            self.wire.turn(length).await?;
        }
        let mut whole = BytesMut::with_capacity(length);
        let read = self.wire.fill(&mut whole, length).await;
        *self.framing = Framing::Length((length - whole.len()) as u64);
        read?;
        if length > SMALL {
            // Others come first: it will take its time to decode.
            yield_now().await;
        }
        Ok(whole)
    }

    async fn read_chunks(&mut self) -> Result<Bytes, BodyError> {
        let mut whole = BytesMut::with_capacity(UNKNOWN);
        while let Framing::Chunked(chunks) = &mut *self.framing {
            chunks.decode(&mut self.wire.unread, |data| {
                if whole.len() + data.len() > MAX_BODY {
                    return Err(BodyError::TooLarge);
                }
                whole.extend_from_slice(data);
                Ok(())
            })?;
            if self.framing.is_over() {
                break;
            }
            self.invite().await?;
            let here = whole.len() + self.wire.unread.len();
            if self.wire.needs_turn(here) {
                self.wire.turn(MAX_BODY).await?;
            }
            self.wire.more(here).await?;
        }
        Ok(whole.freeze())
    }

    /// Tells a client that waits for a word to send its body.
    async fn invite(&mut self) -> Result<(), BodyError> {
        if std::mem::take(self.expects) && self.wire.unread.is_empty() {
            self.wire.send(b"HTTP/1.1 100 Continue\r\n\r\n", b"").await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a chunked body says, given in pieces of this size.
    fn decoded(text: &str, piece: usize) -> Result<(String, bool), BodyError> {
        let (mut chunks, mut unread, mut whole) = (Chunks::default(), BytesMut::new(), Vec::new());
        for part in text.as_bytes().chunks(piece) {
            unread.extend_from_slice(part);
            chunks.decode(&mut unread, |data| {
                whole.extend_from_slice(data);
                Ok(())
            })?;
        }
        Ok((String::from_utf8(whole).expect("text"), chunks.place == Place::End))
    }

    #[test]
    fn chunks_are_put_together_however_they_are_parted() {
        let text = "3\r\nabc\r\n0A ;x=\"y\"\r\n0123456789\r\n000\r\nT: v\r\n\r\n";
        for piece in 1..=text.len() {
            assert_eq!(decoded(text, piece), Ok(("abc0123456789".to_owned(), true)), "{piece}");
        }
        assert_eq!(decoded("3\r\nab", 1), Ok(("ab".to_owned(), false)));
    }

    #[test]
    fn what_is_no_chunk_is_refused() {
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
    fn what_is_skipped_leaves_what_follows() {
        for (mut framing, text) in [
            (Framing::Length(3), "abcGET"),
            (Framing::Chunked(Chunks::default()), "3\r\nabc\r\n0\r\n\r\nGET"),
        ] {
            let mut unread = BytesMut::from(text);
            assert_eq!(framing.skip(&mut unread), Ok(()));
            assert!(framing.is_over());
            assert_eq!(unread, "GET");
        }
    }
}
