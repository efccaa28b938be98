//! One connection, from its preface to its end. Each request has a task of its own, so that none waits for
//! another.

use std::{future::pending, io::ErrorKind};

use bytes::Bytes;
use h2::{Reason, server::Connection};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use super::{
    bounded::{Bounded, MAX_LIST},
    exchange::Exchange,
    intake::Intake,
};
use crate::{
    connection::Stream,
    transport::{
        limits::{HEAD_TIMEOUT, LINGER_TIME},
        port::Port,
        rewound::Rewound,
    },
};

/// How many requests of one client may be in flight.
const MAX_STREAMS: u32 = 128;
/// How many bytes of an answer wait to be sent.
const SEND_BUFFER: usize = 64 << 10;

/// Serves a connection that begins with these bytes, to its end.
pub(crate) async fn serve(port: Port, stream: Box<dyn Stream>, read_ahead: Bytes) {
    let is_encrypted = stream.is_encrypted();
    let (budget, intake) = (port.server.state.budget.clone(), Intake::default());
    let handshake = h2::server::Builder::new()
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_LIST)
        .max_send_buffer_size(SEND_BUFFER)
        .handshake(Bounded::new(Rewound { read_ahead, stream }, budget, intake.clone()));
    let mut shutdown = port.shutdown.clone();
    let begun = tokio::select! {
        begun = timeout(HEAD_TIMEOUT, handshake) => begun,
        () = shutdown.begun() => return,
    };
    let served = match begun {
        Ok(Ok(connection)) => requests(&port, connection, &intake, is_encrypted).await,
        Ok(Err(error)) => Err(error),
        Err(_) => {
            let seconds = HEAD_TIMEOUT.as_secs();
            return port.warn(&format!("a preface of HTTP/2 did not end within {seconds} s"));
        }
    };
    if let Err(error) = served
        && let Some(why) = explained(&error)
    {
        port.warn(&why);
    }
}

/// Why a connection ended that should not have, for the log. None if the client went away, which breaks no
/// rule.
fn explained(error: &h2::Error) -> Option<String> {
    if let Some(error) = error.get_io() {
        return (error.kind() == ErrorKind::TimedOut).then(|| error.to_string());
    }
    let reason = error.reason();
    let reason = reason.as_ref().map_or("no reason is known", Reason::description);
    Some(match error.is_remote() {
        true => format!("a client has ended a connection of HTTP/2; it says: {reason}"),
        false => {
            format!("a client has broken the rules of HTTP/2, so its connection is ended: {reason}")
        }
    })
}

/// Has each request answered by a task, until the client or the server ends the connection.
async fn requests(
    port: &Port,
    mut connection: Connection<Bounded, Bytes>,
    intake: &Intake,
    is_encrypted: bool,
) -> Result<(), h2::Error> {
    let mut shutdown = port.shutdown.clone();
    let mut exchanges = JoinSet::new();
    let mut deadline = None;
    let ended = loop {
        let at_farewell = deadline.filter(|_| exchanges.is_empty());
        tokio::select! {
            request = connection.accept() => match request {
                Some(Ok((request, respond))) => {
                    let head_turn = intake.begin(respond.stream_id().into());
                    let (port, intake) = (port.clone(), intake.clone());
                    exchanges.spawn(
                        Exchange::serve(port, request, respond, intake, head_turn, is_encrypted),
                    );
                }
                Some(Err(error)) => break Err(error),
                None => break Ok(()),
            },
            Some(_) = exchanges.join_next() => {
                deadline = deadline.map(|_| Instant::now() + LINGER_TIME);
            }
            () = shutdown.begun(), if deadline.is_none() => {
                deadline = Some(Instant::now() + LINGER_TIME);
                if exchanges.is_empty() {
                    connection.abrupt_shutdown(Reason::NO_ERROR);
                } else {
                    connection.graceful_shutdown();
                }
            }
            () = due(at_farewell) => break Ok(()),
        }
    };
    // With the connection gone, each of them finds that its stream is.
    drop(connection);
    while exchanges.join_next().await.is_some() {}
    ended
}

async fn due(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}
