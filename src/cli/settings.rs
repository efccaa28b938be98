//! Reads the settings from flags and variables.

use livekit_mock::{MockBuilder, Setting, SettingForm};

use super::{
    flags::Flags,
    program::{self, Program},
    row::{Row, variable_of},
    sources::Sources,
    variables::{Value, Variables, is_quoted},
};

/// The settings of the command line and the variables.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) builder: MockBuilder,
    pub(super) program: Program,
    pub(super) sources: Sources,
    /// What may be wrong in the variables.
    pub(super) warnings: Vec<String>,
}

/// Reads every setting; a flag wins over its variable, and an empty variable counts as unset.
///
/// # Errors
/// A variable or a setting of the program can't be read. The text has a line for every error, those in
/// the server's settings included. If there are only such errors, the start reports them.
pub(super) fn read(flags: &Flags, variables: &Variables) -> Result<Settings, String> {
    let mut reader = Reader { flags, variables, sources: Sources::default(), problems: Vec::new() };
    let mut builder = MockBuilder::with_program_defaults();
    for setting in Setting::ALL {
        for text in reader.texts(&Row::from(*setting)) {
            builder = builder.set(*setting, text);
        }
    }
    let mut program = Program::default();
    for (row, set) in &program::SETTINGS {
        for text in reader.texts(row) {
            if let Err(problem) = set(&mut program, text) {
                reader.problems.push((row.name, problem));
            }
        }
    }
    let Reader { sources, problems, .. } = reader;
    if problems.is_empty() {
        let warnings = warnings(&sources, flags, variables);
        return Ok(Settings { builder, program, sources, warnings });
    }
    let of_server = builder.check().err().unwrap_or_default();
    let own = problems.iter().map(|(name, problem)| sources.problem(name, problem) + "\n");
    Err(sources.config_errors(&of_server) + &own.collect::<String>())
}

/// Takes the texts of settings from flags and variables.
struct Reader<'a> {
    flags: &'a Flags,
    variables: &'a Variables,
    sources: Sources,
    /// The errors that only the command line can find, with the names of the settings.
    problems: Vec<(&'static str, String)>,
}

impl<'a> Reader<'a> {
    fn texts(&mut self, row: &Row) -> Vec<&'a str> {
        if let Some(given) = self.flags.get(row.name) {
            return given;
        }
        match self.variables.get(row.name) {
            Value::Unset => Vec::new(),
            Value::NotText => {
                self.sources.add_variable(row.name, false);
                self.problems.push((row.name, "the value is not UTF-8 text".to_owned()));
                Vec::new()
            }
            Value::Text(value) => {
                self.sources.add_variable(row.name, is_quoted(value));
                texts(row.form, value)
            }
        }
    }
}

/// The values in a variable. If there may be many, they are separated by commas.
fn texts(form: SettingForm, value: &str) -> Vec<&str> {
    match form {
        SettingForm::Each => {
            value.split(',').map(str::trim).filter(|part| !part.is_empty()).collect()
        }
        _ => vec![value],
    }
}

fn warnings(sources: &Sources, flags: &Flags, variables: &Variables) -> Vec<String> {
    let secret = flags.get(Setting::ApiSecret.name()).is_none().then(|| trimmed_secret(variables));
    secret.flatten().into_iter().chain(sources.warnings()).chain(variables.mistyped()).collect()
}

/// A warning about a secret that was trimmed, since tokens must be signed with exactly this secret. It
/// does not quote the secret.
fn trimmed_secret(variables: &Variables) -> Option<String> {
    let name = Setting::ApiSecret.name();
    let what = match variables.get(name) {
        _ if !variables.is_trimmed(name) => return None,
        Value::Unset => "holds nothing but blanks or line ends: it counts as unset",
        _ => "has blanks or line ends around its value: they are not part of the secret",
    };
    Some(format!("{} {what}", variable_of(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_holds_one_value_or_many() {
        assert_eq!(texts(SettingForm::One, "a, b"), ["a, b"]);
        assert_eq!(texts(SettingForm::Each, "a, b,,"), ["a", "b"]);
    }
}
