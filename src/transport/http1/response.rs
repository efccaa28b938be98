//! Writes the head of an answer.

use std::io::Write as _;

use http::{HeaderName, StatusCode, Version};

use crate::transport::{date::with_date, headers::allows_length};

/// The parts of a head that the connection decides.
#[derive(Debug, Clone, Copy)]
pub(super) struct ResponseHead {
    pub(super) version: Version,
    pub(super) status: StatusCode,
    /// Whether another request may follow.
    pub(super) keep_alive: bool,
    /// None if the body ends with the connection.
    pub(super) length: Option<usize>,
}

impl ResponseHead {
    /// Writes the status line. The headers follow.
    pub(super) fn write_start(&self, into: &mut Vec<u8>) {
        let version: &[u8] =
            if self.version == Version::HTTP_10 { b"HTTP/1.0 " } else { b"HTTP/1.1 " };
        into.extend_from_slice(version);
        into.extend_from_slice(self.status.as_str().as_bytes());
        into.push(b' ');
        match self.status.canonical_reason() {
            Some(reason) => into.extend_from_slice(reason.as_bytes()),
            // The reference's HTTP library writes this for a status without a name.
            None => {
                into.extend_from_slice(b"status code ");
                into.extend_from_slice(self.status.as_str().as_bytes());
            }
        }
        into.extend_from_slice(b"\r\n");
    }

    /// Writes the headers of the connection itself, and the end of the head.
    pub(super) fn write_end(&self, into: &mut Vec<u8>) {
        if let Some(length) = self.length.filter(|_| allows_length(self.status)) {
            let _ = write!(into, "Content-Length: {length}\r\n"); // Memory takes everything.
        }
        match (self.keep_alive, self.version) {
            _ if self.status == StatusCode::SWITCHING_PROTOCOLS => {}
            (false, _) => into.extend_from_slice(b"Connection: close\r\n"),
            (true, Version::HTTP_10) => into.extend_from_slice(b"Connection: keep-alive\r\n"),
            (true, _) => {}
        }
        into.extend_from_slice(b"Date: ");
        with_date(|date| into.extend_from_slice(date.as_bytes()));
        into.extend_from_slice(b"\r\n\r\n");
    }
}

/// Writes a header, with its name spelled as the reference does: a script may search for
/// `X-Lk-Mock-Region`.
pub(super) fn put_header(into: &mut Vec<u8>, name: &HeaderName, value: &[u8]) {
    let start = into.len();
    into.extend_from_slice(name.as_str().as_bytes());
    let mut starts_word = true;
    for byte in &mut into[start..] {
        if starts_word {
            byte.make_ascii_uppercase();
        }
        starts_word = *byte == b'-';
    }
    into.extend_from_slice(b": ");
    into.extend_from_slice(value);
    into.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(head: ResponseHead) -> String {
        let mut bytes = Vec::new();
        head.write_start(&mut bytes);
        head.write_end(&mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        let lines = text.split_inclusive("\r\n").filter(|line| !line.starts_with("Date: "));
        lines.collect()
    }

    #[test]
    fn has_a_length_and_says_whether_it_closes() {
        let head = ResponseHead {
            version: Version::HTTP_11,
            status: StatusCode::OK,
            keep_alive: true,
            length: Some(3),
        };
        assert_eq!(said(head), "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
        let closes = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n";
        assert_eq!(said(ResponseHead { keep_alive: false, ..head }), closes);
        let kept = "HTTP/1.0 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\n";
        assert_eq!(said(ResponseHead { version: Version::HTTP_10, ..head }), kept);
        let status = StatusCode::NO_CONTENT;
        assert_eq!(
            said(ResponseHead { status, length: Some(0), ..head }),
            "HTTP/1.1 204 No Content\r\n\r\n"
        );
        let status = StatusCode::from_u16(599).unwrap();
        assert!(
            said(ResponseHead { status, ..head }).starts_with("HTTP/1.1 599 status code 599\r\n")
        );
    }

    #[test]
    fn spells_names_as_the_reference_does() {
        let mut bytes = Vec::new();
        put_header(&mut bytes, &HeaderName::from_static("x-lk-mock-region"), b"0");
        assert_eq!(bytes, b"X-Lk-Mock-Region: 0\r\n");
    }
}
