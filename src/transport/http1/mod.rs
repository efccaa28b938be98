//! HTTP/1 on one connection: request by request, head, body and answer.
//!
//! Written for this server, on `httparse`: a head may be as long as a token's metadata makes it, what
//! is large waits for its turn before it is read, whatever is refused is told why, and an answer may
//! end in more ways than an HTTP library knows.

mod answer;
mod body;
mod breaks;
mod connection;
mod error;
mod foreign;
mod head;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod invariants;
mod limits;
mod log;
mod next_head;
mod response;
mod wire;

pub(crate) use connection::serve;
#[cfg(test)]
pub(crate) use limits::HEAD_TIMEOUT;
