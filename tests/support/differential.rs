//! Sends the same bytes to the mock and to [`reference`], and compares their answers.

use std::{io::Write as _, net::SocketAddr, thread};

use livekit_mock::Mock;
use livekit_protocol::{
    SignalRequest, UpdateParticipantMetadata, signal_request::Message as Request,
    signal_response::Message as Response,
};
use prost::Message as _;

use super::{
    reference,
    socket::{CHROMIUM, Dial, Frame, Seen, Socket},
};

/// The ping at the end of a case. Its answer shows that the connection is still open.
const LAST: &[u8] = b"the last ping";

/// What a server answers, without texts that differ between servers.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// A request was understood; its id.
    Answer(u32),
    Pong(Vec<u8>),
    Close(Option<u16>),
}

/// Frames, and what they are answered; after a close frame TCP must end, else the connection goes
/// on.
pub struct Case {
    name: String,
    frames: Vec<Vec<u8>>,
    heard: Vec<Heard>,
    /// How tungstenite answers instead, and why that is equivalent or worse.
    otherwise: Option<(Vec<Heard>, &'static str)>,
}

// === impl Case ===

/// A case of these frames with these answers.
pub fn case(name: impl Into<String>, frames: &[Frame], heard: impl Into<Vec<Heard>>) -> Case {
    let frames = frames.iter().map(Frame::encode).collect();
    Case { name: name.into(), frames, heard: heard.into(), otherwise: None }
}

/// A case without an answer.
pub fn skipped(name: impl Into<String>, frames: &[Frame]) -> Case {
    case(name, frames, [])
}

/// A case that ends the connection with this code.
pub fn closes(name: impl Into<String>, frames: &[Frame], code: u16) -> Case {
    case(name, frames, [Heard::Close(Some(code))])
}

impl Case {
    /// Bytes that no [`Frame`] encodes to, in place of frames.
    pub fn sending(self, bytes: impl Into<Vec<u8>>) -> Self {
        Self { frames: vec![bytes.into()], ..self }
    }

    pub fn but_tungstenite(self, heard: impl Into<Vec<Heard>>, why: &'static str) -> Self {
        Self { otherwise: Some((heard.into(), why)), ..self }
    }

    /// The same case, with each byte written by itself.
    pub fn chopped(&self) -> Self {
        let frames = self.frames.concat().into_iter().map(|byte| vec![byte]).collect();
        let name = format!("{}, byte by byte", self.name);
        Self { name, frames, heard: self.heard.clone(), otherwise: self.otherwise.clone() }
    }

    fn play(&self, mut socket: Socket) -> Vec<Heard> {
        for bytes in &self.frames {
            socket.stream.write_all(bytes).expect("a server that reads");
        }
        // A server that has closed reads this and does not answer it.
        socket.send(&Frame::ping(LAST));
        let mut heard = Vec::new();
        loop {
            heard.push(match socket.next() {
                Seen::Binary { payload, .. } => Heard::Answer(request_id(&payload)),
                Seen::Pong(payload) if payload == LAST => return heard,
                Seen::Pong(payload) => Heard::Pong(payload),
                Seen::Close(code, _) => {
                    assert_eq!(socket.next(), Seen::Fin, "{}: after the close", self.name);
                    heard.push(Heard::Close(code));
                    return heard;
                }
                other => panic!("{}: {other:?} after {heard:?}", self.name),
            });
        }
    }

    /// Plays the case on the mock, with and without compression, and on the reference.
    fn check(&self, mock: &Mock, reference: SocketAddr) {
        for offer in [None, Some(CHROMIUM)] {
            let mut socket = Dial::to(mock).offer(offer).connect();
            assert!(matches!(socket.message(), Response::Join(_)));
            assert_eq!(self.play(socket), self.heard, "{}, offer {offer:?}", self.name);
        }
        let heard = self.play(Dial::at(reference).connect());
        match &self.otherwise {
            None => assert_eq!(heard, self.heard, "{}: tungstenite", self.name),
            Some((otherwise, why)) => {
                assert_ne!(*otherwise, self.heard, "{}: no difference: {why}", self.name);
                assert_eq!(heard, *otherwise, "{}: tungstenite, where {why}", self.name);
            }
        }
    }
}

pub fn check(cases: impl IntoIterator<Item = Case>) {
    let mock = Mock::builder().regions(1).start_blocking().expect("a server on a free port");
    let reference = reference::start();
    let cases: Vec<Case> = cases.into_iter().collect();
    thread::scope(|scope| {
        // Two at a time: enough to keep the machine busy.
        for half in cases.chunks(cases.len().div_ceil(2)) {
            scope.spawn(|| half.iter().for_each(|case| case.check(&mock, reference)));
        }
    });
}

// === What is sent ===

/// A request of this length. It is answered with its id, which is at its end, so the server has
/// read all of it.
pub fn request(id: u32, length: usize) -> Vec<u8> {
    let update = |filler: usize| {
        let update = UpdateParticipantMetadata {
            metadata: "m".repeat(filler),
            request_id: id,
            ..UpdateParticipantMetadata::default()
        };
        SignalRequest { message: Some(Request::UpdateMetadata(update)) }.encode_to_vec()
    };
    // How many bytes there are around the filler depends on its length.
    let fillers = length.saturating_sub(16)..length;
    fillers
        .map(update)
        .find(|request| request.len() == length)
        .expect("a length that a request can have")
}

fn request_id(payload: &[u8]) -> u32 {
    let response = livekit_protocol::SignalResponse::decode(payload).expect("a response");
    match response.message {
        Some(Response::RequestResponse(answer)) => answer.request_id,
        other => panic!("{other:?} in place of an answer"),
    }
}

/// A message in parts of at most this length.
pub fn parts(message: &Frame, length: usize) -> Vec<Frame> {
    let mut parts: Vec<Frame> =
        message.payload.chunks(length).map(|part| Frame::new(0, part).open()).collect();
    parts[0].opcode = message.opcode;
    parts.last_mut().expect("a part").fin = true;
    parts
}
