//! Reads a request's body, with no more memory than its turn allows.

use std::{
    future::poll_fn,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use h2::RecvStream;
use tokio::task::yield_now;

use super::intake::{Intake, OwnTurn};
use crate::{
    body::{Body, BodyError, MAX_BODY},
    budget::{Budget, SMALL, UNSIZED_LIMIT},
};

/// The body of the request that is being answered.
pub(super) struct RequestBody<'a> {
    pub(super) stream: &'a mut RecvStream,
    /// As announced.
    pub(super) length: Option<u64>,
    pub(super) budget: &'a Budget,
    pub(super) intake: &'a Intake,
    /// The turn of the head, if that is large.
    pub(super) head_turn: Option<&'a OwnTurn>,
    /// The turn of a large body, which is kept until the request is decided.
    pub(super) turn: &'a mut Option<OwnTurn>,
}

impl Body for RequestBody<'_> {
    async fn read(&mut self) -> Result<Bytes, BodyError> {
        if self.length.is_some_and(|length| length > MAX_BODY as u64) {
            return Err(BodyError::TooLarge);
        }
        let Some(first) = self.piece().await? else { return Ok(Bytes::new()) };
        if first.len() > UNSIZED_LIMIT && !self.stream.is_end_stream() {
            self.wait_for_turn().await?;
        }
        // Nearly every body comes in one piece.
        let Some(second) = self.piece().await? else { return Ok(first) };
        let mut whole = BytesMut::from(first);
        let mut next = Some(second);
        while let Some(piece) = next {
            if whole.len() + piece.len() > MAX_BODY {
                return Err(BodyError::TooLarge);
            }
            if self.turn.is_none() && whole.len() + piece.len() > UNSIZED_LIMIT {
                self.wait_for_turn().await?;
            }
            whole.extend_from_slice(&piece);
            next = self.piece().await?;
        }
        if whole.len() > SMALL {
            // Decoding it will take time, so others come first.
            yield_now().await;
        }
        Ok(whole.freeze())
    }
}

impl RequestBody<'_> {
    /// Waits for its share of the memory. Meanwhile the client can send no more than its window.
    async fn wait_for_turn(&mut self) -> Result<(), BodyError> {
        let length = self.length.and_then(|length| usize::try_from(length).ok());
        let turn = self.budget.turn(length.unwrap_or(MAX_BODY));
        let waits = self.intake.wait();
        poll_fn(|context| match self.is_stalled(context) {
            true => Poll::Ready(Err(BodyError::Stalled)),
            false => turn.poll_granted(context).map(Ok),
        })
        .await?;
        *self.turn = Some(self.intake.hold(turn));
        drop(waits);
        Ok(())
    }

    /// Whether a turn was taken away, since the client sends nothing.
    fn is_stalled(&self, context: &mut Context<'_>) -> bool {
        let turns = [self.head_turn, self.turn.as_ref()];
        turns.into_iter().flatten().any(|own| own.turn.poll_lost(context).is_ready())
    }

    /// The next bytes; `None` at the end.
    async fn piece(&mut self) -> Result<Option<Bytes>, BodyError> {
        loop {
            let piece = poll_fn(|context| {
                if self.is_stalled(context) {
                    return Poll::Ready(Err(BodyError::Stalled));
                }
                self.stream.poll_data(context).map(|data| match data {
                    Some(Ok(piece)) => Ok(Some(piece)),
                    Some(Err(_)) => Err(BodyError::Gone),
                    None => Ok(None),
                })
            });
            let Some(piece) = piece.await? else { return Ok(None) };
            let _ = self.stream.flow_control().release_capacity(piece.len());
            for own in [self.head_turn, self.turn.as_ref()].into_iter().flatten() {
                own.turn.progressed(piece.len());
            }
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
    }
}
