//! One budget for the memory of everything that is large and unfinished: heads, bodies, answers and
//! messages. Each waits in a queue for its turn, which is a share of the budget. While others wait, a
//! turn whose sender stalls is taken away.

use std::{
    collections::{BTreeMap, VecDeque},
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use tokio::time::{Instant, sleep};

/// The size of all turns together, in bytes. Decoding, of one body at a time, may need as much again.
const BUDGET: usize = 16 << 20;
/// Whatever has at most this many bytes needs no turn.
pub(crate) const SMALL: usize = 64 << 10;
/// If the size of something is unknown, this many bytes of it may be read without a turn. It is less
/// than [`SMALL`], so that a thousand clients that stop there do not use much memory together.
pub(crate) const UNSIZED_LIMIT: usize = 8 << 10;
/// How long a turn may make no progress while others wait.
const STALL_TIME: Duration = Duration::from_secs(1);
/// How many bytes a turn must move each second while others wait.
const MIN_RATE: usize = 2 << 20;
/// How often the turns are checked while others wait.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);
/// How often the log may say that turns are taken away.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// The budget of one server; clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Budget(Arc<Mutex<Queue>>);

/// A share of the budget. It waits in the queue, is then granted, and is given back when dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    budget: Budget,
    number: u64,
}

#[derive(Debug)]
struct Queue {
    free: usize,
    last_number: u64,
    granted: BTreeMap<u64, Granted>,
    waiting: VecDeque<Waiting>,
    /// The oldest and the newest of those who wait are served alternately. So the newest does not wait
    /// for all who came before it, nor the oldest for all who come after it.
    newest_is_next: bool,
    /// Whether a task checks for turns that stall.
    monitored: bool,
    last_check: Option<Instant>,
    last_logged: Option<Instant>,
}

#[derive(Debug)]
struct Granted {
    size: usize,
    begun: Instant,
    moved: usize,
    last_progress: Instant,
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
    /// Queues for this many bytes; [`Turn::granted`] waits for them.
    pub(crate) fn turn(&self, size: usize) -> Turn {
        let mut queue = self.queue();
        let number = queue.join(size.min(BUDGET));
        queue.grant_next(Instant::now());
        if !queue.waiting.is_empty() && !queue.monitored {
            queue.monitored = true;
            tokio::spawn(self.clone().monitor());
        }
        Turn { budget: self.clone(), number }
    }

    /// Takes away turns that stall, as long as others wait.
    async fn monitor(self) {
        loop {
            let before = Instant::now();
            sleep(CHECK_INTERVAL).await;
            let (now, mut queue) = (Instant::now(), self.queue());
            // While the server itself was busy, nobody could make progress.
            queue.shift_times(now.duration_since(before).saturating_sub(CHECK_INTERVAL));
            queue.monitored = !queue.waiting.is_empty();
            queue.last_check = queue.monitored.then_some(now);
            if !queue.monitored {
                return;
            }
            queue.grant_next(now);
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Turn ===

impl Turn {
    /// Waits until the turn is granted. The future may be dropped and this called again: the place in
    /// the queue stays.
    pub(crate) async fn granted(&self) {
        poll_fn(|context| self.poll_granted(context)).await;
    }

    /// Ready once it is granted.
    pub(crate) fn poll_granted(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut queue = self.budget.queue();
        match queue.waiting.iter_mut().find(|waiting| waiting.number == self.number) {
            Some(waiting) => {
                waiting.waker = Some(context.waker().clone());
                Poll::Pending
            }
            None => Poll::Ready(()),
        }
    }

    /// Waits until the turn is taken away.
    pub(crate) async fn lost(&self) {
        poll_fn(|context| self.poll_lost(context)).await;
    }

    /// Ready once the turn is taken away. Then the owner must end what it was for.
    pub(crate) fn poll_lost(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut queue = self.budget.queue();
        let Some(granted) = queue.granted.get_mut(&self.number) else { return Poll::Pending };
        if granted.lost {
            return Poll::Ready(());
        }
        granted.waker = Some(context.waker().clone());
        Poll::Pending
    }

    /// Records that this many bytes were received or sent.
    pub(crate) fn progressed(&self, bytes: usize) {
        if let Some(granted) = self.budget.queue().granted.get_mut(&self.number) {
            granted.moved += bytes;
            granted.last_progress = Instant::now();
        }
    }

    /// Gives back all but this many bytes.
    pub(crate) fn shrink(&self, size: usize) {
        let mut queue = self.budget.queue();
        if let Some(granted) = queue.granted.get_mut(&self.number) {
            let back = granted.size.saturating_sub(size);
            granted.size -= back;
            queue.free += back;
            queue.grant_next(Instant::now());
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut queue = self.budget.queue();
        queue.leave(self.number);
        queue.grant_next(Instant::now());
    }
}

// === impl Queue ===

impl Default for Queue {
    fn default() -> Self {
        Self {
            free: BUDGET,
            last_number: 0,
            granted: BTreeMap::new(),
            waiting: VecDeque::new(),
            newest_is_next: false,
            monitored: false,
            last_check: None,
            last_logged: None,
        }
    }
}

impl Queue {
    fn join(&mut self, size: usize) -> u64 {
        self.last_number += 1;
        let number = self.last_number;
        self.waiting.push_back(Waiting { number, size, waker: None });
        number
    }

    fn leave(&mut self, number: u64) {
        match self.granted.remove(&number) {
            Some(granted) => self.free += granted.size,
            None => self.waiting.retain(|waiting| waiting.number != number),
        }
    }

    fn next(&self) -> Option<&Waiting> {
        if self.newest_is_next { self.waiting.back() } else { self.waiting.front() }
    }

    /// Grants turns as long as the next one fits. A small one does not overtake a large one.
    fn grant_next(&mut self, now: Instant) {
        while self.next().is_some_and(|next| next.size <= self.free) {
            let next = match self.newest_is_next {
                true => self.waiting.pop_back(),
                false => self.waiting.pop_front(),
            };
            let Some(Waiting { number, size, waker }) = next else { return };
            self.newest_is_next = !self.newest_is_next;
            self.free -= size;
            self.granted.insert(number, Granted::new(size, now));
            wake(waker);
        }
        // If the last check is older, the server was too busy to make progress with anyone.
        if self.last_check.is_some_and(|last| now.duration_since(last) <= CHECK_INTERVAL * 2) {
            self.evict(now);
        }
    }

    /// Takes away the turns that have stalled longest, as many as the next in the queue needs. Their
    /// bytes are free once their owners have dropped them.
    fn evict(&mut self, now: Instant) {
        let Some(wanted) = self.next().map(|next| next.size) else { return };
        let lost = self.granted.values().filter(|turn| turn.lost).map(|turn| turn.size);
        let mut available = self.free + lost.sum::<usize>();
        let mut stalled: Vec<&mut Granted> = self
            .granted
            .values_mut()
            .filter(|turn| !turn.lost && turn.stalls_at() <= now)
            .collect();
        stalled.sort_by_key(|turn| turn.stalls_at());
        for turn in stalled {
            if available >= wanted {
                break;
            }
            available += turn.size;
            turn.lost = true;
            wake(turn.waker.take());
            log_eviction(&mut self.last_logged, now);
        }
    }

    fn shift_times(&mut self, time: Duration) {
        for turn in self.granted.values_mut() {
            turn.begun += time;
            turn.last_progress += time;
        }
    }
}

// === impl Granted ===

impl Granted {
    fn new(size: usize, now: Instant) -> Self {
        Self { size, begun: now, moved: 0, last_progress: now, lost: false, waker: None }
    }

    /// When it counts as stalled, unless there is progress before.
    fn stalls_at(&self) -> Instant {
        let earned = Duration::from_micros(self.moved as u64 * 1_000_000 / MIN_RATE as u64);
        (self.last_progress + STALL_TIME).min(self.begun + STALL_TIME + earned)
    }
}

fn log_eviction(last_logged: &mut Option<Instant>, now: Instant) {
    if last_logged.is_some_and(|last| now.duration_since(last) < LOG_INTERVAL) {
        return;
    }
    *last_logged = Some(now);
    tracing::warn!(
        "heads, bodies and messages over {} KiB fill their {} MiB; one that stalled is ended, because \
         another waits",
        SMALL >> 10,
        BUDGET >> 20
    );
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

    async fn granted_turn(budget: &Budget, size: usize) -> Turn {
        let turn = budget.turn(size);
        timeout(Duration::ZERO, turn.granted()).await.expect("room");
        turn
    }

    async fn is_granted(turn: &Turn) -> bool {
        timeout(Duration::ZERO, turn.granted()).await.is_ok()
    }

    async fn time_until_lost(turn: &Turn) -> Duration {
        let begun = Instant::now();
        poll_fn(|context| turn.poll_lost(context)).await;
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_fit_waits_for_room() {
        let budget = Budget::default();
        let first = granted_turn(&budget, BUDGET - MIB).await;
        let second = budget.turn(2 * MIB);
        let third = budget.turn(2 * MIB);
        assert!(!is_granted(&second).await && !is_granted(&third).await);
        first.shrink(MIB);
        assert!(is_granted(&second).await && is_granted(&third).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_larger_than_the_budget_waits_for_all_of_it() {
        let budget = Budget::default();
        drop(granted_turn(&budget, BUDGET * 2).await);
        assert_eq!(budget.queue().free, BUDGET);
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_and_the_newest_are_served_alternately() {
        let budget = Budget::default();
        let mut now = vec![granted_turn(&budget, BUDGET).await];
        let waiting: Vec<Turn> = (0..5).map(|_| budget.turn(BUDGET)).collect();
        let mut order = Vec::new();
        let mut waiting: Vec<_> = waiting.into_iter().enumerate().collect();
        while !waiting.is_empty() {
            now.clear();
            for (place, (number, turn)) in waiting.iter().enumerate() {
                if is_granted(turn).await {
                    order.push(*number);
                    now.push(waiting.remove(place).1);
                    break;
                }
            }
        }
        // The very first turn counts as the oldest's.
        assert_eq!(order, [4, 0, 3, 1, 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stalled_turn_is_kept_until_somebody_waits() {
        let budget = Budget::default();
        let stalled = granted_turn(&budget, BUDGET).await;
        assert!(timeout(STALL_TIME * 100, time_until_lost(&stalled)).await.is_err());
        let next = budget.turn(MIB);
        assert!(time_until_lost(&stalled).await <= CHECK_INTERVAL * 2);
        assert!(!is_granted(&next).await, "the bytes are not given back yet");
        drop(stalled);
        assert!(is_granted(&next).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_is_fast_enough_is_kept() {
        let budget = Budget::default();
        let (fast, slow) =
            (granted_turn(&budget, BUDGET / 2).await, granted_turn(&budget, BUDGET / 2).await);
        let _next = budget.turn(MIB);
        let drip = async {
            for _ in 0..100 {
                sleep(Duration::from_millis(100)).await;
                fast.progressed(MIN_RATE / 10);
                slow.progressed(1);
            }
        };
        tokio::select! {
            () = drip => panic!("a slow sender must lose its turn"),
            after = time_until_lost(&slow) => assert!(after < STALL_TIME * 2, "{after:?}"),
            _ = time_until_lost(&fast) => panic!("fast enough"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_turns_are_taken_away_than_the_next_needs() {
        let budget = Budget::default();
        let turns =
            [granted_turn(&budget, BUDGET / 2).await, granted_turn(&budget, BUDGET / 2).await];
        let _next = budget.turn(MIB);
        time_until_lost(&turns[0]).await;
        assert!(timeout(STALL_TIME * 3, time_until_lost(&turns[1])).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_turn_leaves_the_queue() {
        let budget = Budget::default();
        let first = granted_turn(&budget, BUDGET).await;
        drop(budget.turn(MIB));
        sleep(STALL_TIME * 2).await;
        assert!(timeout(STALL_TIME, time_until_lost(&first)).await.is_err());
        drop(first);
        assert_eq!(budget.queue().free, BUDGET);
    }
}
