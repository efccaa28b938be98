//! Why a head is refused, and the answer.

use std::fmt;

use bytes::Bytes;
use http::StatusCode;

use super::{
    buffered_stream::StreamError,
    foreign::ForeignProtocol,
    limits::{MAX_HEAD, MAX_LINES},
};
use crate::{
    outcome::{Content, Reply},
    transport::limits::HEAD_TIMEOUT,
};

/// Why a head is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeadError {
    Malformed(Malformed),
    TooLong,
    TooManyLines,
    /// It did not end in time.
    Late,
    /// The client stalled while others waited for their turn.
    Stalled,
}

/// What is wrong with a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Malformed {
    Foreign(ForeignProtocol),
    Garbage,
    Method,
    Target,
    Version,
    /// The header line of this number, from 1.
    Header(usize),
    Host,
    ContentLength,
    TransferEncoding,
    /// The connection ended before it did.
    Ended,
}

impl From<Malformed> for HeadError {
    fn from(fault: Malformed) -> Self {
        Self::Malformed(fault)
    }
}

impl From<StreamError> for HeadError {
    fn from(error: StreamError) -> Self {
        match error {
            StreamError::Gone => Malformed::Ended.into(),
            StreamError::Stalled => Self::Stalled,
        }
    }
}

impl HeadError {
    fn status(self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::TooLong | Self::TooManyLines => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Late | Self::Stalled => StatusCode::REQUEST_TIMEOUT,
        }
    }

    pub(super) fn reply(self) -> Reply {
        Reply::new(self.status(), Content::Text, Bytes::from(self.to_string()))
    }
}

impl fmt::Display for HeadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(fault) => fault.fmt(formatter),
            Self::TooLong => {
                write!(formatter, "the request's head is larger than {} MiB", MAX_HEAD >> 20)
            }
            Self::TooManyLines => {
                write!(formatter, "the request's head has more than {MAX_LINES} lines")
            }
            Self::Late => write!(
                formatter,
                "the request's head did not end within {} s",
                HEAD_TIMEOUT.as_secs()
            ),
            Self::Stalled => formatter.write_str(
                "the request's head stalled while other large requests waited for their turn",
            ),
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Foreign(ForeignProtocol { name, advice }) => {
                return write!(formatter, "this is {name}, not an HTTP/1.1 request; {advice}");
            }
            Self::Header(line) => {
                return write!(
                    formatter,
                    "header line {line} of the request is not valid: it must be a name, a colon and a \
                     value without control characters"
                );
            }
            Self::Garbage => {
                "this is not an HTTP/1.1 request: its first line must be a method, a path and HTTP/1.1"
            }
            Self::Method => "the request's method is not a word",
            Self::Target => {
                "the path of the request line holds a character that must be percent-encoded"
            }
            Self::Version => {
                "the request line must end in HTTP/1.1 or HTTP/1.0, and its path must hold no spaces"
            }
            Self::Host => "an HTTP/1.1 request must have one Host header",
            Self::ContentLength => "Content-Length must be one number of bytes",
            Self::TransferEncoding => "Transfer-Encoding must end in chunked, and needs HTTP/1.1",
            Self::Ended => "the connection ended before the request's head did",
        };
        formatter.write_str(text)
    }
}
