//! HTTP/1 on one connection.
//!
//! It is written for this server, on top of `httparse`, because no HTTP library does all of this: heads
//! of any length (a token's metadata may be long), large requests that wait for their turn before they
//! are read, a reason for every refusal, and answers that break off as networks do.

mod answer;
mod body;
mod breaks;
mod buffered_stream;
mod connection;
mod error;
mod foreign;
mod head;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod invariants;
mod limits;
mod next_head;
mod response;
mod stream;

pub(crate) use connection::serve;
