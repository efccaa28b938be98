//! Reads requests from connections, and writes their outcomes.

mod bind;
mod call_log;
mod connection;
mod date;
mod handover;
mod headers;
pub(crate) mod http1;
#[cfg(feature = "http2")]
mod http2;
mod limits;
mod listen;
mod pieces;
mod port;
#[cfg(any(feature = "http2", feature = "tls"))]
mod rewound;
#[cfg(feature = "tls")]
mod tls;

pub use bind::BindError;
pub(crate) use bind::bind_all;
pub(crate) use listen::serve;
