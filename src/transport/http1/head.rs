//! Parses a request's head.

use std::mem::MaybeUninit;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version, header, request::Parts,
};
use memchr::memchr;

use super::{
    body::Framing,
    error::{HeadError, Malformed},
    foreign,
    limits::MAX_LINES,
};
use crate::{
    target::{LongTarget, MAX_URI},
    transport::limits::LINE_MEMORY,
};

/// A head of at most this many lines is parsed without an allocation.
const FEW_LINES: usize = 64;

/// A valid head.
pub(super) struct Head {
    pub(super) parts: Parts,
    pub(super) framing: Framing,
    /// Whether another request may follow on the connection.
    pub(super) keep_alive: bool,
    /// Whether the client waits for `100 Continue` before it sends the body.
    pub(super) expects_continue: bool,
}

/// The length of the head, if the bytes hold it to its end. The first `from` bytes have been searched
/// before.
pub(super) fn find_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from.saturating_sub(3);
    while let Some(next) = memchr(b'\n', &bytes[at..]) {
        at += next + 1;
        match bytes[at..] {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
    None
}

/// How much memory a head needs once it is parsed.
pub(super) fn memory(head: &[u8]) -> usize {
    head.len() + LINE_MEMORY * lines(head)
}

fn lines(head: &[u8]) -> usize {
    head.iter().map(|byte| usize::from(*byte == b'\n')).sum()
}

/// The error in an incomplete head, if it has one already.
pub(super) fn early_error(bytes: &[u8]) -> Option<HeadError> {
    let mut room = [MaybeUninit::uninit(); FEW_LINES];
    match httparse::Request::new(&mut []).parse_with_uninit_headers(bytes, &mut room) {
        Ok(_) | Err(httparse::Error::TooManyHeaders) => None,
        Err(error) => Some(self::error(bytes, error)),
    }
}

/// Parses a complete head.
pub(super) fn read(head: &Bytes) -> Result<Head, HeadError> {
    let mut room = [MaybeUninit::uninit(); FEW_LINES];
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(head, &mut room) {
        Ok(_) => to_head(head, &request),
        Err(httparse::Error::TooManyHeaders) => {
            let lines = lines(head);
            if lines > MAX_LINES {
                return Err(HeadError::TooManyLines);
            }
            let mut room = vec![httparse::EMPTY_HEADER; lines];
            let mut request = httparse::Request::new(&mut room);
            match request.parse(head) {
                Ok(_) => to_head(head, &request),
                Err(error) => Err(self::error(head, error)),
            }
        }
        Err(error) => Err(self::error(head, error)),
    }
}

fn to_head(head: &Bytes, request: &httparse::Request<'_, '_>) -> Result<Head, HeadError> {
    let mut parts = Request::new(()).into_parts().0;
    let (Some(method), Some(target), Some(version)) =
        (request.method, request.path, request.version)
    else {
        return Err(Malformed::Garbage.into());
    };
    parts.method = Method::from_bytes(method.as_bytes()).map_err(|_| Malformed::Method)?;
    parts.version = if version == 0 { Version::HTTP_10 } else { Version::HTTP_11 };
    put_target(&mut parts, head.slice_ref(target.as_bytes()))?;
    parts.headers = HeaderMap::with_capacity(request.headers.len());
    for (line, header) in request.headers.iter().enumerate() {
        let name = HeaderName::from_bytes(header.name.as_bytes());
        let value = HeaderValue::from_maybe_shared(head.slice_ref(header.value));
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(Malformed::Header(line + 1).into());
        };
        parts.headers.try_append(name, value).map_err(|_| HeadError::TooManyLines)?;
    }
    let framing = Framing::of(&parts)?;
    check_host(&parts)?;
    // The body's length is given in both ways. Such a request may be an attempt at smuggling another
    // one, so no request may follow it.
    let ambiguous = framing.is_chunked() && parts.headers.contains_key(header::CONTENT_LENGTH);
    Ok(Head {
        keep_alive: keep_alive(&parts) && !ambiguous,
        expects_continue: parts.version == Version::HTTP_11
            && parts
                .headers
                .get(header::EXPECT)
                .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue")),
        parts,
        framing,
    })
}

/// Since HTTP/1.1, the reference's HTTP library requires exactly one `Host`.
fn check_host(parts: &Parts) -> Result<(), Malformed> {
    let hosts = parts.headers.get_all(header::HOST).iter().count();
    if hosts == 1 || hosts == 0 && parts.version == Version::HTTP_10 {
        return Ok(());
    }
    Err(Malformed::Host)
}

fn put_target(parts: &mut Parts, target: Bytes) -> Result<(), HeadError> {
    if target.len() <= MAX_URI {
        parts.uri = Uri::from_maybe_shared(target).map_err(|_| Malformed::Target)?;
        return Ok(());
    }
    let long = LongTarget::read(&target).ok_or(Malformed::Target)?;
    parts.extensions.insert(long);
    Ok(())
}

fn keep_alive(parts: &Parts) -> bool {
    let says = |token: &str| {
        let values = parts.headers.get_all(header::CONNECTION).iter();
        let mut tokens =
            values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        tokens.any(|said| said.trim().eq_ignore_ascii_case(token))
    };
    !says("close") && (parts.version == Version::HTTP_11 || says("keep-alive"))
}

fn error(head: &[u8], error: httparse::Error) -> HeadError {
    if let Some(protocol) = foreign::detect(head) {
        return Malformed::Foreign(protocol).into();
    }
    match error {
        httparse::Error::Version => Malformed::Version.into(),
        httparse::Error::TooManyHeaders => HeadError::TooManyLines,
        httparse::Error::Token if looks_like_http(head) => Malformed::Target.into(),
        httparse::Error::Token => Malformed::Garbage.into(),
        _ => Malformed::Header(faulty_line(head)).into(),
    }
}

/// Whether the head begins with a method.
fn looks_like_http(head: &[u8]) -> bool {
    let word = head.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    (1..20).contains(&word) && head.get(word) == Some(&b' ')
}

/// The number of the first header line that is not valid, counted from 1.
fn faulty_line(head: &[u8]) -> usize {
    let is_name = |byte: &u8| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(byte);
    let is_fine = |line: &[u8]| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let name = line.iter().take_while(|byte| is_name(byte)).count();
        let value = line.get(name + 1..).unwrap_or_default();
        let is_text = |byte: &u8| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f);
        line.is_empty() || (name > 0 && line.get(name) == Some(&b':') && value.iter().all(is_text))
    };
    let mut lines = head.split(|byte| *byte == b'\n').skip(1);
    lines.position(|line| !is_fine(line)).map_or(1, |place| place + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        match read(&Bytes::copy_from_slice(text.as_bytes())) {
            Ok(_) => "fine".to_owned(),
            Err(refusal) => refusal.to_string(),
        }
    }

    #[test]
    fn lines_may_end_with_or_without_a_carriage_return() {
        for text in ["GET / HTTP/1.1\r\nHost: b\r\n\r\nrest", "GET / HTTP/1.1\nHost: b\n\nrest"] {
            let bytes = text.as_bytes();
            let length = find_end(bytes, 0).expect(text);
            assert_eq!(&bytes[length..], b"rest");
            for end in 0..length {
                assert_eq!(find_end(&bytes[..end], 0), None, "{end}");
                // The search may continue where it stopped.
                assert_eq!(find_end(bytes, end), Some(length));
            }
        }
    }

    #[test]
    fn names_what_is_wrong() {
        for (text, part) in [
            ("GET / HTTP/9.9\r\n\r\n", "HTTP/1.1"),
            ("GET / x HTTP/1.1\r\n\r\n", "HTTP/1.1"),
            ("GET /\u{1} HTTP/1.1\r\n\r\n", "the path"),
            ("nonsense\r\n\r\n", "not an HTTP"),
            ("GET / HTTP/1.1\r\nA: b\r\nbroken\r\n\r\n", "header line 2"),
            ("GET / HTTP/1.1\r\nA b: c\r\n\r\n", "header line 1"),
            ("GET / HTTP/1.1\r\nA: \u{1}\r\n\r\n", "header line 1"),
            ("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "Content-Length"),
            ("GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", "Content-Length"),
            ("GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "Transfer-Encoding"),
            ("GET / HTTP/1.1\r\nA: b\r\n\r\n", "one Host"),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "one Host"),
            ("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding"),
        ] {
            assert!(said(text).contains(part), "{text:?}: {}", said(text));
        }
    }

    #[test]
    fn many_lines_are_read_and_too_many_are_not() {
        let with = |lines| format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(lines));
        assert_eq!(said(&with(FEW_LINES + 1)), "fine");
        assert_eq!(said(&with(MAX_LINES - 3)), "fine");
        assert!(said(&with(MAX_LINES + 1)).contains("8192"));
    }

    #[test]
    fn a_target_may_be_longer_than_a_uri_of_the_library() {
        let query = "x".repeat(MAX_URI + 1);
        let head =
            read(&format!("GET /rtc?{query} HTTP/1.1\r\nHost: x\r\n\r\n").into()).ok().unwrap();
        assert_eq!(crate::target::path(&head.parts), "/rtc");
        assert_eq!(crate::target::query(&head.parts), query);
    }

    #[test]
    fn a_connection_is_kept_as_asked() {
        for (text, kept) in [
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nHost: x\r\nConnection: x, Close\r\n\r\n", false),
            ("GET / HTTP/1.0\r\n\r\n", false),
            ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true),
            (
                "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                false,
            ),
        ] {
            assert_eq!(read(&text.into()).ok().unwrap().keep_alive, kept, "{text:?}");
        }
    }
}
