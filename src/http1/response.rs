//! An answer's head, as bytes.

use std::{
    cell::RefCell,
    time::{Duration, UNIX_EPOCH},
};

use http::{HeaderName, StatusCode, Version};

use crate::clock;

/// What a head says beside its headers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub(super) version: Version,
    pub(super) status: StatusCode,
    /// Whether another request may follow.
    pub(super) keeps: bool,
    pub(super) length: usize,
}

impl Form {
    /// The first line; the headers follow.
    pub(super) fn begin(&self, into: &mut Vec<u8>) {
        let version: &[u8] =
            if self.version == Version::HTTP_10 { b"HTTP/1.0 " } else { b"HTTP/1.1 " };
        into.extend_from_slice(version);
        into.extend_from_slice(self.status.as_str().as_bytes());
        into.push(b' ');
        match self.status.canonical_reason() {
            Some(reason) => into.extend_from_slice(reason.as_bytes()),
            // As the reference's HTTP library names a status that has no name.
            None => {
                into.extend_from_slice(b"status code ");
                into.extend_from_slice(self.status.as_str().as_bytes());
            }
        }
        into.extend_from_slice(b"\r\n");
    }

    /// What the connection itself has to say, behind the other headers.
    pub(super) fn end(&self, into: &mut Vec<u8>) {
        if self.has_length() {
            into.extend_from_slice(format!("Content-Length: {}\r\n", self.length).as_bytes());
        }
        match (self.keeps, self.version) {
            _ if self.status == StatusCode::SWITCHING_PROTOCOLS => {}
            (false, _) => into.extend_from_slice(b"Connection: close\r\n"),
            (true, Version::HTTP_10) => into.extend_from_slice(b"Connection: keep-alive\r\n"),
            (true, _) => {}
        }
        into.extend_from_slice(b"Date: ");
        put_date(into);
        into.extend_from_slice(b"\r\n\r\n");
    }

    /// Of these, a length would be that of an answer which is not sent.
    fn has_length(&self) -> bool {
        !self.status.is_informational()
            && !matches!(self.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    }
}

/// A header, spelled as the reference spells it: a script may look for X-Lk-Mock-Region.
pub(super) fn put_header(into: &mut Vec<u8>, name: &HeaderName, value: &[u8]) {
    let mut begins = true;
    for byte in name.as_str().bytes() {
        into.push(if begins { byte.to_ascii_uppercase() } else { byte });
        begins = byte == b'-';
    }
    into.extend_from_slice(b": ");
    into.extend_from_slice(value);
    into.extend_from_slice(b"\r\n");
}

/// Now, worked out once a second.
fn put_date(into: &mut Vec<u8>) {
    thread_local! {
        static DATE: RefCell<(u64, String)> = const { RefCell::new((0, String::new())) };
    }
    let now = clock::now().as_secs();
    DATE.with_borrow_mut(|(second, text)| {
        if *second != now || text.is_empty() {
            *second = now;
            *text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(now));
        }
        into.extend_from_slice(text.as_bytes());
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(form: Form) -> String {
        let mut bytes = Vec::new();
        form.begin(&mut bytes);
        form.end(&mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        let lines = text.split_inclusive("\r\n").filter(|line| !line.starts_with("Date: "));
        lines.collect()
    }

    #[test]
    fn says_how_it_ends() {
        let form =
            Form { version: Version::HTTP_11, status: StatusCode::OK, keeps: true, length: 3 };
        assert_eq!(said(form), "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
        let closes = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n";
        assert_eq!(said(Form { keeps: false, ..form }), closes);
        let kept = "HTTP/1.0 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\n";
        assert_eq!(said(Form { version: Version::HTTP_10, ..form }), kept);
        let status = StatusCode::NO_CONTENT;
        assert_eq!(said(Form { status, length: 0, ..form }), "HTTP/1.1 204 No Content\r\n\r\n");
        let status = StatusCode::from_u16(599).unwrap();
        assert!(said(Form { status, ..form }).starts_with("HTTP/1.1 599 status code 599\r\n"));
    }

    #[test]
    fn spells_names_as_the_reference_does() {
        let mut bytes = Vec::new();
        put_header(&mut bytes, &HeaderName::from_static("x-lk-mock-region"), b"0");
        assert_eq!(bytes, b"X-Lk-Mock-Region: 0\r\n");
    }
}
