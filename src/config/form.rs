//! How many values a setting takes.

/// How many values a setting takes as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingForm {
    /// One value; a second one replaces it.
    One,
    /// Any number of values, one after another.
    Each,
    /// `true` or `false`; a flag without a value means `true`.
    Switch,
}
