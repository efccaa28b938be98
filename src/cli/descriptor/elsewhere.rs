//! Elsewhere: an output that only waits.

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
    pub(crate) fn is_same(&self, _: &Self) -> bool {
        false
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn writes_at_once(&self) -> bool {
        false
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn write_at_once(&self, _: &[u8]) -> io::Result<usize> {
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
