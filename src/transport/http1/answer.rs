//! Writes answers to a connection.

use std::time::Duration;

use bytes::Buf as _;
use http::{Method, Version, request::Parts};
use tokio::time::timeout;

use super::{
    body::Framing,
    buffered_stream::{BufferedStream, StreamError},
    error::HeadError,
    head::Head,
    response::{ResponseHead, put_header},
};
use crate::{
    journal::Recorder,
    outcome::{Play, Remarks, Reply, Upgrade},
    region::Region,
    transport::{
        call_log::CallLog,
        headers::each_header,
        limits::{LINGER_TIME, MAX_DISCARDED},
    },
};

/// How long the rest of a short body may take once its request is answered.
const REST_TIME: Duration = Duration::from_secs(10);
/// A body up to this length is sent in one piece with its head.
const SHORT: usize = 16 << 10;

/// What follows a request on its connection.
pub(super) enum Next {
    Request,
    /// The connection ends in order.
    End,
    /// The connection is cut: its end is not said to the client.
    Cut,
    Upgrade(Box<dyn Play>, Recorder),
}

/// What is kept of a request until it is answered. Its head is dropped before.
pub(super) struct PendingRequest {
    pub(super) version: Version,
    /// Whether the client wants only the head of the answer.
    pub(super) head_only: bool,
    pub(super) framing: Framing,
    /// Whether the client waits for `100 Continue` before it sends the body.
    pub(super) expects_continue: bool,
    pub(super) keep_alive: bool,
    pub(super) log: CallLog,
}

/// Writes the answers of a region to a connection.
pub(super) struct ResponseWriter<'a> {
    pub(super) stream: &'a mut BufferedStream,
    pub(super) region: &'a Region,
}

impl PendingRequest {
    pub(super) fn of(head: Head, region: &Region) -> (Parts, Self) {
        let Head { parts, framing, keep_alive, expects_continue } = head;
        let (version, head_only) = (parts.version, parts.method == Method::HEAD);
        let log = CallLog::new(region, &parts);
        (parts, Self { version, head_only, framing, expects_continue, keep_alive, log })
    }

    /// Ends a call whose client does not get an answer.
    pub(super) fn abandoned(&mut self, error: StreamError) -> Next {
        self.log.is_abandoned(match error {
            StreamError::Gone => "the client went away",
            StreamError::Stalled => "ended, because it is large and stalled while others waited",
        });
        Next::Cut
    }
}

impl ResponseWriter<'_> {
    /// Answers an invalid head, and closes the connection: the next request could be anywhere.
    pub(super) async fn refuse(mut self, error: HeadError) -> Next {
        let reply = error.reply();
        let head = ResponseHead {
            version: Version::HTTP_11,
            status: reply.status,
            keep_alive: false,
            length: Some(reply.body.len()),
        };
        let bytes = head_bytes(&head, &reply, self.region, &Remarks::default());
        self.stream.release_turns(0);
        if self.stream.send(&bytes, &reply.body).await.is_ok() {
            self.close_lingering().await;
        }
        Next::End
    }

    pub(super) async fn answer(
        &mut self,
        request: &mut PendingRequest,
        reply: &Reply,
        remarks: &Remarks,
    ) -> Next {
        let valid = request.framing.skip(&mut self.stream.unread).is_ok();
        let complete = valid && request.framing.is_complete();
        // A small rest of the body is read after the answer. For a rest that may be large, or never
        // come, the connection is closed instead.
        let follows = valid && request.framing.remainder_is_small() && !request.expects_continue;
        request.keep_alive &= complete || follows;
        // Written down before it is sent, so that a client that has the answer finds it there.
        request.log.ends(format_args!("{}, {} bytes", reply.status, reply.body.len()));
        if let Err(error) = self.send(request, reply, remarks).await {
            return request.abandoned(error);
        }
        self.stream.release_turns(0);
        if request.keep_alive {
            return if self.read_rest_of_body(&mut request.framing).await {
                Next::Request
            } else {
                Next::End
            };
        }
        if !complete || !self.stream.unread.is_empty() {
            Box::pin(self.close_lingering()).await;
        }
        Next::End
    }

    pub(super) async fn upgrade(
        &mut self,
        request: &mut PendingRequest,
        upgrade: Upgrade,
        remarks: &Remarks,
    ) -> Next {
        // The player gets what follows the body, not the body.
        if !self.read_rest_of_body(&mut request.framing).await {
            return request.abandoned(StreamError::Gone);
        }
        let recorder = request.log.upgraded();
        match self.send(request, &upgrade.reply, remarks).await {
            Ok(()) => Next::Upgrade(upgrade.player, recorder),
            Err(error) => request.abandoned(error),
        }
    }

    async fn send(
        &mut self,
        request: &PendingRequest,
        reply: &Reply,
        remarks: &Remarks,
    ) -> Result<(), StreamError> {
        let (version, status) = (request.version, reply.status);
        let head = ResponseHead {
            version,
            status,
            keep_alive: request.keep_alive,
            length: Some(reply.body.len()),
        };
        let mut bytes = head_bytes(&head, reply, self.region, remarks);
        let mut body = &reply.body[..];
        if request.head_only {
            body = b"";
        } else if body.len() <= SHORT {
            bytes.extend_from_slice(body);
            body = b"";
        }
        self.stream.send(&bytes, body).await
    }

    /// Reads and discards the rest of a body. Returns whether it ended in time.
    pub(super) async fn read_rest_of_body(&mut self, framing: &mut Framing) -> bool {
        if framing.is_complete() {
            return true;
        }
        let reading = async {
            while framing.skip(&mut self.stream.unread).is_ok() {
                if framing.is_complete() {
                    return true;
                }
                if self.stream.read_more(0).await.is_err() {
                    break;
                }
            }
            false
        };
        timeout(REST_TIME, Box::pin(reading)).await.unwrap_or(false)
    }

    /// Says the end of the connection to a client whose protocol has words for it.
    pub(super) async fn say_farewell(self) {
        let _ = timeout(LINGER_TIME, self.stream.close_writing()).await;
    }

    /// Closes the connection normally. What the client still sends is discarded, within limits: if it
    /// were left unread, TCP would send a reset, and the client might lose the answer.
    pub(super) async fn close_lingering(&mut self) {
        let discarding = async {
            self.stream.close_writing().await?;
            let mut discarded = self.stream.unread.len();
            self.stream.unread.clear();
            while discarded < MAX_DISCARDED {
                self.stream.read_more(0).await?;
                discarded += self.stream.unread.len();
                self.stream.unread.advance(self.stream.unread.len());
            }
            Ok::<_, StreamError>(())
        };
        let _ = timeout(LINGER_TIME, discarding).await;
    }
}

/// An answer's head. A short body can be appended without a new allocation.
pub(super) fn head_bytes(
    head: &ResponseHead,
    reply: &Reply,
    region: &Region,
    remarks: &Remarks,
) -> Vec<u8> {
    let body = if reply.body.len() <= SHORT { reply.body.len() } else { 0 };
    let mut bytes = Vec::with_capacity(384 + body);
    head.write_start(&mut bytes);
    each_header(reply, region, remarks, |name, value| put_header(&mut bytes, name, value));
    head.write_end(&mut bytes);
    bytes
}
