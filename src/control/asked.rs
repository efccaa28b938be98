//! What a control asks of a server, in the server's own terms.

use std::time::Duration;

use http::StatusCode;

use super::{fail_delay::FailDelay, fields::Control, status::Status};

/// How long a body drips unless the control says otherwise.
const DRIP_MS: u64 = 10_000;

impl Control {
    pub(crate) fn fails(&self, region: usize) -> bool {
        let index = i64::try_from(region).unwrap_or(i64::MAX);
        self.fail_regions.as_ref().is_some_and(|regions| regions.contains(&index))
    }

    pub(crate) fn failure_status(&self) -> StatusCode {
        self.fail_status.and_then(Status::of).unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
    }

    /// How long a region waits that fails late.
    pub(crate) fn fail_delay(&self) -> Duration {
        Duration::from_millis(self.fail_delay_ms.unwrap_or(FailDelay::DEFAULT))
    }

    /// The wait before any answer: `delayMs`, where 0 or less is none.
    pub(crate) fn wait(&self) -> Option<Duration> {
        self.delay_ms.map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
    }

    /// `signal` and `script` both say what is played: of two controls, one's does not stand beside the
    /// other's.
    pub(crate) fn make_room_for_play(&mut self, over: &Self) {
        if over.signal.is_some() || over.script.is_some() {
            (self.signal, self.script) = (None, None);
        }
    }

    /// Over how long a body drips.
    pub(crate) fn drip_time(&self) -> Duration {
        let ms = self.drip_ms.map_or(DRIP_MS, |ms| u64::try_from(ms).unwrap_or(0));
        Duration::from_millis(ms)
    }

    /// `delayJitterMs`, where 0 or less is none.
    pub(crate) fn jitter(&self) -> u64 {
        self.delay_jitter_ms.map_or(0, |ms| u64::try_from(ms).unwrap_or(0))
    }

    /// Whether anything in it is drawn by chance.
    pub(crate) fn has_chance(&self) -> bool {
        self.fail_rate.is_some_and(|rate| rate > 0.0 && rate < 1.0) || self.jitter() > 0
    }

    /// The names of the only regions that may answer, if not all may.
    pub(crate) fn pinned(&self) -> Option<&[String]> {
        self.pinned_regions.as_deref().filter(|names| !names.is_empty())
    }

    /// Whether the region of this name may answer at all.
    pub(crate) fn allows(&self, name: &str) -> bool {
        self.pinned().is_none_or(|names| names.iter().any(|pinned| pinned == name))
    }

    /// The status of `/settings/regions`, if it is to be another than 200.
    pub(crate) fn listed_status(&self) -> Option<StatusCode> {
        self.regions_status.and_then(Status::of).filter(|status| *status != StatusCode::OK)
    }
}
