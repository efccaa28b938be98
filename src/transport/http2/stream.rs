//! Sends an answer whose body has no end.

use std::future::poll_fn;

use tokio::time::timeout;

use super::{
    answer::send,
    exchange::{Asked, Exchange, Gone},
};
use crate::{
    outcome::{Remarks, Streamed},
    transport::limits::WRITE_TIME,
};

impl Exchange {
    /// Sends piece after piece, until the client resets the stream or stops reading, or the server stops.
    pub(super) async fn stream(
        &mut self,
        asked: &mut Asked,
        streamed: Streamed,
        remarks: &Remarks,
    ) -> Result<(), Gone> {
        let Streamed { reply, mut feed } = streamed;
        asked.log.ends(reply.status);
        let mut stream = self.head(&reply, None, remarks, asked.head_only)?;
        if asked.head_only {
            return Ok(());
        }
        let mut shutdown = self.port.shutdown.clone();
        loop {
            let piece = tokio::select! {
                piece = feed.next() => piece,
                _ = poll_fn(|context| stream.poll_reset(context)) => break,
                () = shutdown.begun() => break,
            };
            let sent = timeout(WRITE_TIME, send(&mut stream, piece, false, None)).await;
            if !matches!(sent, Ok(Ok(()))) {
                break;
            }
        }
        Ok(())
    }
}
