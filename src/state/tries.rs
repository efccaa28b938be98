//! Which try of its call a request is, over all regions, and how many of them have failed
//! (`docs/BEHAVIOUR.md`, Calls that are tried again).

use std::{
    hash::{BuildHasher as _, Hash, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lru::LruCache;
use tokio::time::Instant;

/// How many calls are remembered, and for how long after their last try.
pub(crate) const MAX_CALLS: usize = 4096;
pub(crate) const MEMORY: Duration = Duration::from_secs(600);

/// The calls that were tried lately. A call is remembered by its hash: its id may be long.
#[derive(Debug)]
pub(crate) struct Tries {
    hasher: RandomState,
    calls: Mutex<LruCache<u64, Call>>,
    /// How many requests without an id have been given a number in its place.
    unnamed: Mutex<u64>,
}

#[derive(Debug, Clone, Copy)]
struct Call {
    attempts: u32,
    failures: u32,
    last: Instant,
}

/// A try that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Try {
    call: u64,
    /// From 1.
    pub(crate) number: u32,
    /// How many tries of the call have failed before.
    pub(crate) failures: u32,
    /// Whether another call was forgotten for want of room.
    pub(crate) forgot: bool,
}

impl Default for Tries {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            calls: Mutex::new(LruCache::unbounded()),
            unnamed: Mutex::default(),
        }
    }
}

impl Tries {
    /// Counts a try of this call, now.
    pub(crate) fn count(&self, call: &impl Hash, now: Instant) -> Try {
        let call = self.hasher.hash_one(call);
        let mut calls = self.calls();
        let known = calls.get(&call).copied().filter(|known| !known.is_over(now));
        let Call { attempts, failures, .. } =
            known.unwrap_or(Call { attempts: 0, failures: 0, last: now });
        let number = attempts.saturating_add(1);
        calls.put(call, Call { attempts: number, failures, last: now });
        let oldest = (calls.len() > MAX_CALLS).then(|| calls.pop_lru()).flatten();
        let forgot = oldest.is_some_and(|(_, oldest)| !oldest.is_over(now));
        Try { call, number, failures, forgot }
    }

    /// This try failed.
    pub(crate) fn fail(&self, this: &Try) {
        if let Some(call) = self.calls().get_mut(&this.call) {
            call.failures = call.failures.saturating_add(1);
        }
    }

    /// A number for a request whose call has no id, from 1.
    pub(crate) fn number(&self) -> u64 {
        let mut unnamed = self.unnamed.lock().unwrap_or_else(PoisonError::into_inner);
        *unnamed += 1;
        *unnamed
    }

    fn calls(&self) -> MutexGuard<'_, LruCache<u64, Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call {
    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.last) > MEMORY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_and_failures_are_counted_by_call() {
        let (tries, now) = (Tries::default(), Instant::now());
        let first = tries.count(&"a", now);
        assert_eq!((first.number, first.failures), (1, 0));
        tries.fail(&first);
        let second = tries.count(&"a", now);
        assert_eq!((second.number, second.failures), (2, 1));
        assert_eq!(tries.count(&"b", now).number, 1);
    }

    #[test]
    fn a_call_is_remembered_for_ten_minutes_after_its_last_try() {
        let (tries, start) = (Tries::default(), Instant::now());
        tries.count(&"a", start);
        assert_eq!(tries.count(&"a", start + MEMORY).number, 2);
        assert_eq!(tries.count(&"a", start + MEMORY * 2).number, 3);
        let later = start + MEMORY * 3 + Duration::from_millis(1);
        assert_eq!(tries.count(&"a", later).number, 1);
    }

    #[test]
    fn the_call_that_was_not_tried_longest_is_forgotten_first() {
        let (tries, now) = (Tries::default(), Instant::now());
        for number in 0..MAX_CALLS {
            assert!(!tries.count(&number, now).forgot);
        }
        assert_eq!(tries.count(&0_usize, now).number, 2);
        assert!(tries.count(&MAX_CALLS, now).forgot, "1 had to go");
        assert_eq!(tries.count(&0_usize, now).number, 3);
        assert_eq!(tries.count(&1_usize, now).number, 1);
        assert_eq!(tries.calls().len(), MAX_CALLS);
        let later = now + MEMORY * 2;
        assert!(!tries.count(&"new", later).forgot, "what is over is not missed");
    }
}
