//! One request and what it ends in.

use std::{future::poll_fn, time::Duration};

use bytes::Bytes;
use h2::{Reason, RecvStream, server::SendResponse};
use http::{HeaderMap, HeaderValue, Method, Request, header, request::Parts};
use tokio::time::{sleep, timeout};

use super::{
    body::RequestBody,
    intake::{Intake, OwnTurn},
};
use crate::{
    outcome::{End, Outcome},
    serve::respond,
    transport::{
        call_log::CallLog,
        limits::{LINE_MEMORY, LINGER_TIME, MAX_DISCARDED},
        port::Port,
    },
};

/// A stream of the connection, on which a request is answered.
pub(super) struct Exchange {
    pub(super) port: Port,
    pub(super) respond: SendResponse<Bytes>,
    body: RecvStream,
    is_encrypted: bool,
    intake: Intake,
    /// Of a large head, which is kept until the request is decided.
    head_turn: Option<OwnTurn>,
    /// Of a body or an answer that is large.
    pub(super) turn: Option<OwnTurn>,
}

/// The client has reset the stream, or has gone, or stalled while others waited.
#[derive(Debug)]
pub(super) struct Gone;

/// What is kept of a request until it is answered. Its head is dropped before.
pub(super) struct Asked {
    /// Whether the client wants only the head of the answer.
    pub(super) head_only: bool,
    pub(super) log: CallLog,
}

// === impl Gone ===

impl From<h2::Error> for Gone {
    fn from(_: h2::Error) -> Self {
        Self
    }
}

// === impl Exchange ===

impl Exchange {
    /// Has a request decided, waits as asked, then answers or breaks.
    pub(super) async fn serve(
        port: Port,
        request: Request<RecvStream>,
        mut respond: SendResponse<Bytes>,
        intake: Intake,
        head_turn: Option<OwnTurn>,
        is_encrypted: bool,
    ) {
        let (mut parts, body) = request.into_parts();
        if let Some(own) = &head_turn {
            own.turn.shrink(memory(&parts.headers));
        }
        if lacks_path(&parts) {
            return respond.send_reset(Reason::PROTOCOL_ERROR);
        }
        let mut exchange =
            Self { port, respond, body, is_encrypted, intake, head_turn, turn: None };
        complete(&mut parts);
        let head_only = parts.method == Method::HEAD;
        let mut asked = Asked { head_only, log: CallLog::new(exchange.port.region(), &parts) };
        if exchange.answer(parts, &mut asked).await.is_err() {
            asked.log.is_abandoned("the client went away");
        }
    }

    async fn answer(&mut self, parts: Parts, asked: &mut Asked) -> Result<(), Gone> {
        let mut outcome = Box::pin(self.decide(parts)).await.ok_or(Gone)?;
        self.head_turn = None;
        asked.log.decided(&self.port.server.state.journal, outcome.draft.take());
        self.shrink_turn(&outcome.end);
        if !outcome.wait.is_zero() {
            asked.log.waits(outcome.wait);
            self.wait(outcome.wait).await?;
        }
        match outcome.end {
            End::Reply(reply) => {
                self.reply(asked, &reply, &outcome.remarks).await?;
                self.discard_body().await;
                Ok(())
            }
            End::Stream(streamed) => {
                Box::pin(self.stream(asked, *streamed, &outcome.remarks)).await
            }
            End::Break(how) => Box::pin(self.break_call(asked, *how, &outcome.remarks)).await,
            End::Upgrade(_) => unreachable!("an upgrade comes over HTTP/1.1"),
        }
    }

    /// What a request ends in; `None` if the client has gone.
    async fn decide(&mut self, parts: Parts) -> Option<Outcome> {
        let length = parts.headers.get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        let budget = &self.port.server.state.budget;
        let body = RequestBody {
            stream: &mut self.body,
            length,
            budget,
            intake: &self.intake,
            head_turn: self.head_turn.as_ref(),
            turn: &mut self.turn,
        };
        respond(&self.port.server, self.port.region(), &parts, self.is_encrypted, body).await
    }

    /// Gives the turn back, except for what a large answer needs.
    fn shrink_turn(&mut self, end: &End) {
        match (end.large_reply(), &self.turn) {
            (Some(reply), Some(own)) => own.turn.shrink(reply.body.len()),
            _ => self.turn = None,
        }
    }

    /// Waits for so long, unless the client resets the stream.
    async fn wait(&mut self, time: Duration) -> Result<(), Gone> {
        tokio::select! {
            () = sleep(time) => Ok(()),
            () = self.reset() => Err(Gone),
        }
    }

    /// Throws away what comes of a body that nobody has asked for, within limits: clients that still send
    /// it might otherwise miss the answer.
    async fn discard_body(&mut self) {
        if self.body.is_end_stream() {
            return;
        }
        self.turn = None;
        let discarding = async {
            let mut discarded = 0;
            while let Some(Ok(piece)) = poll_fn(|context| self.body.poll_data(context)).await
                && discarded < MAX_DISCARDED
            {
                discarded += piece.len();
                let _ = self.body.flow_control().release_capacity(piece.len());
            }
        };
        let _ = timeout(LINGER_TIME, discarding).await;
    }

    /// Waits until the client resets the stream or goes, before it is answered.
    pub(super) async fn reset(&mut self) {
        let _ = poll_fn(|context| self.respond.poll_reset(context)).await;
    }
}

/// How much memory these headers need.
fn memory(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + LINE_MEMORY).sum()
}

/// Whether a head has no `:path`, which `h2` finds out only where there is an `:authority`.
fn lacks_path(parts: &Parts) -> bool {
    parts.method != Method::CONNECT && parts.uri.path().is_empty()
}

/// Adds to a head what HTTP/1 would have in it.
fn complete(parts: &mut Parts) {
    if !parts.headers.contains_key(header::HOST)
        && let Some(host) = parts.uri.authority()
        && let Ok(host) = HeaderValue::from_str(host.as_str())
    {
        parts.headers.insert(header::HOST, host);
    }
}
