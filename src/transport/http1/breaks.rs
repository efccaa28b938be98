//! Breaks calls on HTTP/1 in the ways in which networks do.

use std::{
    future::poll_fn,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    task::Poll,
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

use super::{
    answer::{Next, PendingRequest, ResponseWriter, head_bytes},
    buffered_stream::StreamError,
    response::ResponseHead,
};
use crate::{
    outcome::{Break, Remarks, Reply},
    transport::pieces::pieces,
};

/// Bytes that no HTTP client can take for an answer, not even for the plain text of HTTP/0.9.
const GARBAGE: &[u8] = b"\0\xff\xfe garbage, as asked \xfe\xff\0\r\n\r\n";

impl ResponseWriter<'_> {
    pub(super) async fn break_call(
        &mut self,
        request: &mut PendingRequest,
        how: Box<Break>,
        remarks: &Remarks,
        stopping: &AtomicBool,
    ) -> Next {
        match *how {
            // These go on.
            Break::Hang | Break::Drip(..) => request.log.says(&how),
            _ => request.log.ends(&how),
        }
        match *how {
            Break::Drop => Next::Cut,
            Break::Reset => {
                self.stream.reset_on_close();
                Next::Cut
            }
            Break::Hang => self.hang(request, stopping).await,
            Break::Garbage => Box::pin(self.garbage()).await,
            Break::Truncate(reply) => Box::pin(self.truncate(request, &reply, remarks)).await,
            Break::Drip(reply, time) => Box::pin(self.drip(request, &reply, time, remarks)).await,
        }
    }

    /// Waits until the client disconnects or the server stops. A stop wakes the task, so the flag need
    /// not register a waker.
    async fn hang(&mut self, request: &mut PendingRequest, stopping: &AtomicBool) -> Next {
        let stopped = poll_fn(|_| match stopping.load(Relaxed) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        });
        self.stream.shrink_buffer();
        let hung = self.stream.while_connected(stopped).await;
        // It has hung, whoever ended that.
        request.log.ended();
        match hung {
            Ok(()) => Next::End,
            Err(error) => request.abandoned(error),
        }
    }

    async fn garbage(&mut self) -> Next {
        if self.stream.send(GARBAGE, b"").await.is_ok() {
            self.close_lingering().await;
        }
        Next::End
    }

    async fn truncate(
        &mut self,
        request: &mut PendingRequest,
        reply: &Reply,
        remarks: &Remarks,
    ) -> Next {
        let body = if request.head_only { b"" } else { &reply.body[..reply.body.len() / 2] };
        let head = self.head(request, reply, reply.body.len().max(1), remarks);
        match self.stream.send(&head, body).await {
            Ok(()) => self.close_lingering().await,
            Err(error) => return request.abandoned(error),
        }
        Next::End
    }

    async fn drip(
        &mut self,
        request: &mut PendingRequest,
        reply: &Reply,
        time: Duration,
        remarks: &Remarks,
    ) -> Next {
        request.keep_alive &= request.framing.is_complete();
        let head = self.head(request, reply, reply.body.len(), remarks);
        let body = if request.head_only { b"" } else { &reply.body[..] };
        if let Err(error) = self.send_in_pieces(&head, body, time).await {
            return request.abandoned(error);
        }
        request.log.ended();
        self.stream.release_turns(0);
        if request.keep_alive {
            return Next::Request;
        }
        self.close_lingering().await;
        Next::End
    }

    async fn send_in_pieces(
        &mut self,
        head: &[u8],
        body: &[u8],
        time: Duration,
    ) -> Result<(), StreamError> {
        let begun = Instant::now();
        self.stream.send(head, b"").await?;
        let mut sent = 0;
        for (end, share) in pieces(body.len(), time) {
            if let Some(due) = begun.checked_add(share) {
                self.stream.while_connected(sleep_until(due)).await?;
            }
            self.stream.send(&body[sent..end], b"").await?;
            sent = end;
        }
        Ok(())
    }

    fn head(
        &self,
        request: &PendingRequest,
        reply: &Reply,
        length: usize,
        remarks: &Remarks,
    ) -> Vec<u8> {
        let (version, status) = (request.version, reply.status);
        let head =
            ResponseHead { version, status, keep_alive: request.keep_alive, length: Some(length) };
        head_bytes(&head, reply, self.region, remarks)
    }
}
