//! Where the settings came from, and errors in the terms of the person who typed them.

use livekit_mock::{ConfigError, Setting, StartError};

use super::{
    exit::{RUNTIME, USAGE},
    row::{flag_of, variable_of},
};

/// Follows the name of a variable whose value is in quotes.
const QUOTES: &str =
    ": its value is in quotes; they are part of the value, so leave them out if that is not meant";

/// The names of the settings that came from variables, and whether their values are in quotes.
#[derive(Debug, Default)]
pub(super) struct Sources(Vec<(&'static str, bool)>);

impl Sources {
    pub(super) fn add_variable(&mut self, name: &'static str, quoted: bool) {
        self.0.push((name, quoted));
    }

    /// Warnings about values in quotes.
    pub(super) fn warnings(&self) -> impl Iterator<Item = String> {
        let quoted = self.0.iter().filter(|(_, quoted)| *quoted);
        quoted.map(|(name, _)| format!("{}{QUOTES}", variable_of(name)))
    }

    /// The error in a setting of the program.
    pub(super) fn problem(&self, name: &str, problem: &str) -> String {
        format!("{}: {problem}{}", flag_of(name), self.source(name))
    }

    /// The error in a setting of the server.
    pub(super) fn config_error(&self, error: &ConfigError) -> String {
        let sentence = error.sentence(|setting| flag_of(setting.name()));
        let other = error.other().map_or(String::new(), |other| self.source_of_other(other));
        format!("{sentence}{}{other}", self.source(error.setting().name()))
    }

    /// Why the server did not start, and the code to exit with.
    pub(super) fn start_error(&self, error: &StartError) -> (u8, String) {
        match error {
            StartError::Config(errors) => (USAGE, self.config_errors(errors)),
            StartError::Bind(error) => {
                (RUNTIME, self.problem(error.setting().name(), &error.to_string()))
            }
            _ => (RUNTIME, error.to_string()),
        }
    }

    /// The errors, one on each line.
    pub(super) fn config_errors(&self, errors: &[ConfigError]) -> String {
        errors.iter().map(|error| self.config_error(error) + "\n").collect()
    }

    fn source(&self, name: &str) -> String {
        self.variable(name).map_or(String::new(), |quoted| {
            let quotes = if quoted { QUOTES } else { "" };
            format!(" (from {}{quotes})", variable_of(name))
        })
    }

    fn source_of_other(&self, other: Setting) -> String {
        let name = other.name();
        self.variable(name).map_or(String::new(), |_| {
            format!(" ({} is from {})", flag_of(name), variable_of(name))
        })
    }

    /// Whether the setting's value is in quotes, if it came from a variable.
    fn variable(&self, name: &str) -> Option<bool> {
        self.0.iter().find(|(from, _)| *from == name).map(|(_, quoted)| *quoted)
    }
}
