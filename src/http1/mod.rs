//! HTTP/1 on one connection: request by request, head, body and answer.
//!
//! Written for this server, on `httparse`: a head may be as long as a token's metadata makes it, what
//! is large waits for its turn before it is read, whatever is refused is told why, and an answer may
//! end in more ways than an HTTP library knows.

mod body;
mod foreign;
mod head;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod invariants;
mod log;
mod refusal;
mod response;
mod wire;

use std::{
    pin::pin,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use bytes::{Buf as _, Bytes};
use http::{Method, Version, request::Parts};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep, timeout, timeout_at},
};

use crate::{
    budget::{Budget, SMALL},
    listen::Door,
    outcome::{End, Outcome, Reply},
    region::Region,
    service,
    signal::Session,
    warning::Warnings,
};
use body::Framing;
use head::{Found, Head, MAX_HEAD};
use log::Entry;
use refusal::Refusal;
use response::{Form, put_header};
use wire::{Cut, Wire};

pub(crate) use body::{Body, BodyError, MAX_BODY};

/// How long a request's head may take from its first byte to its last, beside waiting for its turn.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// The turn of a large head: its bytes, and as much for its lines.
const HEAD_TURN: usize = 2 * MAX_HEAD;
/// A head that is not longer than this, in bytes, can't have many lines.
const FEW_LINES: usize = 2 << 10;
/// How much a client may send that nobody reads, so that it gets to read the answer, and for how long.
const MAX_FORGOTTEN: usize = 64 << 20;
const FORGET_TIME: Duration = Duration::from_secs(2);
/// How long the rest of a short body may take whose request is answered already.
const REST_TIME: Duration = Duration::from_secs(10);
/// A body up to this length is sent in one piece with its head.
const SHORT: usize = 16 << 10;

/// A connection that HTTP has let go of.
pub(crate) struct Upgraded {
    pub(crate) stream: TcpStream,
    /// What was read of it already.
    pub(crate) first: Bytes,
    pub(crate) budget: Budget,
}

/// What comes behind a request.
enum Next {
    Request,
    End,
    Upgrade(Session),
}

/// The request that is being answered, once its head is gone.
struct Asked {
    version: Version,
    /// Whether only the answer's head is wanted.
    head_only: bool,
    framing: Framing,
    expects: bool,
    keeps: bool,
    entry: Entry,
}

struct Connection {
    door: Door,
    wire: Wire,
}

/// Serves a connection to its end.
pub(crate) async fn serve(door: Door, stream: TcpStream) {
    let stopping = AtomicBool::new(false);
    let mut life = door.life.clone();
    let wire = Wire::new(stream, door.server.budget.clone());
    let mut connection = pin!(Connection { door, wire }.serve(&stopping));
    tokio::select! {
        biased;
        () = connection.as_mut() => return,
        () = life.ends() => stopping.store(true, Relaxed),
    }
    // An idle connection ends at once, any other behind its answer.
    connection.await;
}

impl Connection {
    async fn serve(mut self, stopping: &AtomicBool) {
        while self.wire.begins(stopping).await {
            let next = match self.head().await {
                Ok(head) => self.exchange(head, stopping).await,
                Err(refusal) => Box::pin(self.refuse(refusal)).await,
            };
            match next {
                Next::Request => {}
                Next::End => return,
                Next::Upgrade(session) => {
                    let budget = self.wire.budget.clone();
                    let (stream, first) = self.wire.into_parts();
                    let upgraded = Box::new(Upgraded { stream, first, budget });
                    tokio::spawn(session.play(upgraded, self.door.life));
                    return;
                }
            }
        }
    }

    fn region(&self) -> &Region {
        self.door.server.regions.get(self.door.region)
    }

    // === The head ===

    async fn head(&mut self) -> Result<Head, Refusal> {
        match head::find(&self.wire.unread, 0) {
            Found::Whole(length) if length <= FEW_LINES => self.read_head(length),
            _ => Box::pin(self.long_head()).await,
        }
    }

    fn read_head(&mut self, length: usize) -> Result<Head, Refusal> {
        head::read(&self.wire.unread.split_to(length).freeze())
    }

    /// A head that has not come at once, or that is long.
    async fn long_head(&mut self) -> Result<Head, Refusal> {
        let mut deadline = Instant::now() + HEAD_TIMEOUT;
        let mut looked = 0;
        loop {
            let here = self.wire.unread.len();
            match head::find(&self.wire.unread, looked) {
                Found::Whole(length) if length <= MAX_HEAD => {
                    let weight = head::weight(&self.wire.unread[..length]);
                    if self.wire.holds_none() && weight > SMALL {
                        self.wire.turn(weight).await?;
                    }
                    return self.read_head(length);
                }
                Found::Whole(_) => return Err(Refusal::TooLong),
                Found::Part if here > MAX_HEAD => return Err(Refusal::TooLong),
                Found::Part => {}
            }
            if here <= FEW_LINES
                && let Some(refusal) = head::hopeless(&self.wire.unread)
            {
                return Err(refusal);
            }
            looked = here;
            if self.wire.needs_turn(here) {
                let asked = Instant::now();
                self.wire.turn(HEAD_TURN).await?;
                deadline += asked.elapsed();
            }
            match timeout_at(deadline, self.wire.more(here)).await {
                Ok(read) => read?,
                Err(_) => return Err(Refusal::Late),
            }
        }
    }

    /// Answers what is no request. Nobody knows where another would begin.
    async fn refuse(&mut self, refusal: Refusal) -> Next {
        let (server, region) = (&self.door.server, self.region());
        service::warn(server, region, None, &refusal.to_string());
        let reply = refusal.reply();
        let form = Form {
            version: Version::HTTP_11,
            status: reply.status,
            keeps: false,
            length: reply.body.len(),
        };
        let bytes = written(&form, &reply, region, &Warnings::default());
        self.wire.let_go(0);
        if self.wire.send(&bytes, &reply.body).await.is_ok() {
            self.forget().await;
        }
        Next::End
    }

    // === The exchange ===

    async fn exchange(&mut self, head: Head, stopping: &AtomicBool) -> Next {
        let Head { parts, framing, keeps, expects } = head;
        let mut asked = Asked {
            version: parts.version,
            head_only: parts.method == Method::HEAD,
            framing,
            expects,
            keeps,
            entry: Entry::new(self.region(), &parts),
        };
        // A request that waits holds its outcome alone: the head goes with the decision.
        let Some(outcome) = Box::pin(self.decide(parts, &mut asked)).await else {
            return gone(&asked.entry, Cut::Gone);
        };
        self.wire.let_go(match &outcome.end {
            End::Reply(reply) if reply.body.len() > SMALL => reply.body.len(),
            _ => 0,
        });
        if !outcome.wait.is_zero() {
            self.wire.tidy();
            asked.entry.waits(outcome.wait);
            if let Err(cut) = self.wire.unless_cut(sleep(outcome.wait)).await {
                return gone(&asked.entry, cut);
            }
        }
        match outcome.end {
            End::Drop => {
                asked.entry.ended("dropped, as asked");
                Next::End
            }
            End::Reply(reply) => {
                asked.keeps &= !stopping.load(Relaxed);
                self.answer(asked, &reply, &outcome.warnings).await
            }
            End::Upgrade(upgraded) => {
                let (reply, session) = *upgraded;
                self.upgrade(asked, &reply, &outcome.warnings, session).await
            }
        }
    }

    /// What a request ends in; nothing where the client is gone.
    async fn decide(&mut self, parts: Parts, asked: &mut Asked) -> Option<Outcome> {
        let Asked { framing, expects, .. } = asked;
        let body = Body { wire: &mut self.wire, framing, expects };
        service::respond(&self.door, &parts, body).await
    }

    async fn answer(&mut self, mut asked: Asked, reply: &Reply, warnings: &Warnings) -> Next {
        let sound = asked.framing.skip(&mut self.wire.unread).is_ok();
        let over = sound && asked.framing.is_over();
        // What little is left of a body is read behind the answer. Of what may be much, or may never
        // come, the client is told that it need not.
        let follows = sound && asked.framing.is_nearly_over() && !asked.expects;
        asked.keeps &= over || follows;
        // Before it is sent: who has the answer may look into the log.
        asked.entry.ended(format_args!("{}, {} bytes", reply.status, reply.body.len()));
        if let Err(cut) = self.send(&asked, reply, warnings).await {
            return gone(&asked.entry, cut);
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

    async fn upgrade(
        &mut self,
        mut asked: Asked,
        reply: &Reply,
        warnings: &Warnings,
        session: Session,
    ) -> Next {
        // What follows the body, if there is one, is the session's.
        if !self.rest_is_read(&mut asked.framing).await {
            return gone(&asked.entry, Cut::Gone);
        }
        asked.entry.ended("upgraded");
        match self.send(&asked, reply, warnings).await {
            Ok(()) => Next::Upgrade(session),
            Err(cut) => gone(&asked.entry, cut),
        }
    }

    async fn send(&mut self, asked: &Asked, reply: &Reply, warnings: &Warnings) -> Result<(), Cut> {
        let (version, status) = (asked.version, reply.status);
        let form = Form { version, status, keeps: asked.keeps, length: reply.body.len() };
        let mut bytes = written(&form, reply, self.region(), warnings);
        let mut body = &reply.body[..];
        if asked.head_only {
            body = b"";
        } else if body.len() <= SHORT {
            bytes.extend_from_slice(body);
            body = b"";
        }
        self.wire.send(&bytes, body).await
    }

    // === What is left of a body ===

    /// Reads the rest of a body whose request is answered; whether it has ended, and in time.
    async fn rest_is_read(&mut self, framing: &mut Framing) -> bool {
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
    async fn forget(&mut self) {
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

/// The end of a call whose client does not hear its answer.
fn gone(entry: &Entry, cut: Cut) -> Next {
    entry.ended(match cut {
        Cut::Gone => "the client went away",
        Cut::Stalled => "ended for others that waited, since it is large and stalled",
    });
    Next::End
}

/// An answer's head, with room for a short body.
fn written(form: &Form, reply: &Reply, region: &Region, warnings: &Warnings) -> Vec<u8> {
    let body = if reply.body.len() <= SHORT { reply.body.len() } else { 0 };
    let mut bytes = Vec::with_capacity(384 + body);
    form.begin(&mut bytes);
    service::each_header(reply, region, warnings, |name, value| {
        put_header(&mut bytes, name, value);
    });
    form.end(&mut bytes);
    bytes
}
