//! An error in the settings.

use std::fmt;

use super::settings::Setting;

/// An error in the settings. The sentence says what to do, such as
/// `ports: port 1 is given twice; each region needs a port of its own`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    setting: Setting,
    problem: String,
    /// Another setting, whose name follows the problem, and the rest of the sentence.
    other: Option<(Setting, String)>,
}

impl ConfigError {
    pub(crate) fn new(setting: Setting, problem: impl Into<String>) -> Self {
        Self { setting, problem: problem.into(), other: None }
    }

    /// Continues the sentence with the name of another setting, and with this text.
    pub(crate) fn and(self, other: Setting, more: impl Into<String>) -> Self {
        Self { other: Some((other, more.into())), ..self }
    }

    /// The setting that must be changed.
    pub fn setting(&self) -> Setting {
        self.setting
    }

    /// The setting that it conflicts with, if there is one.
    pub fn other(&self) -> Option<Setting> {
        self.other.as_ref().map(|(other, _)| *other)
    }

    /// The sentence, with the settings' names replaced, for example by those of flags.
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
