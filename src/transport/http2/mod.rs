//! HTTP/2 on one connection, on top of `h2`: hyper, which is on top of it too, hides how a stream is reset
//! and how a body breaks off.

mod answer;
mod body;
mod breaks;
mod connection;
mod exchange;
mod stream;
mod timed_heads;

pub(crate) use connection::serve;
