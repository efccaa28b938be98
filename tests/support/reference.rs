//! A WebSocket server of another implementation, tungstenite. It answers the signalling's requests
//! that show what has been read.

use std::{
    io::{self, Write as _},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
};

use livekit_protocol::{
    RequestResponse, SignalRequest, SignalResponse, signal_request, signal_response,
};
use prost::Message as _;
use tungstenite::{
    Error, Message, WebSocket, accept_with_config,
    protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
};

/// The largest message, as in the mock.
const MAX_MESSAGE: usize = 1 << 20;

/// Serves on this address until the test ends.
pub fn start() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.expect("a connection");
            // A client that has seen enough disconnects.
            thread::spawn(move || serve(stream).ok());
        }
    });
    address
}

fn serve(stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let mut socket = accept_with_config(stream, Some(config)).expect("an upgrade");
    if let Some(code) = play(&mut socket) {
        // The library returns the error, and its user has to close.
        let frame = CloseFrame { code, reason: "".into() };
        socket.close(Some(frame)).map_err(io::Error::other)?;
    }
    let stream = socket.get_mut();
    stream.flush()?;
    stream.shutdown(Shutdown::Write)?;
    io::copy(stream, &mut io::sink()).map(drop)
}

/// Answers until the connection ends. Returns the code to close with if the client has made an
/// error.
fn play(socket: &mut WebSocket<TcpStream>) -> Option<CloseCode> {
    loop {
        let answer = match socket.read() {
            Ok(Message::Binary(request)) => answer(&request),
            Ok(_) => None,
            Err(Error::Protocol(_)) => return Some(CloseCode::Protocol),
            Err(Error::Utf8(_)) => return Some(CloseCode::Invalid),
            Err(Error::Capacity(_)) => return Some(CloseCode::Size),
            Err(_) => return None,
        };
        if let Some(answer) = answer {
            socket.send(Message::binary(answer)).ok()?;
        }
    }
}

/// The signalling's answer to the one request that these tests send.
fn answer(request: &[u8]) -> Option<Vec<u8>> {
    match SignalRequest::decode(request).ok()?.message? {
        signal_request::Message::UpdateMetadata(update) => {
            let response =
                RequestResponse { request_id: update.request_id, ..RequestResponse::default() };
            let message = Some(signal_response::Message::RequestResponse(response));
            Some(SignalResponse { message }.encode_to_vec())
        }
        _ => None,
    }
}
