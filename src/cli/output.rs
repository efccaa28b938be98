//! Standard output and error. They may be closed, full, or read by nobody, so nothing may wait for them.
//!
//! If the output accepts a line at once, the caller writes it, so that it is there when the request that
//! it is about is answered. Otherwise the line waits in the backlog for a thread. That thread exists only
//! while there is something to write.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use super::{
    backlog::{Backlog, Notice, Piece},
    descriptor::{Descriptor, Standard},
};

/// How long a caller waits for the thread to write its line, if only the thread can write to the output.
/// After a wait that was too short, nobody waits until the backlog is empty.
const MAX_WAIT: Duration = Duration::from_millis(100);
/// How long the thread waits for another line before it ends.
const IDLE_TIME: Duration = Duration::from_secs(1);
/// After how long the thread tries again, if another process has made the output non-blocking.
const RETRY_TIME: Duration = Duration::from_millis(20);

/// One output, shared by all that write to it.
#[derive(Debug, Clone)]
pub(super) struct Output(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// `None` if the system has not opened the output. Then every line is dropped.
    descriptor: Option<Descriptor>,
    state: Mutex<State>,
    /// Notified when a line is added or written.
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    backlog: Backlog,
    /// Whether the thread is running.
    thread: bool,
    /// Whether the thread is writing, so that new lines must wait.
    writing: bool,
    /// Whether a caller has waited in vain, and the backlog has not been empty since.
    stalled: bool,
}

// === impl State ===

impl State {
    fn is_idle(&self) -> bool {
        self.backlog.is_empty() && !self.writing
    }
}

// === impl Output ===

impl Output {
    /// Standard output and standard error. If both are the same pipe or terminal, they share one output,
    /// so that their lines do not mix. The notice is only for standard error, since programs that read
    /// standard output expect nothing but the announcement.
    pub(super) fn standard_outputs(notice: Notice) -> (Self, Self) {
        let (output, error) = (Descriptor::new(Standard::Output), Descriptor::new(Standard::Error));
        let same = matches!((&output, &error), (Ok(output), Ok(error)) if output.is_same_as(error));
        let error = Self::new(error.ok(), Some(notice));
        let output = if same { error.clone() } else { Self::new(output.ok(), None) };
        (output, error)
    }

    /// Standard error, for a few lines before the program ends.
    pub(super) fn error() -> Self {
        Self::new(Descriptor::new(Standard::Error).ok(), None)
    }

    fn new(descriptor: Option<Descriptor>, notice: Option<Notice>) -> Self {
        let backlog = Backlog::new(notice);
        let state = State { backlog, thread: false, writing: false, stalled: false };
        Self(Arc::new(Shared { descriptor, state: Mutex::new(state), changed: Condvar::new() }))
    }

    /// Opens what the first line needs. Later there may be no descriptor left for it.
    pub(super) fn prepare(&self) {
        let _ = self.has_non_blocking_way();
    }

    fn has_non_blocking_way(&self) -> bool {
        self.0.descriptor.as_ref().is_some_and(Descriptor::has_non_blocking_way)
    }

    /// Writes the line, now or later.
    ///
    /// # Errors
    /// The line was dropped, and counted.
    pub(super) fn write_line(&self, line: &[u8]) -> io::Result<()> {
        let mut state = self.0.lock();
        let piece = if state.is_idle() {
            let piece = state.backlog.piece_to_write(line);
            match self.0.write_non_blocking(&mut state, piece)? {
                None => return Ok(()),
                Some(rest) => rest,
            }
        } else if state.backlog.has_room_for(line.len()) {
            state.backlog.piece(line)
        } else {
            return Err(io::ErrorKind::WouldBlock.into());
        };
        state.backlog.push(piece);
        self.leave_to_thread(state)
    }

    /// Gives the backlog a chance to be written before the program ends.
    pub(super) fn finish(&self, limit: Duration) {
        let mut state = self.0.lock();
        if let Some(piece) = state.is_idle().then(|| state.backlog.pending_notice()).flatten() {
            let Ok(Some(rest)) = self.0.write_non_blocking(&mut state, piece) else { return };
            state.backlog.push(rest);
            if self.wake_thread(&mut state).is_err() {
                return;
            }
        }
        drop(self.0.wait(state, limit));
    }

    /// Leaves the backlog to the thread.
    fn leave_to_thread(&self, mut state: MutexGuard<'_, State>) -> io::Result<()> {
        self.wake_thread(&mut state)?;
        if !self.has_non_blocking_way() && !state.stalled {
            state = self.0.wait(state, MAX_WAIT);
            state.stalled = !state.is_idle();
        }
        Ok(())
    }

    /// Wakes the thread, or starts it. If it can't be started, the backlog is dropped: nothing would ever
    /// write it.
    fn wake_thread(&self, state: &mut State) -> io::Result<()> {
        if state.thread {
            self.0.changed.notify_all();
            return Ok(());
        }
        let shared = self.0.clone();
        let thread = thread::Builder::new().name("output".to_owned());
        let started = thread.spawn(move || shared.write_backlog());
        state.thread = started.is_ok();
        if !state.thread {
            while let Some(piece) = state.backlog.pop() {
                state.backlog.discard(&piece);
            }
        }
        started.map(drop)
    }
}

/// For the log, which writes each line at once.
impl io::Write for Output {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // A line that is dropped is counted. An error here could only be logged.
        let _ = self.write_line(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// === impl Shared ===

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until everything is written, but not longer than the limit.
    fn wait<'a>(&self, state: MutexGuard<'a, State>, limit: Duration) -> MutexGuard<'a, State> {
        let waited = self.changed.wait_timeout_while(state, limit, |state| !state.is_idle());
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Writes what can be written now. Returns the rest, if there is one.
    fn write_non_blocking<'a>(
        &self,
        state: &mut State,
        mut piece: Piece<'a>,
    ) -> io::Result<Option<Piece<'a>>> {
        match self.write(&mut piece, Descriptor::write_non_blocking) {
            Ok(()) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Some(piece)),
            Err(error) => {
                state.backlog.discard(&piece);
                Err(error)
            }
        }
    }

    /// Writes the piece, or as much of it as the output accepts.
    fn write(
        &self,
        piece: &mut Piece<'_>,
        write: impl Fn(&Descriptor, &[u8]) -> io::Result<usize>,
    ) -> io::Result<()> {
        let descriptor = self.descriptor.as_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        while !piece.rest().is_empty() {
            match write(descriptor, piece.rest()) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => piece.advance(written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The thread's work.
    fn write_backlog(&self) {
        while let Some(mut piece) = self.next() {
            let written = self.write_waiting(&mut piece);
            let mut state = self.lock();
            state.writing = false;
            match written {
                // Now that the output works, the notice of what was dropped meanwhile can be written.
                Ok(()) if state.backlog.is_empty() => {
                    if let Some(notice) = state.backlog.pending_notice() {
                        state.backlog.push(notice);
                    }
                }
                Ok(()) => {}
                Err(_) => state.backlog.discard(&piece),
            }
            state.stalled &= !state.is_idle();
            self.changed.notify_all();
        }
    }

    /// The next piece to write. `None` if nothing has come for a while; then the thread ends.
    fn next(&self) -> Option<Piece<'static>> {
        let state = self.lock();
        let waited =
            self.changed.wait_timeout_while(state, IDLE_TIME, |state| state.backlog.is_empty());
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        let piece = state.backlog.pop();
        state.writing = piece.is_some();
        state.thread = piece.is_some();
        self.changed.notify_all();
        piece
    }

    fn write_waiting(&self, piece: &mut Piece<'_>) -> io::Result<()> {
        loop {
            match self.write(piece, Descriptor::write) {
                // Another process has made this output non-blocking.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    thread::sleep(RETRY_TIME);
                }
                done => return done,
            }
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::{
        io::{BufRead as _, BufReader, PipeReader, Read as _},
        os::fd::OwnedFd,
        time::Instant,
    };

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const LONG: Duration = Duration::from_secs(60);

    /// A normal pipe, and one that only the thread can write to.
    fn pipes() -> [(PipeReader, Output); 2] {
        let ways: [fn(OwnedFd) -> io::Result<Descriptor>; 2] =
            [Descriptor::of, Descriptor::blocking];
        ways.map(|describe| {
            let (reader, writer) = io::pipe().expect("a pipe");
            let descriptor = describe(writer.into()).expect("a descriptor");
            let notice: Notice = |count| format!("{count} dropped\n");
            (reader, Output::new(Some(descriptor), Some(notice)))
        })
    }

    fn line(number: usize) -> String {
        format!("{number:>99}\n")
    }

    #[test]
    fn a_line_is_written_at_once() {
        for (mut reader, output) in pipes() {
            for number in 0..2000 {
                output.write_line(line(number).as_bytes()).expect("room");
                let mut read = [0; 100];
                reader.read_exact(&mut read).expect("a line");
                assert_eq!(read, line(number).as_bytes());
                assert!(output.0.lock().is_idle());
            }
        }
    }

    #[test]
    fn an_unread_pipe_keeps_nobody_waiting_and_every_dropped_line_is_counted() {
        for (reader, output) in pipes() {
            let begun = Instant::now();
            let dropped =
                (0..5000).filter(|number| output.write_line(line(*number).as_bytes()).is_err());
            let dropped = dropped.count();
            assert!(begun.elapsed() < SECOND, "{:?}", begun.elapsed());
            assert!((1000..5000).contains(&dropped), "{dropped}");
            output.finish(Duration::ZERO);

            let mut lines = BufReader::new(reader).lines().map(|line| line.expect("text") + "\n");
            for number in 0..5000 - dropped {
                assert_eq!(lines.next(), Some(line(number)));
            }
            assert_eq!(lines.next(), Some(format!("{dropped} dropped\n")));
            output.finish(LONG);
            assert!(output.0.lock().is_idle());
            output.write_line(b"again\n").expect("room");
            assert_eq!(lines.next().as_deref(), Some("again\n"));
        }
    }

    #[test]
    fn a_line_that_is_longer_than_the_pipe_is_written_completely() {
        for (mut reader, output) in pipes() {
            let long = format!("{}\n", "x".repeat(200 << 10));
            output.write_line(long.as_bytes()).expect("room");
            output.write_line(b"y\n").expect("room");
            let mut read = vec![0; long.len() + 2];
            reader.read_exact(&mut read).expect("both");
            assert!(read == [long.as_bytes(), b"y\n"].concat());
        }
    }

    #[test]
    fn a_closed_pipe_is_an_error_at_once() {
        for (reader, output) in pipes() {
            drop(reader);
            let begun = Instant::now();
            for number in 0..100 {
                let _ = output.write_line(line(number).as_bytes());
            }
            output.finish(LONG);
            assert!(begun.elapsed() < SECOND, "{:?}", begun.elapsed());
            assert!(output.0.lock().is_idle());
        }
    }

    #[test]
    fn the_thread_ends_when_nothing_is_left() {
        let [(mut reader, output), _] = pipes();
        output.write_line(&vec![b'x'; 100 << 10]).expect("room");
        assert!(output.0.lock().thread);
        reader.read_exact(&mut vec![0; 100 << 10]).expect("all");
        let state = output.0.lock();
        let ended = output.0.changed.wait_timeout_while(state, LONG, |state| state.thread);
        assert!(!ended.expect("sound").0.thread);
    }

    #[test]
    fn lines_of_many_threads_do_not_mix() {
        for (reader, output) in pipes() {
            let writers: Vec<_> = (0..4)
                .map(|writer| {
                    let output = output.clone();
                    thread::spawn(move || {
                        (0..500)
                            .filter(|_| output.write_line(line(writer).as_bytes()).is_err())
                            .count()
                    })
                })
                .collect();
            let reading = thread::spawn(|| BufReader::new(reader).lines().collect::<Vec<_>>());
            let dropped: usize =
                writers.into_iter().map(|writer| writer.join().expect("a count")).sum();
            output.finish(LONG);
            drop(output);
            let lines = reading.join().expect("read");
            let whole =
                |line: &io::Result<String>| line.as_ref().is_ok_and(|line| line.len() == 99);
            assert_eq!(lines.iter().filter(|line| whole(line)).count() + dropped, 2000);
        }
    }
}
