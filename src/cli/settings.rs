//! Settings, from flags and variables together.

use std::fmt::Write as _;

use tracing_subscriber::filter::LevelFilter;

use super::{
    flags::Cli,
    log::LogFormat,
    values::{auth, boolean, index, list, log_format, log_level, ports, reference, seconds, text},
    variables::{Value, Variables, is_quoted, variable_of},
};
use crate::config::{Config, ConfigError, Secret};

/// The setting of which nothing but its variable is ever told.
const SECRET: &str = "--api-secret";
/// What is said behind the name of a variable with such a value.
const QUOTES: &str = ", whose value stands in quotes: they are taken as part of it, so leave them out if they are not meant";

/// All that the command line and the variables say.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) config: Config,
    pub(super) log_format: LogFormat,
    pub(super) log_level: LevelFilter,
    pub(super) stop_with_stdin: bool,
    /// What was bent in a variable, or may be meant otherwise.
    pub(super) warnings: Vec<String>,
}

/// Reads every setting; a flag wins over its variable, and an empty variable counts as unset.
pub(super) fn read(cli: &Cli, variables: &Variables) -> Result<Settings, Vec<ConfigError>> {
    let mut read = Reader::new(variables);
    let default = Config::default();
    let config = Config {
        ports: read.value("--ports", cli.ports.as_ref(), ports).unwrap_or(default.ports),
        advertise_host: read
            .value("--advertise-host", cli.advertise_host.as_ref(), text)
            .unwrap_or(default.advertise_host),
        advertise: read.value("--advertise", cli.advertise.as_ref(), list).unwrap_or_default(),
        first_region: read
            .value("--first-region", cli.first_region.as_ref(), index)
            .unwrap_or_default(),
        bind: read.value("--bind", cli.bind.as_ref(), text).unwrap_or(default.bind),
        twirp_prefix: read
            .value("--twirp-prefix", cli.twirp_prefix.as_ref(), text)
            .unwrap_or(default.twirp_prefix),
        api_secret: read
            .value(SECRET, cli.api_secret.as_ref(), text)
            .map_or(default.api_secret, Secret::from),
        auth: read.value("--auth", cli.auth.as_ref(), auth).unwrap_or_default(),
        strict: read.value("--strict", cli.strict.as_ref(), boolean).unwrap_or_default(),
        reference: read.value("--reference", cli.reference.as_ref(), reference).unwrap_or_default(),
        grace: read.value("--grace", cli.grace.as_ref(), seconds).unwrap_or(default.grace),
    };
    let log_format =
        read.value("--log-format", cli.log_format.as_ref(), log_format).unwrap_or(LogFormat::Text);
    let log_level =
        read.value("--log-level", cli.log_level.as_ref(), log_level).unwrap_or(LevelFilter::INFO);
    let stop_with_stdin =
        read.value("--stop-with-stdin", cli.stop_with_stdin.as_ref(), boolean).unwrap_or_default();
    match config.checked() {
        Ok(config) if read.errors.is_empty() => {
            let warnings = read.warnings;
            return Ok(Settings { config, log_format, log_level, stop_with_stdin, warnings });
        }
        Ok(_) => {}
        Err(more) => read.errors.extend(more),
    }
    Err(read.errors_with_sources())
}

/// Takes settings from flags and variables and gathers what is wrong with them.
struct Reader<'a> {
    variables: &'a Variables,
    /// The flags whose values came from their variables, and what to know of that beside the name.
    from_variables: Vec<(&'static str, &'static str)>,
    warnings: Vec<String>,
    errors: Vec<ConfigError>,
}

impl<'a> Reader<'a> {
    fn new(variables: &'a Variables) -> Self {
        Self { variables, from_variables: Vec::new(), warnings: Vec::new(), errors: Vec::new() }
    }

    fn value<T>(
        &mut self,
        flag: &'static str,
        given: Option<&String>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let value = match given {
            Some(value) => value,
            None => self.variable(flag)?,
        };
        match parse(value) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.errors.push(ConfigError::new(flag, problem));
                None
            }
        }
    }

    /// The value in the flag's variable.
    fn variable(&mut self, flag: &'static str) -> Option<&'a str> {
        if flag == SECRET && self.variables.is_trimmed(flag) {
            self.warnings.push(trimmed_secret(self.variables));
        }
        match self.variables.get(flag) {
            Value::Unset => None,
            Value::NotText => {
                self.errors.push(ConfigError::new(flag, "the value is not UTF-8 text"));
                self.from_variables.push((flag, ""));
                None
            }
            Value::Text(value) => {
                let quotes = if is_quoted(value) { QUOTES } else { "" };
                if !quotes.is_empty() {
                    self.warnings.push(format!("{}{quotes}", variable_of(flag)));
                }
                self.from_variables.push((flag, quotes));
                Some(value)
            }
        }
    }

    /// What is wrong, with the variables that the settings came from, since those are to be changed.
    fn errors_with_sources(mut self) -> Vec<ConfigError> {
        let mentions = |text: &str, flag| text.split([' ', ',', ';', ':']).any(|word| word == flag);
        for error in &mut self.errors {
            for (flag, more) in &self.from_variables {
                let variable = variable_of(flag);
                if error.setting == *flag {
                    let _ = write!(error.problem, " (from {variable}{more})");
                } else if mentions(&error.problem, *flag) {
                    let _ = write!(error.problem, " ({flag} is from {variable})");
                }
            }
        }
        self.errors
    }
}

/// Tokens are signed with the very secret, so that one that was cut is worth knowing.
fn trimmed_secret(variables: &Variables) -> String {
    let variable = variable_of(SECRET);
    match variables.get(SECRET) {
        Value::Unset => {
            format!("{variable} holds nothing but blanks or line ends: it counts as unset")
        }
        _ => format!(
            "{variable} has blanks or line ends around its value: they are no part of the secret"
        ),
    }
}
