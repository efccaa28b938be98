//! Makes outputs that are closed, full or unread, without privileges.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, Write as _},
    os::{fd::OwnedFd, unix::net::UnixStream},
    sync::mpsc,
    thread,
};

use rustix::{
    fs::{Mode, OFlags, fcntl_getfl, fcntl_setfl, open},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
};

/// The state of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Its reader is gone before the program starts.
    PipeWithoutReader,
    /// Its reader goes while the program serves.
    PipeThatLosesItsReader,
    /// It is not open: `>&-`.
    Closed,
    /// A full device or disk.
    Full,
    /// Nobody reads it, and there is no room from the start.
    FullPipe,
    /// Nobody reads it, and it fills.
    UnreadPipe,
    /// A pipe that another process has made non-blocking.
    FullPipeThatDoesNotWait,
    /// A socket, which Node.js uses for its child processes.
    FullSocket,
    /// Someone pressed ^S.
    StoppedTerminal,
    /// Its window was closed.
    VanishedTerminal,
}

/// The test's end of an output.
#[derive(Debug)]
pub enum End {
    None,
    Reader(OwnedFd),
    Terminal(File),
}

impl Kind {
    pub const ALL: [Self; 10] = [
        Self::PipeWithoutReader,
        Self::PipeThatLosesItsReader,
        Self::Closed,
        Self::Full,
        Self::FullPipe,
        Self::UnreadPipe,
        Self::FullPipeThatDoesNotWait,
        Self::FullSocket,
        Self::StoppedTerminal,
        Self::VanishedTerminal,
    ];
    /// The kinds that are read again later.
    pub const READABLE: [Self; 5] = [
        Self::FullPipe,
        Self::UnreadPipe,
        Self::FullPipeThatDoesNotWait,
        Self::FullSocket,
        Self::StoppedTerminal,
    ];

    pub fn open(self) -> (OwnedFd, End) {
        match self {
            Self::PipeWithoutReader => (pipe().1, End::None),
            // The shell closes it.
            Self::Closed => (File::open("/dev/null").expect("a device").into(), End::None),
            Self::Full => {
                let full = OpenOptions::new().write(true).open("/dev/full");
                (full.expect("a device").into(), End::None)
            }
            Self::PipeThatLosesItsReader | Self::UnreadPipe => {
                let (reader, writer) = pipe();
                (writer, End::Reader(reader))
            }
            Self::FullPipe => {
                let (reader, writer) = pipe();
                fill(&writer);
                (writer, End::Reader(reader))
            }
            Self::FullPipeThatDoesNotWait => {
                let (reader, writer) = pipe();
                fill(&writer);
                wait_no_more(&writer, true);
                (writer, End::Reader(reader))
            }
            Self::FullSocket => {
                let (reader, writer) = UnixStream::pair().expect("a socket");
                let writer = OwnedFd::from(writer);
                fill(&writer);
                (writer, End::Reader(reader.into()))
            }
            Self::StoppedTerminal => {
                let (mut master, terminal) = terminal();
                master.write_all(b"\x13").expect("^S");
                (terminal, End::Terminal(master))
            }
            Self::VanishedTerminal => (terminal().1, End::None),
        }
    }
}

pub fn pipe() -> (OwnedFd, OwnedFd) {
    let (reader, writer) = io::pipe().expect("a pipe");
    (reader.into(), writer.into())
}

pub fn terminal() -> (File, OwnedFd) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&master).expect("granted");
    unlockpt(&master).expect("unlocked");
    let name = ptsname(&master, Vec::new()).expect("a name");
    let terminal = open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("opened");
    (master.into(), terminal)
}

pub fn wait_no_more(output: &OwnedFd, so: bool) {
    let mut flags = fcntl_getfl(output).expect("flags");
    flags.set(OFlags::NONBLOCK, so);
    fcntl_setfl(output, flags).expect("set");
}

/// Writes until the output is full.
pub fn fill(output: &OwnedFd) {
    wait_no_more(output, true);
    let mut file = File::from(output.try_clone().expect("a copy"));
    for size in [4096, 1] {
        while file.write(&vec![b'\n'; size]).is_ok() {}
    }
    wait_no_more(output, false);
}

/// The lines that are read at the test's end, as they come.
pub fn lines(end: End) -> mpsc::Receiver<String> {
    let file = match end {
        End::None => panic!("there is nothing to read"),
        End::Reader(reader) => File::from(reader),
        End::Terminal(mut master) => {
            master.write_all(b"\x11").expect("^Q");
            master
        }
    };
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        // A terminal ends with an error.
        for line in BufReader::new(file).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    lines
}
