//! HTTP/2 on one connection, on top of `h2`: hyper, which is on top of it too, hides how a stream is reset
//! and how a body breaks off.

mod answer;
mod body;
mod bounded;
mod breaks;
mod connection;
mod exchange;
mod frames;
mod intake;
mod stream;

pub(crate) use connection::serve;
