//! What a field of the control can hold. A kind says how its values are kept and read; the ways to
//! give them in Rust are in `setter.rs`.

use super::value::Problem;
use crate::go_json::Raw;

/// A kind of value.
pub(crate) trait Kind {
    /// As what a value is kept.
    type Held;
    /// Its JSON type, in the words of the docs.
    const TYPE: &'static str;
    /// All values that there are, where they are few.
    const VALUES: &'static [&'static str] = &[];
}

/// A kind that JSON can hold.
pub(crate) trait InJson: Kind {
    /// Puts the value into its place. What is wrong with it is said, whether the value counts bent,
    /// which `otherwise` words, or not at all.
    fn read(place: &mut Option<Self::Held>, value: Raw<'_>, otherwise: &str)
    -> Result<(), Problem>;
}

/// A kind that a seed-era header can hold.
pub(crate) trait InHeader: Kind {
    /// As [`InJson::read`], for the text of a header.
    fn read_text(
        place: &mut Option<Self::Held>,
        text: &str,
        otherwise: &str,
    ) -> Result<(), Problem>;
}
