//! The ways in which networks break a call, on HTTP/1.

use std::{
    future::poll_fn,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    task::Poll,
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

use super::{
    answer::{Answerer, Asked, Next, written},
    response::Form,
    wire::Cut,
};
use crate::outcome::{Break, Remarks, Reply};

/// What no HTTP client can take for an answer, not even for one of HTTP/0.9 that is text.
const GARBAGE: &[u8] = b"\0\xff\xfe garbage, as asked \xfe\xff\0\r\n\r\n";
/// In how many pieces a body drips, where it has as many bytes.
const PIECES: usize = 100;

impl Answerer<'_> {
    pub(super) async fn break_call(
        &mut self,
        asked: Asked,
        how: Break,
        remarks: &Remarks,
        stopping: &AtomicBool,
    ) -> Next {
        asked.entry.ended(&how);
        match how {
            Break::Drop => Next::End,
            Break::Reset => {
                self.wire.break_off();
                Next::End
            }
            Break::Hang => self.hang(&asked, stopping).await,
            Break::Garbage => Box::pin(self.garbage()).await,
            Break::Truncate(reply) => Box::pin(self.truncate(&asked, &reply, remarks)).await,
            Break::Drip(reply, time) => Box::pin(self.drip(asked, &reply, time, remarks)).await,
        }
    }

    /// A stop of the server wakes the connection, and nothing else does.
    async fn hang(&mut self, asked: &Asked, stopping: &AtomicBool) -> Next {
        let stopped = poll_fn(|_| match stopping.load(Relaxed) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        });
        match self.wire.unless_cut(stopped).await {
            Ok(()) => Next::End,
            Err(cut) => asked.unheard(cut),
        }
    }

    async fn garbage(&mut self) -> Next {
        if self.wire.send(GARBAGE, b"").await.is_ok() {
            self.forget().await;
        }
        Next::End
    }

    async fn truncate(&mut self, asked: &Asked, reply: &Reply, remarks: &Remarks) -> Next {
        let body = if asked.head_only { b"" } else { &reply.body[..reply.body.len() / 2] };
        let head = self.head(asked, reply, reply.body.len().max(1), remarks);
        match self.wire.send(&head, body).await {
            Ok(()) => self.forget().await,
            Err(cut) => return asked.unheard(cut),
        }
        Next::End
    }

    async fn drip(
        &mut self,
        mut asked: Asked,
        reply: &Reply,
        time: Duration,
        remarks: &Remarks,
    ) -> Next {
        asked.keeps &= asked.framing.is_over();
        let head = self.head(&asked, reply, reply.body.len(), remarks);
        let body = if asked.head_only { b"" } else { &reply.body[..] };
        if let Err(cut) = self.send_in_pieces(&head, body, time).await {
            return asked.unheard(cut);
        }
        self.wire.let_go(0);
        if asked.keeps {
            return Next::Request;
        }
        self.forget().await;
        Next::End
    }

    async fn send_in_pieces(
        &mut self,
        head: &[u8],
        body: &[u8],
        time: Duration,
    ) -> Result<(), Cut> {
        let begun = Instant::now();
        self.wire.send(head, b"").await?;
        let mut sent = 0;
        for (end, share) in pieces(body.len(), time) {
            if let Some(due) = begun.checked_add(share) {
                self.wire.unless_cut(sleep_until(due)).await?;
            }
            self.wire.send(&body[sent..end], b"").await?;
            sent = end;
        }
        Ok(())
    }

    fn head(&self, asked: &Asked, reply: &Reply, length: usize, remarks: &Remarks) -> Vec<u8> {
        let (version, status) = (asked.version, reply.status);
        let form = Form { version, status, keeps: asked.keeps, length };
        written(&form, reply, self.region, remarks)
    }
}

/// Where each piece of a body ends, and when it is due.
fn pieces(length: usize, time: Duration) -> impl Iterator<Item = (usize, Duration)> {
    let count = length.min(PIECES);
    (1..=count).map(move |piece| {
        let share = u32::try_from(piece).unwrap_or(u32::MAX);
        let of = u32::try_from(count).unwrap_or(u32::MAX);
        (length * piece / count, time / of * share)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_spread_evenly() {
        let second = Duration::from_secs(1);
        assert_eq!(pieces(0, second).count(), 0);
        let few: Vec<_> = pieces(2, second).collect();
        assert_eq!(few, [(1, second / 2), (2, second)]);
        let many: Vec<_> = pieces(1050, second).collect();
        assert_eq!(many.len(), PIECES);
        assert_eq!((many[0], many[99]), ((10, second / 100), (1050, second)));
    }
}
