//! How a setting takes its values.

/// How a setting takes its values, where they are text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingForm {
    /// One value; a second one takes its place.
    One,
    /// Any number of values, one after another.
    Each,
    /// `true` or `false`; a flag without a value means `true`.
    Switch,
}
