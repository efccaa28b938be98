//! `X-Lk-Mock-Delay-Ms`: the extra wait of fail mode `delay`, which only that header can say.

use super::{
    kind::{InHeader, Kind},
    value::Problem,
};

/// A wait in whole milliseconds.
pub(crate) enum FailDelay {}

impl FailDelay {
    /// The wait where nothing else is said.
    pub(super) const DEFAULT: u64 = 30_000;
}

impl Kind for FailDelay {
    type Held = u64;
    const TYPE: &'static str = "int";
}

impl InHeader for FailDelay {
    fn read_text(place: &mut Option<u64>, text: &str, otherwise: &str) -> Result<(), Problem> {
        let delay = text.parse().ok();
        *place = Some(delay.unwrap_or(Self::DEFAULT));
        if delay.is_some() {
            return Ok(());
        }
        Err(format!("must be a number of milliseconds, not \"{text}\"; {otherwise}"))
    }
}
