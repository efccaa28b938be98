//! The flags as clap reads them, and what it says of those that it can't read. The only file that
//! knows clap.

use std::{
    cell::LazyCell,
    ffi::OsString,
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{CommandFactory as _, Parser, Subcommand, error::ErrorKind};

use super::{USAGE, complain};

/// A programmable test double of the LiveKit server: every API method, many regions, scripted per request.
///
/// Each port is a region. A flag wins over its variable; an empty variable counts as unset.
#[derive(Debug, Parser)]
#[command(
    name = "livekit-mock",
    version,
    args_override_self = true, // As the reference has it: the last of a repeated flag counts.
    after_help = "Exit codes: 0 stopped as asked, 1 the machine refused (a port is in use), 2 wrong settings, 130 stopped at once by a second signal."
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// Ports, one a region, in their order; 0 takes any free one [default: 9999,10000,10001,10002] [env: LK_TEST_SERVER_PORTS]
    #[arg(long, value_name = "PORT,…", global = true)]
    pub(super) ports: Option<String>,
    /// Scheme and host of the regions' URLs, may hold {index} and {port} [default: http://127.0.0.1] [env: LK_TEST_SERVER_ADVERTISE_HOST]
    #[arg(long, value_name = "URL", global = true)]
    pub(super) advertise_host: Option<String>,
    /// Every region's URL, where the regions are on several hosts [env: LK_TEST_SERVER_ADVERTISE]
    #[arg(long, value_name = "URL,…", global = true)]
    pub(super) advertise: Option<String>,
    /// Which of those regions the first port is [default: 0] [env: LK_TEST_SERVER_FIRST_REGION]
    #[arg(long, value_name = "INDEX", global = true)]
    pub(super) first_region: Option<String>,
    /// Address or host name to listen on [default: 0.0.0.0] [env: LK_TEST_SERVER_BIND]
    #[arg(long, value_name = "ADDRESS", global = true)]
    pub(super) bind: Option<String>,
    /// What API paths begin with [default: /twirp] [env: LK_TEST_SERVER_TWIRP_PREFIX]
    #[arg(long, value_name = "PATH", global = true)]
    pub(super) twirp_prefix: Option<String>,
    /// Secret that tokens must be signed with [default: secret] [env: LK_TEST_SERVER_API_SECRET]
    #[arg(long, value_name = "SECRET", global = true)]
    pub(super) api_secret: Option<String>,
    /// strict: every call needs a token with its grants; lenient: a missing or placeholder token is served; off [default: lenient] [env: LK_TEST_SERVER_AUTH]
    #[arg(long, value_name = "MODE", global = true)]
    pub(super) auth: Option<String>,
    /// Answer an error where a warning would be given; a missing token is for --auth to refuse [env: LK_TEST_SERVER_STRICT]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true, global = true)]
    pub(super) strict: Option<String>,
    /// latest: the reference server of October 2026; 2026-08: that of August, for SDKs of that age [default: latest] [env: LK_TEST_SERVER_REFERENCE]
    #[arg(long, value_name = "RELEASE", global = true)]
    pub(super) reference: Option<String>,
    /// Seconds for which a stop waits for the requests in flight [default: 10] [env: LK_TEST_SERVER_GRACE]
    #[arg(long, value_name = "SECONDS", global = true)]
    pub(super) grace: Option<String>,
    /// text for people, json for machines [default: text] [env: LK_TEST_SERVER_LOG_FORMAT]
    #[arg(long, value_name = "FORMAT", global = true)]
    pub(super) log_format: Option<String>,
    /// error, warn, info, debug (a line a request) or off [default: info] [env: LK_TEST_SERVER_LOG_LEVEL]
    #[arg(long, value_name = "LEVEL", global = true)]
    pub(super) log_level: Option<String>,
    /// Stop when standard input ends, for programs that start this one: it ends with them, however they end [env: LK_TEST_SERVER_STOP_WITH_STDIN]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true, global = true)]
    pub(super) stop_with_stdin: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Ask the server on the configured first port whether it answers; exits 0 or 1
    Healthcheck,
}

/// Reads the flags.
///
/// # Errors
/// What the program exits with; all that there is to say is said.
pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, ExitCode> {
    Cli::try_parse_from(go_style(arguments)).map_err(|error| usage_error(&error))
}

/// The flags' names, without dashes.
pub(super) fn names() -> Vec<String> {
    let command = Cli::command();
    let flags = command.get_arguments().filter_map(|argument| argument.get_long());
    flags.map(str::to_owned).collect()
}

/// The reference also takes its flags with one dash.
fn go_style(arguments: impl IntoIterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    // Looked up only where there is such an argument: a list of the flags takes a while to make.
    let known = LazyCell::new(names);
    arguments.into_iter().map(move |argument| {
        let text = argument.to_string_lossy();
        let name = text.strip_prefix('-').filter(|name| name.len() > 1 && !name.starts_with('-'));
        let name = name.map(|name| name.split('=').next().unwrap_or(name));
        match name {
            Some(name) if known.iter().any(|flag| flag == name) => {
                let mut dashed = OsString::from("-");
                dashed.push(&argument);
                dashed
            }
            _ => argument,
        }
    })
}

/// clap's error as one sentence; help and version are no errors.
fn usage_error(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // In no hurry: a pager is read slowly.
        let _ = write!(io::stdout(), "{error}");
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    let sentence = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: "));
    let tip = tip.map_or(String::new(), |tip| format!("; {tip}"));
    complain(USAGE, &format!("{sentence}{tip}; --help lists what there is"))
}
