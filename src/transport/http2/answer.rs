//! Sends answers on a stream.

use std::{future::poll_fn, task::Poll};

use bytes::Bytes;
use h2::SendStream;
use http::{HeaderValue, Response, header};

use super::{
    exchange::{Asked, Exchange, Gone},
    intake::OwnTurn,
};
use crate::{
    outcome::{Remarks, Reply},
    transport::{
        date::with_date,
        headers::{allows_length, each_header},
    },
};

impl Exchange {
    pub(super) async fn reply(
        &mut self,
        asked: &mut Asked,
        reply: &Reply,
        remarks: &Remarks,
    ) -> Result<(), Gone> {
        // Written down before it is sent, so that a client that has the answer finds it there.
        asked.log.ends(format_args!("{}, {} bytes", reply.status, reply.body.len()));
        let body = if asked.head_only { Bytes::new() } else { reply.body.clone() };
        let mut stream = self.head(reply, Some(reply.body.len()), remarks, body.is_empty())?;
        send(&mut stream, body, true, self.turn.as_ref()).await
    }

    /// Sends a head. The stream that is returned takes the body, unless there `is_whole` without one.
    pub(super) fn head(
        &mut self,
        reply: &Reply,
        length: Option<usize>,
        remarks: &Remarks,
        is_whole: bool,
    ) -> Result<SendStream<Bytes>, Gone> {
        let mut response = Response::new(());
        *response.status_mut() = reply.status;
        let headers = response.headers_mut();
        each_header(reply, self.port.region(), remarks, |name, value| {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                headers.append(name.clone(), value);
            }
        });
        if let Some(length) = length.filter(|_| allows_length(reply.status)) {
            headers.insert(header::CONTENT_LENGTH, length.into());
        }
        if let Ok(date) = with_date(HeaderValue::from_str) {
            headers.insert(header::DATE, date);
        }
        Ok(self.respond.send_response(response, is_whole)?)
    }
}

/// Sends bytes as fast as the client takes them, and ends the stream after them if they are the last.
pub(super) async fn send(
    stream: &mut SendStream<Bytes>,
    mut bytes: Bytes,
    are_last: bool,
    own: Option<&OwnTurn>,
) -> Result<(), Gone> {
    while !bytes.is_empty() {
        stream.reserve_capacity(bytes.len());
        let room = poll_fn(|context| {
            if own.is_some_and(|own| own.turn.poll_lost(context).is_ready()) {
                return Poll::Ready(Err(Gone));
            }
            stream.poll_capacity(context).map(|room| match room {
                Some(Ok(room)) => Ok(room),
                Some(Err(_)) | None => Err(Gone),
            })
        });
        let some = bytes.split_to(room.await?.min(bytes.len()));
        if let Some(own) = own {
            own.turn.progressed(some.len());
        }
        let ends = are_last && bytes.is_empty();
        stream.send_data(some, ends)?;
    }
    Ok(())
}
