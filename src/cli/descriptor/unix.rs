//! Unix: an output with a non-blocking way to write, which depends on the kind of file.

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
    /// The descriptor that the program was started with. Other processes may share its flags, so it must
    /// not be made non-blocking.
    given: File,
    /// The file's device and inode.
    place: (u64, u64),
    non_blocking: NonBlocking,
}

/// How to write without blocking.
#[derive(Debug)]
enum NonBlocking {
    /// Through the given descriptor: writing to a regular file does not block.
    Given,
    /// Through a second descriptor for the same pipe or terminal, with flags of its own. `None` if it
    /// can't be opened; then there is no non-blocking way.
    Reopened(OnceLock<Option<File>>),
    /// Through the given descriptor: a socket accepts a flag with each message.
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
        let non_blocking = if kind.is_socket() {
            NonBlocking::Socket
        } else if kind.is_fifo() || kind.is_char_device() {
            NonBlocking::Reopened(OnceLock::new())
        } else {
            NonBlocking::Given
        };
        Ok(Self { given, place: (metadata.dev(), metadata.ino()), non_blocking })
    }

    /// A pipe on a system on which it can't be opened a second time.
    #[cfg(test)]
    pub(crate) fn blocking(descriptor: OwnedFd) -> io::Result<Self> {
        Ok(Self {
            non_blocking: NonBlocking::Reopened(OnceLock::from(None)),
            ..Self::of(descriptor)?
        })
    }

    /// Whether both are the same pipe, terminal or file.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.place == other.place
    }

    /// Whether there is a non-blocking way to write. Opens the second descriptor if necessary.
    pub(crate) fn has_non_blocking_way(&self) -> bool {
        match &self.non_blocking {
            NonBlocking::Reopened(file) => self.reopened(file).is_some(),
            NonBlocking::Given | NonBlocking::Socket => true,
        }
    }

    fn reopened<'a>(&self, file: &'a OnceLock<Option<File>>) -> Option<&'a File> {
        file.get_or_init(|| reopen(&self.given).ok()).as_ref()
    }

    /// Writes what can be written without blocking.
    pub(crate) fn write_non_blocking(&self, bytes: &[u8]) -> io::Result<usize> {
        match &self.non_blocking {
            NonBlocking::Given => write(&self.given, bytes),
            NonBlocking::Reopened(file) => {
                write(self.reopened(file).ok_or(io::ErrorKind::WouldBlock)?, bytes)
            }
            NonBlocking::Socket => {
                SockRef::from(&self.given).send_with_flags(bytes, libc::MSG_DONTWAIT)
            }
        }
    }

    /// Writes, and blocks until the output accepts something.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        write(&self.given, bytes)
    }
}

fn write(mut file: &File, bytes: &[u8]) -> io::Result<usize> {
    file.write(bytes)
}

/// Opens the same pipe or terminal again. Only on Linux does the new descriptor have flags of its own.
/// This fails if the process lacks the permission, for example for another user's pipe.
fn reopen(given: &File) -> io::Result<File> {
    if !cfg!(target_os = "linux") {
        return Err(io::ErrorKind::Unsupported.into());
    }
    OpenOptions::new()
        .write(true)
        // Without O_NOCTTY, the terminal could become the controlling terminal of this process.
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(format!("/proc/self/fd/{}", given.as_raw_fd()))
}
