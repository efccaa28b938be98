//! One connection, from its first byte to its last.

use std::{
    pin::pin,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use http::request::Parts;
use tokio::time::sleep;

use super::{
    answer::{Answerer, Asked, Next},
    body::Unread,
    head::Head,
    next_head::next_head,
    wire::{Cut, Wire},
};
use crate::{
    budget::SMALL,
    connection::{self, Stream},
    outcome::{Break, End, Outcome, Reply},
    serve::respond,
    transport::port::Port,
};

struct Connection {
    port: Port,
    wire: Wire,
}

/// Serves a connection to its end.
pub(crate) async fn serve(port: Port, stream: Box<dyn Stream>) {
    let stopping = AtomicBool::new(false);
    let mut shutdown = port.shutdown.clone();
    let wire = Wire::new(stream, port.server.state.budget.clone());
    let mut connection = pin!(Connection { port, wire }.serve(&stopping));
    tokio::select! {
        biased;
        () = connection.as_mut() => return,
        () = shutdown.begins() => stopping.store(true, Relaxed),
    }
    // An idle connection ends at once, any other behind its answer.
    connection.await;
}

impl Connection {
    async fn serve(mut self, stopping: &AtomicBool) {
        while self.wire.begins(stopping).await {
            let next = match next_head(&mut self.wire).await {
                Ok(head) => self.exchange(head, stopping).await,
                Err(error) => {
                    self.port.warn(&error.to_string());
                    Box::pin(self.answerer().refuse(error)).await
                }
            };
            match next {
                Next::Request => {}
                Next::End => return,
                Next::Upgrade(player) => return player.play(Box::new(self.let_go())),
            }
        }
    }

    async fn exchange(&mut self, head: Head, stopping: &AtomicBool) -> Next {
        let (parts, mut asked) = Asked::of(head, self.port.region());
        // A request that waits holds its outcome alone: the head goes with the decision.
        match Box::pin(self.decide(parts, &mut asked)).await {
            Some(outcome) => self.carry_out(asked, outcome, stopping).await,
            None => asked.unheard(Cut::Gone),
        }
    }

    /// What a request ends in; nothing where the client is gone.
    async fn decide(&mut self, parts: Parts, asked: &mut Asked) -> Option<Outcome> {
        let Asked { framing, expects, .. } = asked;
        let body = Unread { wire: &mut self.wire, framing, expects };
        respond(&self.port.server, self.port.region(), &parts, body).await
    }

    /// Waits as asked, then answers, upgrades or breaks. A stop lets no request follow.
    async fn carry_out(
        &mut self,
        mut asked: Asked,
        outcome: Outcome,
        stopping: &AtomicBool,
    ) -> Next {
        let Outcome { wait, end, remarks, .. } = outcome;
        self.wire.let_go(match large(&end) {
            Some(reply) => reply.body.len(),
            None => 0,
        });
        if !wait.is_zero() {
            self.wire.tidy();
            asked.entry.waits(wait);
            if let Err(cut) = self.wire.unless_cut(sleep(wait)).await {
                return asked.unheard(cut);
            }
        }
        match end {
            End::Reply(reply) => {
                asked.keeps &= !stopping.load(Relaxed);
                self.answerer().answer(asked, &reply, &remarks).await
            }
            End::Upgrade(upgrade) => self.answerer().upgrade(asked, *upgrade, &remarks).await,
            End::Break(how) => self.answerer().break_call(asked, how, &remarks, stopping).await,
        }
    }

    fn answerer(&mut self) -> Answerer<'_> {
        Answerer { region: self.port.region(), wire: &mut self.wire }
    }

    fn let_go(self) -> connection::Connection {
        let budget = self.wire.budget.clone();
        let (stream, first) = self.wire.into_parts();
        let shutdown = self.port.shutdown;
        connection::Connection { stream, first, budget, shutdown }
    }
}

/// The answer, if it is so large that it keeps its request's turn.
fn large(end: &End) -> Option<&Reply> {
    let (End::Reply(reply) | End::Break(Break::Truncate(reply) | Break::Drip(reply, _))) = end
    else {
        return None;
    };
    (reply.body.len() > SMALL).then_some(reply)
}
