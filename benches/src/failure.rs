//! The error of this program.

/// Any error, for the person who runs this program.
pub(crate) type Failure = Box<dyn std::error::Error>;
