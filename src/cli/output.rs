//! Standard output and error, which may be closed, full, or read by nobody: whoever says a line
//! never waits for them.
//!
//! A line is written by who says it where the output takes it at once, so that it is there when the
//! request that it is about is answered. Otherwise it waits in the backlog, for a thread that is
//! there only as long as there is something to write.

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

/// How long who says a line waits for the thread to write it, on outputs that only the thread may
/// write to. Once it was not enough, nobody waits until all is written.
const HANDOVER_TIME: Duration = Duration::from_millis(100);
/// How long the thread waits for another line before it ends.
const LINGER_TIME: Duration = Duration::from_secs(1);
/// After how long the thread tries again on an output that another process keeps from waiting.
const RETRY_TIME: Duration = Duration::from_millis(20);

/// One output, shared by all that write to it.
#[derive(Debug, Clone)]
pub(super) struct Output(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// None where the system gave none: every line is dropped.
    descriptor: Option<Descriptor>,
    state: Mutex<State>,
    /// A line came, or was written.
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    backlog: Backlog,
    /// Whether the thread is there.
    thread: bool,
    /// Whether it is writing, and so what comes now must wait.
    writing: bool,
    /// Whether the output kept who handed a line over waiting, and not all is written since.
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
    /// Standard output and standard error. Where both are one pipe or terminal they are one output,
    /// so that no line comes into the middle of another. The notice is for standard error: what
    /// reads the other one expects nothing but the announcement.
    pub(super) fn both(notice: Notice) -> (Self, Self) {
        let (output, error) = (Descriptor::new(Standard::Output), Descriptor::new(Standard::Error));
        let same = matches!((&output, &error), (Ok(output), Ok(error)) if output.is_same(error));
        let error = Self::new(error.ok(), Some(notice));
        let output = if same { error.clone() } else { Self::new(output.ok(), None) };
        (output, error)
    }

    /// Standard error, for a few words before the end.
    pub(super) fn error() -> Self {
        Self::new(Descriptor::new(Standard::Error).ok(), None)
    }

    fn new(descriptor: Option<Descriptor>, notice: Option<Notice>) -> Self {
        let backlog = Backlog::new(notice);
        let state = State { backlog, thread: false, writing: false, stalled: false };
        Self(Arc::new(Shared { descriptor, state: Mutex::new(state), changed: Condvar::new() }))
    }

    /// Does now what the first line would have to: later there may be no descriptor left for it.
    pub(super) fn prepare(&self) {
        let _ = self.writes_at_once();
    }

    fn writes_at_once(&self) -> bool {
        self.0.descriptor.as_ref().is_some_and(Descriptor::writes_at_once)
    }

    /// Writes the line now or lets it wait.
    ///
    /// # Errors
    /// It can't be written, now or later, and was counted.
    pub(super) fn say(&self, line: &[u8]) -> io::Result<()> {
        let mut state = self.0.lock();
        let piece = if state.is_idle() {
            let piece = state.backlog.next_piece(line);
            match self.0.write_at_once(&mut state, piece)? {
                None => return Ok(()),
                Some(rest) => rest,
            }
        } else if state.backlog.admits(line.len()) {
            state.backlog.piece(line)
        } else {
            return Err(io::ErrorKind::WouldBlock.into());
        };
        state.backlog.push(piece);
        self.hand_over(state)
    }

    /// Gives what waits a chance to be written before the program ends.
    pub(super) fn finish(&self, limit: Duration) {
        let mut state = self.0.lock();
        if let Some(piece) = state.is_idle().then(|| state.backlog.last_words()).flatten() {
            let Ok(Some(rest)) = self.0.write_at_once(&mut state, piece) else { return };
            state.backlog.push(rest);
            if self.wake_thread(&mut state).is_err() {
                return;
            }
        }
        drop(self.0.wait(state, limit));
    }

    /// Leaves what waits to the thread.
    fn hand_over(&self, mut state: MutexGuard<'_, State>) -> io::Result<()> {
        self.wake_thread(&mut state)?;
        if !self.writes_at_once() && !state.stalled {
            state = self.0.wait(state, HANDOVER_TIME);
            state.stalled = !state.is_idle();
        }
        Ok(())
    }

    /// Wakes the thread, or starts it; without one nothing that waits would ever be written.
    fn wake_thread(&self, state: &mut State) -> io::Result<()> {
        if state.thread {
            self.0.changed.notify_all();
            return Ok(());
        }
        let shared = self.0.clone();
        let thread = thread::Builder::new().name("output".to_owned());
        let started = thread.spawn(move || shared.write_what_waits());
        state.thread = started.is_ok();
        if !state.thread {
            while let Some(piece) = state.backlog.pop() {
                state.backlog.lose(&piece);
            }
        }
        started.map(drop)
    }
}

/// For the log's lines, each of which is one write.
impl io::Write for Output {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // A line that is lost is counted; there is nobody to tell now.
        let _ = self.say(line);
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

    /// Waits until all is written, for at most so long.
    fn wait<'a>(&self, state: MutexGuard<'a, State>, limit: Duration) -> MutexGuard<'a, State> {
        let waited = self.changed.wait_timeout_while(state, limit, |state| !state.is_idle());
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// What of the piece can't be written now; none where it is all written.
    fn write_at_once<'a>(
        &self,
        state: &mut State,
        mut piece: Piece<'a>,
    ) -> io::Result<Option<Piece<'a>>> {
        match self.write(&mut piece, Descriptor::write_at_once) {
            Ok(()) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Some(piece)),
            Err(error) => {
                state.backlog.lose(&piece);
                Err(error)
            }
        }
    }

    /// The whole piece, or as much of it as the output takes.
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
    fn write_what_waits(&self) {
        while let Some(mut piece) = self.next() {
            let written = self.write_waiting(&mut piece);
            let mut state = self.lock();
            state.writing = false;
            match written {
                // What was dropped meanwhile is told now that the output is known to work.
                Ok(()) if state.backlog.is_empty() => {
                    if let Some(notice) = state.backlog.last_words() {
                        state.backlog.push(notice);
                    }
                }
                Ok(()) => {}
                Err(_) => state.backlog.lose(&piece),
            }
            state.stalled &= !state.is_idle();
            self.changed.notify_all();
        }
    }

    /// The next piece to write; none where nothing came for a while, and then the thread ends.
    fn next(&self) -> Option<Piece<'static>> {
        let state = self.lock();
        let waited =
            self.changed.wait_timeout_while(state, LINGER_TIME, |state| state.backlog.is_empty());
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
                // Another process that has this output made it one that does not wait.
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

    /// A pipe as the system would have it, and one that only the thread may write to.
    fn pipes() -> [(PipeReader, Output); 2] {
        let ways: [fn(OwnedFd) -> io::Result<Descriptor>; 2] =
            [Descriptor::of, Descriptor::waiting];
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
    fn a_line_is_there_once_it_is_said() {
        for (mut reader, output) in pipes() {
            for number in 0..2000 {
                output.say(line(number).as_bytes()).expect("room");
                let mut read = [0; 100];
                reader.read_exact(&mut read).expect("a line");
                assert_eq!(read, line(number).as_bytes());
                assert!(output.0.lock().is_idle());
            }
        }
    }

    #[test]
    fn an_unread_pipe_keeps_nobody_waiting_and_loses_only_what_it_counts() {
        for (reader, output) in pipes() {
            let begun = Instant::now();
            let lost = (0..5000).filter(|number| output.say(line(*number).as_bytes()).is_err());
            let lost = lost.count();
            assert!(begun.elapsed() < SECOND, "{:?}", begun.elapsed());
            assert!((1000..5000).contains(&lost), "{lost}");
            output.finish(Duration::ZERO);

            let mut lines = BufReader::new(reader).lines().map(|line| line.expect("text") + "\n");
            for number in 0..5000 - lost {
                assert_eq!(lines.next(), Some(line(number)));
            }
            assert_eq!(lines.next(), Some(format!("{lost} dropped\n")));
            output.finish(LONG);
            assert!(output.0.lock().is_idle());
            output.say(b"again\n").expect("room");
            assert_eq!(lines.next().as_deref(), Some("again\n"));
        }
    }

    #[test]
    fn a_line_that_is_longer_than_the_pipe_comes_whole() {
        for (mut reader, output) in pipes() {
            let long = format!("{}\n", "x".repeat(200 << 10));
            output.say(long.as_bytes()).expect("room");
            output.say(b"y\n").expect("room");
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
                let _ = output.say(line(number).as_bytes());
            }
            output.finish(LONG);
            assert!(begun.elapsed() < SECOND, "{:?}", begun.elapsed());
            assert!(output.0.lock().is_idle());
        }
    }

    #[test]
    fn the_thread_ends_when_nothing_is_left() {
        let [(mut reader, output), _] = pipes();
        output.say(&vec![b'x'; 100 << 10]).expect("room");
        assert!(output.0.lock().thread);
        reader.read_exact(&mut vec![0; 100 << 10]).expect("all");
        let state = output.0.lock();
        let ended = output.0.changed.wait_timeout_while(state, LONG, |state| state.thread);
        assert!(!ended.expect("sound").0.thread);
    }

    #[test]
    fn many_threads_tear_no_line() {
        for (reader, output) in pipes() {
            let writers: Vec<_> = (0..4)
                .map(|writer| {
                    let output = output.clone();
                    thread::spawn(move || {
                        (0..500).filter(|_| output.say(line(writer).as_bytes()).is_err()).count()
                    })
                })
                .collect();
            let reading = thread::spawn(|| BufReader::new(reader).lines().collect::<Vec<_>>());
            let lost: usize = writers.into_iter().map(|writer| writer.join().expect("said")).sum();
            output.finish(LONG);
            drop(output);
            let lines = reading.join().expect("read");
            let whole =
                |line: &io::Result<String>| line.as_ref().is_ok_and(|line| line.len() == 99);
            assert_eq!(lines.iter().filter(|line| whole(line)).count() + lost, 2000);
        }
    }
}
