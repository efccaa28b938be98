//! What the inspector must know of the signalling, which is a room of its own.

use crate::{control::Control, warning::Warnings};

pub(crate) struct Signalling {
    pub(crate) scenarios: Vec<&'static str>,
    /// Says what of a control can't be played.
    pub(crate) check: fn(&Control, &mut Warnings),
}
