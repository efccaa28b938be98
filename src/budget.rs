//! One budget for all that is large and not finished yet, whoever sends it and however slowly: heads,
//! bodies, answers and messages each wait for their turn, and a turn that stalls is lost to whoever
//! waits.

use std::{
    collections::{BTreeMap, VecDeque},
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use tokio::time::{Instant, sleep};

/// All turns together, in bytes. What decoding takes beside them, one body at a time, is as much again.
const BUDGET: usize = 16 << 20;
/// What is not larger than this, in bytes, needs no turn.
pub(crate) const SMALL: usize = 64 << 10;
/// How much of something whose size is not known yet may come before it needs a turn: a thousand
/// that stop there must not add up to much.
pub(crate) const UNKNOWN: usize = 8 << 10;
/// While others wait: how long a turn may stand still, and how many bytes it must move a second.
const PATIENCE: Duration = Duration::from_secs(1);
const RATE: usize = 2 << 20;
/// How often the turns are looked at while somebody waits.
const TICK: Duration = Duration::from_millis(100);
/// How often the log tells of it.
const TOLD: Duration = Duration::from_secs(60);

/// The budget of one server; clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Budget(Arc<Mutex<Line>>);

/// A share of the budget: waited for, then held, given back when dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    budget: Budget,
    number: u64,
}

#[derive(Debug)]
struct Line {
    free: usize,
    last_number: u64,
    held: BTreeMap<u64, Held>,
    waiting: VecDeque<Waiting>,
    /// The oldest and the newest who wait come in turns: the newest is then not kept by however many
    /// came before it, nor the oldest by however many come after.
    newest_is_next: bool,
    /// Whether the turns are looked at, and when that was last done.
    watched: bool,
    looked: Option<Instant>,
    told: Option<Instant>,
}

#[derive(Debug)]
struct Held {
    size: usize,
    begun: Instant,
    moved: usize,
    moved_last: Instant,
    lost: bool,
    waker: Option<Waker>,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    size: usize,
    waker: Option<Waker>,
}

// === impl Budget ===

impl Budget {
    /// Asks for so many bytes; [`Turn::begins`] waits for them.
    pub(crate) fn turn(&self, size: usize) -> Turn {
        let mut line = self.line();
        let number = line.join(size.min(BUDGET));
        line.serve(Instant::now());
        if !line.waiting.is_empty() && !line.watched {
            line.watched = true;
            tokio::spawn(self.clone().watch());
        }
        Turn { budget: self.clone(), number }
    }

    /// Takes turns from those who stall, for as long as anybody waits.
    async fn watch(self) {
        loop {
            let before = Instant::now();
            sleep(TICK).await;
            let (now, mut line) = (Instant::now(), self.line());
            // Nobody could move while the server itself was busy.
            line.forgive(now.duration_since(before).saturating_sub(TICK));
            line.watched = !line.waiting.is_empty();
            line.looked = line.watched.then_some(now);
            if !line.watched {
                return;
            }
            line.serve(now);
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Turn ===

impl Turn {
    /// Waits until the turn has come. Can be given up and called again: the place in line stays.
    pub(crate) async fn begins(&self) {
        poll_fn(|context| self.poll_begins(context)).await;
    }

    fn poll_begins(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut line = self.budget.line();
        match line.waiting.iter_mut().find(|waiting| waiting.number == self.number) {
            Some(waiting) => {
                waiting.waker = Some(context.waker().clone());
                Poll::Pending
            }
            None => Poll::Ready(()),
        }
    }

    /// Waits until the turn is lost.
    pub(crate) async fn lost(&self) {
        poll_fn(|context| self.poll_lost(context)).await;
    }

    /// Ready once the turn is lost: what it was for must end.
    pub(crate) fn poll_lost(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut line = self.budget.line();
        let Some(held) = line.held.get_mut(&self.number) else { return Poll::Pending };
        if held.lost {
            return Poll::Ready(());
        }
        held.waker = Some(context.waker().clone());
        Poll::Pending
    }

    /// Says that so many bytes have come, or gone.
    pub(crate) fn moved(&self, bytes: usize) {
        if let Some(held) = self.budget.line().held.get_mut(&self.number) {
            held.moved += bytes;
            held.moved_last = Instant::now();
        }
    }

    /// Gives back all but so many bytes.
    pub(crate) fn shrink(&self, size: usize) {
        let mut line = self.budget.line();
        if let Some(held) = line.held.get_mut(&self.number) {
            let back = held.size.saturating_sub(size);
            held.size -= back;
            line.free += back;
            line.serve(Instant::now());
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut line = self.budget.line();
        line.leave(self.number);
        line.serve(Instant::now());
    }
}

// === impl Line ===

impl Default for Line {
    fn default() -> Self {
        Self {
            free: BUDGET,
            last_number: 0,
            held: BTreeMap::new(),
            waiting: VecDeque::new(),
            newest_is_next: false,
            watched: false,
            looked: None,
            told: None,
        }
    }
}

impl Line {
    fn join(&mut self, size: usize) -> u64 {
        self.last_number += 1;
        let number = self.last_number;
        self.waiting.push_back(Waiting { number, size, waker: None });
        number
    }

    fn leave(&mut self, number: u64) {
        match self.held.remove(&number) {
            Some(held) => self.free += held.size,
            None => self.waiting.retain(|waiting| waiting.number != number),
        }
    }

    fn next(&self) -> Option<&Waiting> {
        if self.newest_is_next { self.waiting.back() } else { self.waiting.front() }
    }

    /// Begins turns for as long as the next one fits; a small one does not overtake a large one.
    fn serve(&mut self, now: Instant) {
        while self.next().is_some_and(|next| next.size <= self.free) {
            let next = match self.newest_is_next {
                true => self.waiting.pop_back(),
                false => self.waiting.pop_front(),
            };
            let Some(Waiting { number, size, waker }) = next else { return };
            self.newest_is_next = !self.newest_is_next;
            self.free -= size;
            let held =
                Held { size, begun: now, moved: 0, moved_last: now, lost: false, waker: None };
            self.held.insert(number, held);
            wake(waker);
        }
        // While the server itself is too busy to look, nobody can be blamed.
        if self.looked.is_some_and(|looked| now.duration_since(looked) <= TICK * 2) {
            self.evict(now);
        }
    }

    /// Takes the turns of those who have stalled longest, as many as the next in line needs. Their
    /// bytes are free once their owners have let go of them.
    fn evict(&mut self, now: Instant) {
        let Some(wanted) = self.next().map(|next| next.size) else { return };
        let lost = self.held.values().filter(|held| held.lost).map(|held| held.size);
        let mut coming = self.free + lost.sum::<usize>();
        let mut stalled: Vec<&mut Held> =
            self.held.values_mut().filter(|held| !held.lost && held.due() <= now).collect();
        stalled.sort_by_key(|held| held.due());
        for held in stalled {
            if coming >= wanted {
                break;
            }
            coming += held.size;
            held.lost = true;
            wake(held.waker.take());
            if self.told.is_none_or(|told| now.duration_since(told) >= TOLD) {
                self.told = Some(now);
                tracing::warn!(
                    "heads, bodies or messages over {} KiB fill their {} MiB; one that stalled is ended for \
                     one that waits",
                    SMALL >> 10,
                    BUDGET >> 20
                );
            }
        }
    }

    fn forgive(&mut self, time: Duration) {
        for held in self.held.values_mut() {
            held.begun += time;
            held.moved_last += time;
        }
    }
}

// === impl Held ===

impl Held {
    /// When it has stalled, if nothing moves until then.
    fn due(&self) -> Instant {
        let earned = Duration::from_micros(self.moved as u64 * 1_000_000 / RATE as u64);
        (self.moved_last + PATIENCE).min(self.begun + PATIENCE + earned)
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    const MIB: usize = 1 << 20;

    async fn held(budget: &Budget, size: usize) -> Turn {
        let turn = budget.turn(size);
        timeout(Duration::ZERO, turn.begins()).await.expect("room");
        turn
    }

    async fn has_begun(turn: &Turn) -> bool {
        timeout(Duration::ZERO, turn.begins()).await.is_ok()
    }

    async fn lost(turn: &Turn) -> Duration {
        let begun = Instant::now();
        poll_fn(|context| turn.poll_lost(context)).await;
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_fit_waits_for_room() {
        let budget = Budget::default();
        let first = held(&budget, BUDGET - MIB).await;
        let second = budget.turn(2 * MIB);
        let third = budget.turn(2 * MIB);
        assert!(!has_begun(&second).await && !has_begun(&third).await);
        first.shrink(MIB);
        assert!(has_begun(&second).await && has_begun(&third).await);
    }

    #[tokio::test(start_paused = true)]
    async fn more_than_there_is_waits_for_all_of_it() {
        let budget = Budget::default();
        drop(held(&budget, BUDGET * 2).await);
        assert_eq!(budget.line().free, BUDGET);
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_and_the_newest_come_in_turns() {
        let budget = Budget::default();
        let mut now = vec![held(&budget, BUDGET).await];
        let waiting: Vec<Turn> = (0..5).map(|_| budget.turn(BUDGET)).collect();
        let mut order = Vec::new();
        let mut waiting: Vec<_> = waiting.into_iter().enumerate().collect();
        while !waiting.is_empty() {
            now.clear();
            for (place, (number, turn)) in waiting.iter().enumerate() {
                if has_begun(turn).await {
                    order.push(*number);
                    now.push(waiting.remove(place).1);
                    break;
                }
            }
        }
        // The first turn of all was the oldest's.
        assert_eq!(order, [4, 0, 3, 1, 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_stalls_keeps_the_turn_until_somebody_waits() {
        let budget = Budget::default();
        let stalled = held(&budget, BUDGET).await;
        assert!(timeout(PATIENCE * 100, lost(&stalled)).await.is_err());
        let next = budget.turn(MIB);
        assert!(lost(&stalled).await <= TICK * 2);
        assert!(!has_begun(&next).await, "the bytes are still there");
        drop(stalled);
        assert!(has_begun(&next).await);
    }

    #[tokio::test(start_paused = true)]
    async fn who_moves_fast_enough_keeps_the_turn() {
        let budget = Budget::default();
        let (fast, slow) = (held(&budget, BUDGET / 2).await, held(&budget, BUDGET / 2).await);
        let _next = budget.turn(MIB);
        let drip = async {
            for _ in 0..100 {
                sleep(Duration::from_millis(100)).await;
                fast.moved(RATE / 10);
                slow.moved(1);
            }
        };
        tokio::select! {
            () = drip => panic!("who drips must not keep it"),
            after = lost(&slow) => assert!(after < PATIENCE * 2, "{after:?}"),
            _ = lost(&fast) => panic!("fast enough"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_are_ended_than_the_next_needs() {
        let budget = Budget::default();
        let turns = [held(&budget, BUDGET / 2).await, held(&budget, BUDGET / 2).await];
        let _next = budget.turn(MIB);
        lost(&turns[0]).await;
        assert!(timeout(PATIENCE * 3, lost(&turns[1])).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_waiting_leaves_the_line() {
        let budget = Budget::default();
        let first = held(&budget, BUDGET).await;
        drop(budget.turn(MIB));
        sleep(PATIENCE * 2).await;
        assert!(timeout(PATIENCE, lost(&first)).await.is_err());
        drop(first);
        assert_eq!(budget.line().free, BUDGET);
    }
}
