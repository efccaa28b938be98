//! Reads the flags with clap, and turns its errors into sentences. Only this file uses clap.

use std::{
    ffi::OsString,
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{Arg, ArgAction, ArgMatches, Command, error::ErrorKind};
use livekit_mock::SettingForm;

use super::{
    exit::{USAGE, exit_with_error},
    row::{Row, long_of},
    rows::rows,
};

const ABOUT: &str = "A programmable test double of the LiveKit server: every API method, many regions, scripted per request";
const MORE: &str =
    "Each port is a region. A flag wins over its variable; an empty variable counts as unset.";
const CODES: &str = "Exit codes: 0 stopped as asked, 1 the system refused (such as a port in use), 2 wrong settings, 130 stopped at once by a second signal.";

/// The subcommand that asks a server whether it answers.
pub(super) const HEALTHCHECK: &str = "healthcheck";
const HEALTHCHECK_ABOUT: &str =
    "Ask the server on the first port whether it answers; exits with 0 or 1";

/// The arguments of the command line.
pub(super) struct Flags(ArgMatches);

impl Flags {
    /// Reads the arguments.
    ///
    /// # Errors
    /// The exit code. The message has been printed.
    pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, ExitCode> {
        let matches = command(rows()).try_get_matches_from(go_style(arguments));
        matches.map(Self).map_err(|error| usage_error(&error))
    }

    /// The values of the flag with this name, in their order.
    pub(super) fn get(&self, name: &str) -> Option<Vec<&str>> {
        let values = self.0.get_many::<String>(name)?;
        Some(values.map(String::as_str).collect())
    }

    /// Whether this subcommand is given.
    pub(super) fn asks_for(&self, subcommand: &str) -> bool {
        self.0.subcommand_name() == Some(subcommand)
    }
}

fn command(rows: impl Iterator<Item = Row>) -> Command {
    Command::new("livekit-mock")
        .version(env!("CARGO_PKG_VERSION"))
        .about(ABOUT)
        .long_about(format!("{ABOUT}.\n\n{MORE}"))
        .after_help(CODES)
        .args_override_self(true) // As in the reference, the last of a repeated flag counts.
        .args(rows.map(|row| argument(&row)))
        .subcommand(Command::new(HEALTHCHECK).about(HEALTHCHECK_ABOUT))
}

fn argument(row: &Row) -> Arg {
    // clap takes names that live as long as the program. Its feature for others makes a larger program.
    let long: &'static str = long_of(row.name).leak();
    let flag = Arg::new(row.name).long(long).help(row.help()).global(true);
    match row.form {
        SettingForm::Switch => flag
            .value_name("BOOL")
            .num_args(0..=1)
            .default_missing_value("true")
            .require_equals(true),
        SettingForm::Each => flag.value_name(row.placeholder).action(ArgAction::Append),
        _ => flag.value_name(row.placeholder),
    }
}

/// As in the reference, flags may begin with a single dash, too.
fn go_style(arguments: impl IntoIterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    arguments.into_iter().map(|argument| {
        let text = argument.to_string_lossy();
        let name = text.strip_prefix('-').filter(|name| name.len() > 1 && !name.starts_with('-'));
        let name = name.map(|name| name.split('=').next().unwrap_or(name));
        match name {
            Some(name) if rows().any(|row| long_of(row.name) == name) => {
                let mut dashed = OsString::from("-");
                dashed.push(&argument);
                dashed
            }
            _ => argument,
        }
    })
}

/// Prints clap's error as one sentence. Help and version are not errors.
fn usage_error(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // Blocking, since a pager may read slowly.
        let _ = write!(io::stdout(), "{error}");
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    let sentence = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: "));
    let tip = tip.map_or(String::new(), |tip| format!("; {tip}"));
    exit_with_error(USAGE, &format!("{sentence}{tip}; --help lists the flags"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_flag_counts_as_its_form_says() {
        let row = |name, form| Row { name, meaning: "", form, placeholder: "VALUE", default: None };
        let rows = [row("one", SettingForm::One), row("each_one", SettingForm::Each)];
        let arguments = ["x", "--one=a", "--each-one", "c", "--one", "b", "--each-one=d"];
        let matches = command(rows.into_iter()).try_get_matches_from(arguments);
        let flags = Flags(matches.expect("sound flags"));
        assert_eq!(flags.get("one"), Some(vec!["b"]));
        assert_eq!(flags.get("each_one"), Some(vec!["c", "d"]));
    }

    #[test]
    fn the_command_is_valid() {
        command(rows()).debug_assert();
    }
}
