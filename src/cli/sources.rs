//! Where settings came from, and what is wrong with them in the terms of who typed them.

use livekit_mock::{ConfigError, Setting, StartError};

use super::{
    exit::{RUNTIME, USAGE},
    row::{flag_of, variable_of},
};

/// What is said behind the name of a variable with such a value.
const QUOTES: &str = ", whose value stands in quotes: they are taken as part of it, so leave them out if they are not meant";

/// The settings that came from variables, by name, since those are to be changed then; and whether
/// their values stand in quotes.
#[derive(Debug, Default)]
pub(super) struct Sources(Vec<(&'static str, bool)>);

impl Sources {
    pub(super) fn add_variable(&mut self, name: &'static str, quoted: bool) {
        self.0.push((name, quoted));
    }

    /// What is worth knowing of values in quotes.
    pub(super) fn warnings(&self) -> impl Iterator<Item = String> {
        let quoted = self.0.iter().filter(|(_, quoted)| *quoted);
        quoted.map(|(name, _)| format!("{}{QUOTES}", variable_of(name)))
    }

    /// What is wrong with a setting of the program.
    pub(super) fn problem(&self, name: &str, problem: &str) -> String {
        format!("{}: {problem}{}", flag_of(name), self.source(name))
    }

    /// What is wrong with a setting of the server.
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

    /// One line for each.
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

    /// Whether its value stands in quotes, if it came from its variable.
    fn variable(&self, name: &str) -> Option<bool> {
        self.0.iter().find(|(from, _)| *from == name).map(|(_, quoted)| *quoted)
    }
}
