//! Bytes become requests, and what they end in becomes bytes.

mod bind;
mod headers;
pub(crate) mod http1;
mod listen;
mod port;

pub use bind::BindError;
pub(crate) use bind::bind_all;
pub(crate) use listen::serve;
