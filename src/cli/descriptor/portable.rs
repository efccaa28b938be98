//! Systems other than Unix: an output that can only be written to in a blocking way.

use std::io::{self, Write as _};

use super::standard::Standard;

#[derive(Debug)]
pub(crate) struct Descriptor(Standard);

impl Descriptor {
    #[allow(clippy::unnecessary_wraps)] // As on Unix, where it may fail.
    pub(crate) fn new(standard: Standard) -> io::Result<Self> {
        Ok(Self(standard))
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn is_same_as(&self, _: &Self) -> bool {
        false
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn has_non_blocking_way(&self) -> bool {
        false
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn write_non_blocking(&self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self.0 {
            Standard::Output => {
                let mut output = io::stdout();
                output.write_all(bytes).and_then(|()| output.flush()).map(|()| bytes.len())
            }
            Standard::Error => io::stderr().write(bytes),
        }
    }
}
