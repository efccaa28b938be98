//! What goes wrong here.

/// Whatever went wrong, for the person who ran this.
pub(crate) type Failure = Box<dyn std::error::Error>;
