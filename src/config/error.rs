//! A setting that can't be served.

use std::fmt;

use super::settings::Setting;

/// A setting that can't be served, in a sentence that says what to do:
/// `ports: port 1 is given twice; each region needs a port of its own`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    setting: Setting,
    problem: String,
    /// Another setting, whose name follows the problem, and what follows that.
    other: Option<(Setting, String)>,
}

impl ConfigError {
    pub(crate) fn new(setting: Setting, problem: impl Into<String>) -> Self {
        Self { setting, problem: problem.into(), other: None }
    }

    /// Goes on with the name of another setting, and with this.
    pub(crate) fn and(self, other: Setting, more: impl Into<String>) -> Self {
        Self { other: Some((other, more.into())), ..self }
    }

    /// The setting that is to be changed.
    pub fn setting(&self) -> Setting {
        self.setting
    }

    /// The setting that it does not fit with, if there is one.
    pub fn other(&self) -> Option<Setting> {
        self.other.as_ref().map(|(other, _)| *other)
    }

    /// The sentence, with the settings under names of the caller's own, such as those of its flags.
    #[must_use]
    pub fn sentence(&self, name: impl Fn(Setting) -> String) -> String {
        let mut sentence = format!("{}: {}", name(self.setting), self.problem);
        if let Some((other, more)) = &self.other {
            sentence += &name(*other);
            sentence += more;
        }
        sentence
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.sentence(|setting| setting.name().to_owned()))
    }
}

impl std::error::Error for ConfigError {}
