//! What a fault decides from, and what it does.

use std::time::Duration;

use super::chance::Chance;
use crate::{
    control::Control,
    outcome::{Break, End, Reply},
    reference::Reference,
    region::Region,
};

/// What a fault decides from.
pub(crate) struct Case<'a> {
    pub(crate) control: &'a Control,
    pub(crate) region: &'a Region,
    pub(crate) reference: Reference,
    /// Whether the call dials a SIP callee.
    pub(crate) dials: bool,
    /// Whether it transfers a SIP call.
    pub(crate) transfers: bool,
    /// How long the call takes by itself.
    pub(crate) latency: Duration,
    /// How many tries of the call have failed before; none where it has no id.
    pub(crate) failures: Option<u32>,
    /// Where the control asks for it.
    pub(crate) chance: Option<Chance>,
}

/// What a fault does with a call: it may slow it, end it, and bend its answer.
#[derive(Debug, Default)]
pub(super) struct Effect {
    pub(super) wait: Duration,
    pub(super) end: Option<End>,
    pub(super) bend: Option<Bend>,
    /// Whether this is a try that failed.
    pub(super) fails: bool,
}

/// What a network does to an answer, which is otherwise as it would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bend {
    Truncate,
    Drip(Duration),
}

// === impl Case ===

impl Case<'_> {
    /// Whether this region fails this try.
    pub(super) fn is_failing(&self) -> bool {
        let control = self.control;
        // Without an id nobody can count the tries.
        let times = control.fail_times.zip(self.failures);
        let listed = match &control.fail_regions {
            Some(_) => control.fails(self.region.index),
            None => times.is_some() || control.fail_rate.is_some(),
        };
        let drawn = match (control.fail_rate, &self.chance) {
            (Some(rate), Some(chance)) => chance.is_within(rate),
            // Nothing is drawn for a rate of 0 or 1.
            (Some(rate), None) => rate > 0.0,
            (None, _) => true,
        };
        listed && drawn && times.is_none_or(|(most, failures)| failures < most)
    }
}

// === impl Effect ===

impl Effect {
    pub(super) fn pass() -> Self {
        Self::default()
    }

    pub(super) fn wait(wait: Duration) -> Self {
        Self { wait, ..Self::default() }
    }

    pub(super) fn end(reply: Reply) -> Self {
        Self { end: Some(End::Reply(reply)), ..Self::default() }
    }

    pub(super) fn broken(how: Break) -> Self {
        Self { end: Some(End::Break(Box::new(how))), ..Self::default() }
    }

    /// Bends this answer, or else the good one.
    pub(super) fn bent(bend: Bend, reply: Option<Reply>) -> Self {
        Self { bend: Some(bend), end: reply.map(End::Reply), ..Self::default() }
    }
}

// === impl Bend ===

impl Bend {
    /// The end as the network leaves it.
    pub(super) fn applied(bend: Option<Self>, end: End) -> End {
        match (bend, end) {
            (Some(Self::Truncate), End::Reply(reply)) => {
                End::Break(Box::new(Break::Truncate(reply)))
            }
            (Some(Self::Drip(time)), End::Reply(reply)) => {
                End::Break(Box::new(Break::Drip(reply, time)))
            }
            (_, end) => end,
        }
    }
}
