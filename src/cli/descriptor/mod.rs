//! An output as the system has it: written to in a way that never waits, or in one that may.

#[cfg(not(unix))]
mod elsewhere;
mod standard;
#[cfg(unix)]
mod unix;

pub(super) use standard::Standard;

#[cfg(unix)]
pub(super) use unix::Descriptor;

#[cfg(not(unix))]
pub(super) use elsewhere::Descriptor;
