//! Breaks calls on HTTP/2 in the ways in which networks do: it is the stream that breaks, since the
//! connection carries other calls.

use std::{future::poll_fn, time::Duration};

use bytes::Bytes;
use h2::Reason;
use tokio::{
    task::yield_now,
    time::{Instant, sleep_until},
};

use super::{
    answer::send,
    exchange::{Asked, Exchange, Gone},
};
use crate::{
    outcome::{Break, Remarks, Reply},
    transport::pieces::pieces,
};

impl Exchange {
    pub(super) async fn break_call(
        &mut self,
        asked: &mut Asked,
        how: Break,
        remarks: &Remarks,
    ) -> Result<(), Gone> {
        match how {
            // These go on.
            Break::Hang | Break::Drip(..) => asked.log.says(&how),
            _ => asked.log.ends(&how),
        }
        match how {
            // Not REFUSED_STREAM, after which clients try again by themselves, nor PROTOCOL_ERROR, after
            // which those in Go do so without a pause.
            Break::Drop | Break::Reset | Break::Garbage => {
                self.respond.send_reset(Reason::INTERNAL_ERROR);
            }
            Break::Hang => return self.hang(asked).await,
            Break::Truncate(reply) => return self.truncate(asked, &reply, remarks).await,
            Break::Drip(reply, time) => return self.drip(asked, &reply, time, remarks).await,
        }
        Ok(())
    }

    /// Waits until the client resets the stream or the server stops.
    async fn hang(&mut self, asked: &mut Asked) -> Result<(), Gone> {
        let mut shutdown = self.port.shutdown.clone();
        let hung = tokio::select! {
            () = self.reset() => Err(Gone),
            () = shutdown.begun() => Ok(()),
        };
        // It has hung, whoever ended that.
        asked.log.ended();
        hung
    }

    async fn truncate(
        &mut self,
        asked: &Asked,
        reply: &Reply,
        remarks: &Remarks,
    ) -> Result<(), Gone> {
        let half = if asked.head_only { 0 } else { reply.body.len() / 2 };
        let mut stream = self.head(reply, Some(reply.body.len().max(1)), remarks, false)?;
        send(&mut stream, reply.body.slice(..half), false, self.turn.as_ref()).await?;
        // A reset overtakes what waits to be sent. The connection, which has been woken, sends it first.
        yield_now().await;
        self.respond.send_reset(Reason::INTERNAL_ERROR);
        Ok(())
    }

    async fn drip(
        &mut self,
        asked: &mut Asked,
        reply: &Reply,
        time: Duration,
        remarks: &Remarks,
    ) -> Result<(), Gone> {
        let begun = Instant::now();
        let body = if asked.head_only { Bytes::new() } else { reply.body.clone() };
        let mut stream = self.head(reply, Some(reply.body.len()), remarks, body.is_empty())?;
        let mut sent = 0;
        for (end, share) in pieces(body.len(), time) {
            if let Some(due) = begun.checked_add(share) {
                tokio::select! {
                    () = sleep_until(due) => {}
                    _ = poll_fn(|context| stream.poll_reset(context)) => return Err(Gone),
                }
            }
            let is_last = end == body.len();
            send(&mut stream, body.slice(sent..end), is_last, self.turn.as_ref()).await?;
            sent = end;
        }
        asked.log.ended();
        Ok(())
    }
}
