//! On Unix: a descriptor that is asked not to wait, each kind in its own way.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    os::{
        fd::{AsFd, AsRawFd as _, OwnedFd},
        unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _},
    },
    sync::OnceLock,
};

use socket2::SockRef;

use super::standard::Standard;

#[derive(Debug)]
pub(crate) struct Descriptor {
    /// As the program was given it. Whether it waits is a flag that it shares with every other
    /// process that has it, so that flag stays as it is.
    given: File,
    /// Where it is, by device and number.
    place: (u64, u64),
    at_once: AtOnce,
}

/// How to write without waiting.
#[derive(Debug)]
enum AtOnce {
    /// A file takes what it is given, or refuses it.
    Given,
    /// A pipe or a terminal, opened a second time: this one's flags are nobody else's. None where
    /// that can't be done, and then there is no way.
    Reopened(OnceLock<Option<File>>),
    /// A socket takes the wish with each message.
    Socket,
}

impl Descriptor {
    pub(crate) fn new(standard: Standard) -> io::Result<Self> {
        match standard {
            Standard::Output => io::stdout().as_fd().try_clone_to_owned(),
            Standard::Error => io::stderr().as_fd().try_clone_to_owned(),
        }
        .and_then(Self::of)
    }

    pub(crate) fn of(descriptor: OwnedFd) -> io::Result<Self> {
        let given = File::from(descriptor);
        let metadata = given.metadata()?;
        let kind = metadata.file_type();
        let at_once = if kind.is_socket() {
            AtOnce::Socket
        } else if kind.is_fifo() || kind.is_char_device() {
            AtOnce::Reopened(OnceLock::new())
        } else {
            AtOnce::Given
        };
        Ok(Self { given, place: (metadata.dev(), metadata.ino()), at_once })
    }

    /// A pipe as a system has it that opens none a second time.
    #[cfg(test)]
    pub(crate) fn waiting(descriptor: OwnedFd) -> io::Result<Self> {
        Ok(Self { at_once: AtOnce::Reopened(OnceLock::from(None)), ..Self::of(descriptor)? })
    }

    /// Whether both are the same pipe, terminal or file.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.place == other.place
    }

    /// Whether there is a way to write at once; makes it, if that is still to be done.
    pub(crate) fn writes_at_once(&self) -> bool {
        match &self.at_once {
            AtOnce::Reopened(file) => self.reopened(file).is_some(),
            AtOnce::Given | AtOnce::Socket => true,
        }
    }

    fn reopened<'a>(&self, file: &'a OnceLock<Option<File>>) -> Option<&'a File> {
        file.get_or_init(|| reopen(&self.given).ok()).as_ref()
    }

    /// Writes what can be written at once.
    pub(crate) fn write_at_once(&self, bytes: &[u8]) -> io::Result<usize> {
        match &self.at_once {
            AtOnce::Given => write(&self.given, bytes),
            AtOnce::Reopened(file) => {
                write(self.reopened(file).ok_or(io::ErrorKind::WouldBlock)?, bytes)
            }
            AtOnce::Socket => SockRef::from(&self.given).send_with_flags(bytes, libc::MSG_DONTWAIT),
        }
    }

    /// Writes, and waits for that where the output waits.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        write(&self.given, bytes)
    }
}

fn write(mut file: &File, bytes: &[u8]) -> io::Result<usize> {
    file.write(bytes)
}

/// The same pipe or terminal once more. Linux alone makes of it a description with flags of its
/// own; the right to it may lack, as where a pipe is another user's.
fn reopen(given: &File) -> io::Result<File> {
    if !cfg!(target_os = "linux") {
        return Err(io::ErrorKind::Unsupported.into());
    }
    OpenOptions::new()
        .write(true)
        // A terminal must not become this process's own by that.
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(format!("/proc/self/fd/{}", given.as_raw_fd()))
}
