//! Where a control stands in a request.

/// The header that holds a control, as `http` spells names.
pub(crate) const HEADER: &str = "x-lk-mock";

/// What an API key that holds a control begins with.
pub(super) const KEY_PREFIX: &str = "mock:";

/// The participant attribute that holds a control.
pub(crate) const ATTRIBUTE: &str = "lk.mock";

/// The header of the one field that JSON can't say.
pub(super) const FAIL_DELAY_HEADER: &str = "x-lk-mock-delay-ms";
