//! How a body drips.

use std::time::Duration;

/// In how many pieces a body drips, if it has as many bytes.
const PIECES: usize = 100;

/// Where each piece of a body ends, and when it is due.
pub(crate) fn pieces(length: usize, time: Duration) -> impl Iterator<Item = (usize, Duration)> {
    let count = length.min(PIECES);
    (1..=count).map(move |piece| {
        let share = u32::try_from(piece).unwrap_or(u32::MAX);
        let of = u32::try_from(count).unwrap_or(u32::MAX);
        (length * piece / count, time / of * share)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_spread_evenly() {
        let second = Duration::from_secs(1);
        assert_eq!(pieces(0, second).count(), 0);
        let few: Vec<_> = pieces(2, second).collect();
        assert_eq!(few, [(1, second / 2), (2, second)]);
        let many: Vec<_> = pieces(1050, second).collect();
        assert_eq!(many.len(), PIECES);
        assert_eq!((many[0], many[99]), ((10, second / 100), (1050, second)));
    }
}
