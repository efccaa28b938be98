//! An answer, or what takes its place, on a connection.

use std::time::Duration;

use bytes::Buf as _;
use http::{Method, Version, request::Parts};
use tokio::time::timeout;

use super::{
    body::Framing,
    error::HeadError,
    head::Head,
    log::Entry,
    response::{Form, put_header},
    wire::{Cut, Wire},
};
use crate::{
    outcome::{Play, Remarks, Reply, Upgrade},
    region::Region,
    transport::headers::each_header,
};

/// How much a client may send that nobody reads, so that it gets to read the answer, and for how long.
const MAX_FORGOTTEN: usize = 64 << 20;
const FORGET_TIME: Duration = Duration::from_secs(2);
/// How long the rest of a short body may take whose request is answered already.
const REST_TIME: Duration = Duration::from_secs(10);
/// A body up to this length is sent in one piece with its head.
const SHORT: usize = 16 << 10;

/// What comes behind a request.
pub(super) enum Next {
    Request,
    End,
    Upgrade(Box<dyn Play>),
}

/// The request that is being answered, once its head is gone.
pub(super) struct Asked {
    pub(super) version: Version,
    /// Whether only the answer's head is wanted.
    pub(super) head_only: bool,
    pub(super) framing: Framing,
    /// Whether the client waits for a word before it sends the body.
    pub(super) expects: bool,
    pub(super) keeps: bool,
    pub(super) entry: Entry,
}

/// A connection and the region that answers on it.
pub(super) struct Answerer<'a> {
    pub(super) wire: &'a mut Wire,
    pub(super) region: &'a Region,
}

impl Asked {
    pub(super) fn of(head: Head, region: &Region) -> (Parts, Self) {
        let Head { parts, framing, keeps, expects } = head;
        let (version, head_only) = (parts.version, parts.method == Method::HEAD);
        let entry = Entry::new(region, &parts);
        (parts, Self { version, head_only, framing, expects, keeps, entry })
    }

    /// The end of a call whose client does not hear its answer.
    pub(super) fn unheard(&self, cut: Cut) -> Next {
        self.entry.ended(match cut {
            Cut::Gone => "the client went away",
            Cut::Stalled => "ended for others that waited, since it is large and stalled",
        });
        Next::End
    }
}

impl Answerer<'_> {
    /// Answers what is no request. Nobody knows where another would begin.
    pub(super) async fn refuse(mut self, error: HeadError) -> Next {
        let reply = error.reply();
        let form = Form {
            version: Version::HTTP_11,
            status: reply.status,
            keeps: false,
            length: reply.body.len(),
        };
        let bytes = written(&form, &reply, self.region, &Remarks::default());
        self.wire.let_go(0);
        if self.wire.send(&bytes, &reply.body).await.is_ok() {
            self.forget().await;
        }
        Next::End
    }

    pub(super) async fn answer(
        &mut self,
        mut asked: Asked,
        reply: &Reply,
        remarks: &Remarks,
    ) -> Next {
        let sound = asked.framing.skip(&mut self.wire.unread).is_ok();
        let over = sound && asked.framing.is_over();
        // What little is left of a body is read behind the answer. Of what may be much, or may never
        // come, the client is told that it need not.
        let follows = sound && asked.framing.is_nearly_over() && !asked.expects;
        asked.keeps &= over || follows;
        // Before it is sent: who has the answer may look into the log.
        asked.entry.ended(format_args!("{}, {} bytes", reply.status, reply.body.len()));
        if let Err(cut) = self.send(&asked, reply, remarks).await {
            return asked.unheard(cut);
        }
        self.wire.let_go(0);
        if asked.keeps {
            return if self.rest_is_read(&mut asked.framing).await {
                Next::Request
            } else {
                Next::End
            };
        }
        if !over || !self.wire.unread.is_empty() {
            Box::pin(self.forget()).await;
        }
        Next::End
    }

    pub(super) async fn upgrade(
        &mut self,
        mut asked: Asked,
        upgrade: Upgrade,
        remarks: &Remarks,
    ) -> Next {
        // What follows the body, if there is one, is the player's.
        if !self.rest_is_read(&mut asked.framing).await {
            return asked.unheard(Cut::Gone);
        }
        asked.entry.ended("upgraded");
        match self.send(&asked, &upgrade.reply, remarks).await {
            Ok(()) => Next::Upgrade(upgrade.player),
            Err(cut) => asked.unheard(cut),
        }
    }

    async fn send(&mut self, asked: &Asked, reply: &Reply, remarks: &Remarks) -> Result<(), Cut> {
        let (version, status) = (asked.version, reply.status);
        let form = Form { version, status, keeps: asked.keeps, length: reply.body.len() };
        let mut bytes = written(&form, reply, self.region, remarks);
        let mut body = &reply.body[..];
        if asked.head_only {
            body = b"";
        } else if body.len() <= SHORT {
            bytes.extend_from_slice(body);
            body = b"";
        }
        self.wire.send(&bytes, body).await
    }

    /// Reads the rest of a body whose request is answered; whether it has ended, and in time.
    pub(super) async fn rest_is_read(&mut self, framing: &mut Framing) -> bool {
        if framing.is_over() {
            return true;
        }
        let reading = async {
            while framing.skip(&mut self.wire.unread).is_ok() {
                if framing.is_over() {
                    return true;
                }
                if self.wire.more(0).await.is_err() {
                    break;
                }
            }
            false
        };
        timeout(REST_TIME, Box::pin(reading)).await.unwrap_or(false)
    }

    /// Ends the connection in order. What still comes is read and forgotten, within bounds: else it
    /// would turn the end into a reset, and the client might lose the answer.
    pub(super) async fn forget(&mut self) {
        let forgetting = async {
            self.wire.finish().await?;
            let mut forgotten = self.wire.unread.len();
            self.wire.unread.clear();
            while forgotten < MAX_FORGOTTEN {
                self.wire.more(0).await?;
                forgotten += self.wire.unread.len();
                self.wire.unread.advance(self.wire.unread.len());
            }
            Ok::<_, Cut>(())
        };
        let _ = timeout(FORGET_TIME, forgetting).await;
    }
}

/// An answer's head, with room for a short body.
pub(super) fn written(form: &Form, reply: &Reply, region: &Region, remarks: &Remarks) -> Vec<u8> {
    let body = if reply.body.len() <= SHORT { reply.body.len() } else { 0 };
    let mut bytes = Vec::with_capacity(384 + body);
    form.begin(&mut bytes);
    each_header(reply, region, remarks, |name, value| put_header(&mut bytes, name, value));
    form.end(&mut bytes);
    bytes
}
