//! A client's signalling: no more of it than takes it into a room.

use std::{io, net::SocketAddr};

use livekit_protocol::{
    SessionDescription, SignalRequest, SignalResponse, signal_request, signal_response,
};
use prost::Message as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::peer::Peer;

/// A client whose room is connected.
pub(super) struct Client {
    /// The room ends with it.
    _signalling: Signalling,
    pub(super) peer: Peer,
}

struct Signalling {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Client {
    pub(super) async fn connect(address: SocketAddr, request: &[u8]) -> io::Result<Self> {
        let mut signalling = Signalling::open(address, request).await?;
        let (mut peer, sdp) = Peer::new().await?;
        signalling.offer(sdp).await?;
        peer.take(&signalling.answer().await?)?;
        while !peer.is_open() {
            peer.step(None).await?;
        }
        Ok(Self { _signalling: signalling, peer })
    }
}

impl Signalling {
    async fn open(address: SocketAddr, request: &[u8]) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut signalling = Self { stream, unread: Vec::new() };
        signalling.stream.write_all(request).await?;
        let end = loop {
            match signalling.unread.windows(4).position(|end| end == b"\r\n\r\n") {
                Some(end) => break end + 4,
                None => signalling.read().await?,
            }
        };
        if !signalling.unread.starts_with(b"HTTP/1.1 101 ") {
            return Err(io::Error::other("the upgrade was refused"));
        }
        signalling.unread.drain(..end);
        Ok(signalling)
    }

    async fn offer(&mut self, sdp: String) -> io::Result<()> {
        let offer = SessionDescription { r#type: "offer".to_owned(), sdp, ..Default::default() };
        let request = SignalRequest { message: Some(signal_request::Message::Offer(offer)) };
        let message = request.encode_to_vec();
        let length = u16::try_from(message.len()).map_err(io::Error::other)?;
        // Masked with zeros.
        let head = [&[0x82, 0xfe][..], &length.to_be_bytes(), &[0; 4]].concat();
        self.stream.write_all(&[head, message].concat()).await
    }

    /// The text of the answer. What comes before it is skipped.
    async fn answer(&mut self) -> io::Result<String> {
        loop {
            let response = SignalResponse::decode(&*self.frame().await?)?;
            if let Some(signal_response::Message::Answer(answer)) = response.message {
                return Ok(answer.sdp);
            }
        }
    }

    /// The payload of the next frame, which must not end the connection.
    async fn frame(&mut self) -> io::Result<Vec<u8>> {
        let head = self.take(2).await?;
        let length = match head[1] {
            126 => self.length(2).await?,
            127 => self.length(8).await?,
            short => usize::from(short),
        };
        let payload = self.take(length).await?;
        match head[0] & 15 {
            // After the code comes the reason.
            8 => Err(io::Error::other(String::from_utf8_lossy(payload.get(2..).unwrap_or(&[])))),
            _ => Ok(payload),
        }
    }

    async fn length(&mut self, bytes: usize) -> io::Result<usize> {
        let bytes = self.take(bytes).await?;
        Ok(bytes.into_iter().fold(0, |length, byte| length << 8 | usize::from(byte)))
    }

    async fn take(&mut self, count: usize) -> io::Result<Vec<u8>> {
        while self.unread.len() < count {
            self.read().await?;
        }
        Ok(self.unread.drain(..count).collect())
    }

    async fn read(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.unread).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}
