//! What makes the program stop: signals, and the end of standard input.

use std::{io, thread, time::Duration};

use tokio::sync::oneshot;

/// After how long standard input is read again, if another process has made it non-blocking.
const RETRY_TIME: Duration = Duration::from_millis(50);

/// Why the program is to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Signal,
    StandardInput,
}

/// Waits for a signal and, if the settings say so, for the end of standard input.
pub(super) struct Stop {
    stdin: Option<oneshot::Receiver<()>>,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Stop {
    /// Listens from now on, so that no signal during the start is missed.
    #[cfg(unix)]
    pub(super) fn new(with_stdin: bool) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        // A log file at its size limit counts as a full output. Without a handler, the signal would end
        // the process.
        drop(signal(SignalKind::from_raw(libc::SIGXFSZ))?);
        Ok(Self {
            stdin: with_stdin.then(stdin_end).transpose()?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    #[cfg(not(unix))]
    pub(super) fn new(with_stdin: bool) -> io::Result<Self> {
        Ok(Self { stdin: with_stdin.then(stdin_end).transpose()? })
    }

    #[cfg(unix)]
    pub(super) async fn asked(&mut self) -> Reason {
        tokio::select! {
            _ = self.terminate.recv() => Reason::Signal,
            _ = self.interrupt.recv() => Reason::Signal,
            () = ended(&mut self.stdin) => Reason::StandardInput,
        }
    }

    #[cfg(not(unix))]
    pub(super) async fn asked(&mut self) -> Reason {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => Reason::Signal,
            () = ended(&mut self.stdin) => Reason::StandardInput,
        }
    }
}

/// Reads standard input to its end. It needs a thread of its own, since the read can't be cancelled.
fn stdin_end() -> io::Result<oneshot::Receiver<()>> {
    let (end, ended) = oneshot::channel();
    thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        read_to_end(io::stdin());
        let _ = end.send(());
    })?;
    Ok(ended)
}

/// Reads to the end. An error counts as the end, too.
fn read_to_end(mut input: impl io::Read) {
    loop {
        match io::copy(&mut input, &mut io::sink()) {
            // Another process has made this input non-blocking.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(RETRY_TIME),
            _ => return,
        }
    }
}

/// Resolves when standard input has ended, but only once, and never if it is not watched.
async fn ended(stdin: &mut Option<oneshot::Receiver<()>>) {
    match stdin {
        Some(end) => drop(end.await),
        None => std::future::pending().await,
    }
    *stdin = None;
}
