//! Sends an answer whose body has no end. It ends with the connection.

use std::{
    future::poll_fn,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    task::Poll,
};

use bytes::Bytes;
use tokio::time::timeout;

use super::{
    answer::{Next, PendingRequest, ResponseWriter, head_bytes},
    buffered_stream::StreamError,
    response::ResponseHead,
};
use crate::{
    outcome::{Remarks, Reply, Streamed},
    transport::limits::WRITE_TIME,
};

impl ResponseWriter<'_> {
    /// Sends piece after piece, until the client disconnects or stops reading, or the server stops.
    pub(super) async fn stream(
        &mut self,
        request: &mut PendingRequest,
        streamed: Streamed,
        remarks: &Remarks,
        stopping: &AtomicBool,
    ) -> Next {
        let Streamed { reply, mut feed } = streamed;
        request.log.ends(reply.status);
        let head = self.stream_head(request, &reply, remarks);
        if self.sent_in_time(&head).await.is_err() || request.head_only {
            return Next::End;
        }
        loop {
            let next = async {
                let mut piece = feed.next();
                // A stop wakes the task, so the flag need not register a waker.
                poll_fn(|context| match stopping.load(Relaxed) {
                    true => Poll::Ready(None),
                    false => piece.as_mut().poll(context).map(Some),
                })
                .await
            };
            let Ok(Some(piece)) = self.stream.while_connected(next).await else {
                return Next::End;
            };
            if self.sent_in_time(&piece).await.is_err() {
                return Next::End;
            }
        }
    }

    fn stream_head(&self, request: &PendingRequest, reply: &Reply, remarks: &Remarks) -> Bytes {
        let (version, status) = (request.version, reply.status);
        let head = ResponseHead { version, status, keep_alive: false, length: None };
        head_bytes(&head, reply, self.region, remarks).into()
    }

    async fn sent_in_time(&mut self, piece: &[u8]) -> Result<(), StreamError> {
        let sent = timeout(WRITE_TIME, self.stream.send(piece, b"")).await;
        sent.unwrap_or(Err(StreamError::Stalled))
    }
}
