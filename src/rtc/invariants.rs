//! What holds for any datagram from a stranger.

use proptest::prelude::*;

use super::datagram::fragment;

proptest! {
    #[test]
    fn a_fragment_is_a_part_of_its_datagram(rest in proptest::collection::vec(any::<u8>(), 0..64)) {
        let datagram = [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &rest].concat();
        if let Some(fragment) = fragment(&datagram) {
            let found = datagram.windows(fragment.len() + 1).any(|part| part.starts_with(fragment.as_bytes()));
            prop_assert!(found);
        }
    }
}
