//! What looks like chance and is the same on every run and every machine
//! (`docs/BEHAVIOUR.md`, Calls that are tried again).

use sha2::{Digest as _, Sha256};

/// A try's share of chance: SHA-256 of seed, call, region and try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chance([u8; 32]);

impl Chance {
    pub(crate) fn of(seed: &str, call: &str, region: usize, attempt: u32) -> Self {
        Self(Sha256::digest(format!("{seed}\n{call}\n{region}\n{attempt}")).into())
    }

    /// Whether the try is one of this share of all, from 0 to 1.
    pub(crate) fn is_within(&self, rate: f64) -> bool {
        // 53 bits: as many as a float holds exactly, in every language.
        #[allow(clippy::cast_precision_loss)]
        let drawn = (self.number(0) >> 11) as f64 / (1_u64 << 53) as f64;
        drawn < rate
    }

    /// A number from 0 to `most`.
    pub(crate) fn up_to(&self, most: u64) -> u64 {
        match most.checked_add(1) {
            Some(count) => self.number(8) % count,
            None => self.number(8),
        }
    }

    fn number(&self, from: usize) -> u64 {
        let bytes = self.0.get(from..from + 8).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u64::from_be_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_kept_to_on_the_whole() {
        for (rate, expected) in [(0.0, 0..1), (0.25, 2300..2700), (1.0, 10_000..10_001)] {
            let failed = (0..10_000_u32)
                .filter(|number| Chance::of("0", &number.to_string(), 0, 1).is_within(rate))
                .count();
            assert!(expected.contains(&failed), "{rate}: {failed}");
        }
    }

    #[test]
    fn a_wait_is_within_its_bounds() {
        let waits: Vec<u64> =
            (0..1000_u32).map(|number| Chance::of("x", "y", 0, number).up_to(9)).collect();
        assert!((0..10).all(|wait| waits.contains(&wait)) && waits.iter().all(|wait| *wait < 10));
        assert_eq!(Chance::of("x", "y", 0, 1).up_to(0), 0);
        let _ = Chance::of("x", "y", 0, 1).up_to(u64::MAX);
    }
}
