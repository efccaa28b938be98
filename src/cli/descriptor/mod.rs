//! An output of the process, with a non-blocking and a blocking way to write to it.

#[cfg(not(unix))]
mod portable;
mod standard;
#[cfg(unix)]
mod unix;

pub(super) use standard::Standard;

#[cfg(unix)]
pub(super) use unix::Descriptor;

#[cfg(not(unix))]
pub(super) use portable::Descriptor;
