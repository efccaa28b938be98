//! What a connection and its requests tell each other of the memory that they need.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use crate::budget::Turn;

/// Shared by a connection and its requests.
#[derive(Debug, Clone, Default)]
pub(super) struct Intake(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The turns of heads that have come and whose requests have not begun, by their streams.
    heads: BTreeMap<u32, Turn>,
    /// How many requests wait for a turn.
    waiting: usize,
    /// How many have one.
    holding: usize,
    /// The connection, if it waits.
    waker: Option<Waker>,
}

/// A request waits for a turn, as long as this is kept. Meanwhile nothing is read.
pub(super) struct Waits(Intake);

/// The turn of a request. As long as it is kept, everything is read, since it may be what is waited for.
#[derive(Debug)]
pub(super) struct OwnTurn {
    pub(super) turn: Turn,
    intake: Intake,
}

impl Intake {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and has the connection look at it.
    fn change(&self, how: impl FnOnce(&mut State)) {
        let mut state = self.state();
        how(&mut state);
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    /// A head has come whose turn this is.
    pub(super) fn keep(&self, stream: u32, turn: Turn) {
        self.state().heads.insert(stream, turn);
    }

    /// The request of this stream begins. Returns the turn of its head, if that is large. Requests begin in
    /// the order of their streams, so those before it begin no more.
    pub(super) fn begin(&self, stream: u32) -> Option<OwnTurn> {
        let mut state = self.state();
        let later = state.heads.split_off(&(stream + 1));
        let turn = std::mem::replace(&mut state.heads, later).remove(&stream);
        drop(state);
        turn.map(|turn| self.hold(turn))
    }

    pub(super) fn hold(&self, turn: Turn) -> OwnTurn {
        self.change(|state| state.holding += 1);
        OwnTurn { turn, intake: self.clone() }
    }

    pub(super) fn wait(&self) -> Waits {
        self.change(|state| state.waiting += 1);
        Waits(self.clone())
    }

    /// Whether a request has a turn: then the connection must not wait.
    pub(super) fn is_holding(&self) -> bool {
        self.state().holding > 0
    }

    /// Ready when the connection may be read.
    pub(super) fn poll_open(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.waiting == 0 || state.holding > 0 {
            return Poll::Ready(());
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }

    /// Ready once the turn of a head is taken away whose request has not begun.
    pub(super) fn poll_lost(&self, context: &mut Context<'_>) -> Poll<()> {
        let lost = self.state().heads.values().any(|turn| turn.poll_lost(context).is_ready());
        if lost { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.change(|state| state.waiting -= 1);
    }
}

impl Drop for OwnTurn {
    fn drop(&mut self) {
        self.intake.change(|state| state.holding -= 1);
    }
}
