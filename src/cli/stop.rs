//! What asks the program to stop.

use std::{io, thread, time::Duration};

use tokio::sync::oneshot;

/// After how long standard input is read again where it does not wait for what comes.
const RETRY_TIME: Duration = Duration::from_millis(50);

/// Why a stop was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Signal,
    StandardInput,
}

/// What asks for a stop: the signals and, where that was wanted, the end of standard input.
pub(super) struct Stop {
    stdin: Option<oneshot::Receiver<()>>,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Stop {
    /// Listens from now on, so that a signal during the start is not lost.
    #[cfg(unix)]
    pub(super) fn new(with_stdin: bool) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        // A log that may grow no further is an output that is full; unheard, this signal kills.
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

/// Reads standard input to its end, on a thread of its own: a read there can't be called off.
fn stdin_end() -> io::Result<oneshot::Receiver<()>> {
    let (end, ended) = oneshot::channel();
    thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        read_to_end(io::stdin());
        let _ = end.send(());
    })?;
    Ok(ended)
}

/// Reads to the end; what can't be read has ended, too.
fn read_to_end(mut input: impl io::Read) {
    loop {
        match io::copy(&mut input, &mut io::sink()) {
            // Another process that has this input made it one that does not wait.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(RETRY_TIME),
            _ => return,
        }
    }
}

/// Resolves once when standard input has ended, and never if nobody watches it.
async fn ended(stdin: &mut Option<oneshot::Receiver<()>>) {
    match stdin {
        Some(end) => drop(end.await),
        None => std::future::pending().await,
    }
    *stdin = None;
}
