//! One connection, from its first byte to its last.

use std::{
    pin::pin,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use http::request::Parts;
use tokio::time::sleep;

use super::{
    answer::{Next, PendingRequest, ResponseWriter},
    body::RequestBody,
    buffered_stream::{BufferedStream, StreamError},
    foreign,
    head::Head,
    next_head::next_head,
};
use crate::{
    connection::{Stream, UpgradedConnection},
    journal::Recorder,
    outcome::{End, Outcome},
    serve::respond,
    transport::{
        handover::{Handover, Protocol},
        port::Port,
    },
};

struct Connection {
    port: Port,
    stream: BufferedStream,
}

/// Serves a connection to its end, unless it begins with one of the `others`: then it is handed over.
pub(crate) async fn serve(
    port: Port,
    stream: Box<dyn Stream>,
    others: &'static [Protocol],
) -> Option<Handover> {
    let stopping = AtomicBool::new(false);
    let mut shutdown = port.shutdown.clone();
    let stream = BufferedStream::new(stream, port.server.state.budget.clone());
    let mut connection = pin!(Connection { port, stream }.serve(others, &stopping));
    tokio::select! {
        biased;
        handover = connection.as_mut() => return handover,
        () = shutdown.begun() => stopping.store(true, Relaxed),
    }
    // An idle connection ends at once, any other after its answer.
    connection.await
}

impl Connection {
    async fn serve(
        mut self,
        others: &'static [Protocol],
        stopping: &AtomicBool,
    ) -> Option<Handover> {
        let mut is_first = true;
        while self.stream.wait_for_request(stopping).await {
            let next = match next_head(&mut self.stream).await {
                Ok(head) => self.exchange(head, stopping).await,
                Err(error) => {
                    let spoken = foreign::spoken(&self.stream.unread);
                    if let Some(protocol) = spoken.filter(|it| is_first && others.contains(it)) {
                        return Some(self.into_handover(protocol));
                    }
                    self.port.warn(&error.to_string());
                    Box::pin(self.writer().refuse(error)).await
                }
            };
            match next {
                Next::Request => is_first = false,
                Next::End => break,
                Next::Cut => return None,
                Next::Upgrade(player, recorder) => {
                    player.play(Box::new(self.into_upgraded(recorder)));
                    return None;
                }
            }
        }
        if self.stream.is_encrypted() {
            Box::pin(self.writer().say_farewell()).await;
        }
        None
    }

    /// Has a request decided, waits as asked, then answers, upgrades or breaks. After a stop, no request
    /// may follow.
    async fn exchange(&mut self, head: Head, stopping: &AtomicBool) -> Next {
        let (parts, mut request) = PendingRequest::of(head, self.port.region());
        // The head is dropped after the decision, so a delayed request holds only its outcome. That is
        // handed on by reference, since a future would keep each place that it was moved to.
        let Some(mut outcome) = Box::pin(self.decide(parts, &mut request)).await else {
            return request.abandoned(StreamError::Gone);
        };
        request.log.decided(&self.port.server.state.journal, outcome.draft.take());
        let kept = outcome.end.large_reply().map_or(0, |reply| reply.body.len());
        self.stream.release_turns(kept);
        if let Err(error) = self.wait(&request, outcome.wait).await {
            return request.abandoned(error);
        }
        match outcome.end {
            End::Reply(ref reply) => {
                request.keep_alive &= !stopping.load(Relaxed);
                self.writer().answer(&mut request, reply, &outcome.remarks).await
            }
            End::Upgrade(upgrade) => {
                Box::pin(self.writer().upgrade(&mut request, *upgrade, &outcome.remarks)).await
            }
            End::Stream(streamed) => {
                Box::pin(self.writer().stream(&mut request, *streamed, &outcome.remarks, stopping))
                    .await
            }
            End::Break(how) => {
                self.writer().break_call(&mut request, how, &outcome.remarks, stopping).await
            }
        }
    }

    /// What a request ends in; `None` if the client has disconnected.
    async fn decide(&mut self, parts: Parts, request: &mut PendingRequest) -> Option<Outcome> {
        let PendingRequest { framing, expects_continue, .. } = request;
        let tls = self.stream.is_encrypted();
        let body = RequestBody { stream: &mut self.stream, framing, expects_continue };
        respond(&self.port.server, self.port.region(), &parts, tls, body).await
    }

    /// Waits for so long, unless the client disconnects or stalls.
    async fn wait(&mut self, request: &PendingRequest, wait: Duration) -> Result<(), StreamError> {
        if wait.is_zero() {
            return Ok(());
        }
        self.stream.shrink_buffer();
        request.log.waits(wait);
        self.stream.while_connected(sleep(wait)).await
    }

    fn writer(&mut self) -> ResponseWriter<'_> {
        ResponseWriter { region: self.port.region(), stream: &mut self.stream }
    }

    fn into_handover(self, protocol: Protocol) -> Handover {
        let (stream, read_ahead) = self.stream.into_parts();
        Handover { protocol, port: self.port, stream, read_ahead }
    }

    fn into_upgraded(self, recorder: Recorder) -> UpgradedConnection {
        let budget = self.stream.budget.clone();
        let (stream, read_ahead) = self.stream.into_parts();
        let shutdown = self.port.shutdown;
        UpgradedConnection { stream, read_ahead, budget, shutdown, recorder }
    }
}
