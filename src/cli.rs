//! The command line: flags and variables become settings, and what happens is told to people or to
//! machines. The only file that knows clap.

use std::{
    cell::LazyCell,
    collections::BTreeMap,
    ffi::OsString,
    fmt::Write as _,
    io::{self, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    process::ExitCode,
    str::FromStr,
    time::Duration,
};

use clap::{CommandFactory as _, Parser, Subcommand, error::ErrorKind};
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use serde::Serialize;
use tokio::{net::TcpStream, sync::oneshot, time::timeout};
use tracing_subscriber::{filter::LevelFilter, fmt::format::FmtSpan};

use crate::{
    auth::Auth,
    config::{Config, ConfigError, Secret},
    mock::{Builder, Mock, StartError},
    reference::Reference,
    region,
    warning::suggestion,
};

/// Exit codes: the command line is at fault, or the machine.
const USAGE: u8 = 2;
const RUNTIME: u8 = 1;
/// What a second signal exits with, as shells count them.
const INTERRUPTED: i32 = 130;
/// What the variables' names begin with; the flag's name follows.
const VARIABLE_PREFIX: &str = "LK_TEST_SERVER_";
const HEALTHCHECK_TIME: Duration = Duration::from_secs(3);

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
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Ports, one a region, in their order; 0 takes any free one [default: 9999,10000,10001,10002] [env: LK_TEST_SERVER_PORTS]
    #[arg(long, value_name = "PORT,…", global = true)]
    ports: Option<String>,
    /// Scheme and host of the regions' URLs, may hold {index} and {port} [default: http://127.0.0.1] [env: LK_TEST_SERVER_ADVERTISE_HOST]
    #[arg(long, value_name = "URL", global = true)]
    advertise_host: Option<String>,
    /// Every region's URL, where the regions are on several hosts [env: LK_TEST_SERVER_ADVERTISE]
    #[arg(long, value_name = "URL,…", global = true)]
    advertise: Option<String>,
    /// Which of those regions the first port is [default: 0] [env: LK_TEST_SERVER_FIRST_REGION]
    #[arg(long, value_name = "INDEX", global = true)]
    first_region: Option<String>,
    /// Address or host name to listen on [default: 0.0.0.0] [env: LK_TEST_SERVER_BIND]
    #[arg(long, value_name = "ADDRESS", global = true)]
    bind: Option<String>,
    /// What API paths begin with [default: /twirp] [env: LK_TEST_SERVER_TWIRP_PREFIX]
    #[arg(long, value_name = "PATH", global = true)]
    twirp_prefix: Option<String>,
    /// Secret that tokens must be signed with [default: secret] [env: LK_TEST_SERVER_API_SECRET]
    #[arg(long, value_name = "SECRET", global = true)]
    api_secret: Option<String>,
    /// strict: every call needs a token with its grants; lenient: a missing or placeholder token is served; off [default: lenient] [env: LK_TEST_SERVER_AUTH]
    #[arg(long, value_name = "MODE", global = true)]
    auth: Option<String>,
    /// Answer an error where a warning would be given; a missing token is for --auth to refuse [env: LK_TEST_SERVER_STRICT]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true, global = true)]
    strict: Option<String>,
    /// latest: the reference server of October 2026; 2026-08: that of August, for SDKs of that age [default: latest] [env: LK_TEST_SERVER_REFERENCE]
    #[arg(long, value_name = "RELEASE", global = true)]
    reference: Option<String>,
    /// Seconds for which a stop waits for the requests in flight [default: 10] [env: LK_TEST_SERVER_GRACE]
    #[arg(long, value_name = "SECONDS", global = true)]
    grace: Option<String>,
    /// text for people, json for machines [default: text] [env: LK_TEST_SERVER_LOG_FORMAT]
    #[arg(long, value_name = "FORMAT", global = true)]
    log_format: Option<String>,
    /// error, warn, info, debug (a line a request) or off [default: info] [env: LK_TEST_SERVER_LOG_LEVEL]
    #[arg(long, value_name = "LEVEL", global = true)]
    log_level: Option<String>,
    /// Stop when standard input ends, for programs that start this one: it ends with them, however they end [env: LK_TEST_SERVER_STOP_WITH_STDIN]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true, global = true)]
    stop_with_stdin: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask the server on the configured first port whether it answers; exits 0 or 1
    Healthcheck,
}

/// How the program talks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LogFormat {
    Text,
    Json,
}

/// All that the command line and the variables say.
#[derive(Debug)]
struct Settings {
    config: Config,
    log_format: LogFormat,
    log_level: LevelFilter,
    stop_with_stdin: bool,
}

/// Runs the program with these arguments and these variables; returns its exit code.
pub async fn run(
    arguments: impl IntoIterator<Item = OsString>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> ExitCode {
    let cli = match Cli::try_parse_from(go_style(arguments)) {
        Ok(cli) => cli,
        Err(error) => return usage_error(&error),
    };
    let variables = ours(variables);
    let settings = match settings(&cli, |name| variables.get(name).cloned()) {
        Ok(settings) => settings,
        Err(errors) => return fail(USAGE, &StartError::Config(errors)),
    };
    if cli.command.is_some() {
        return healthcheck(&settings.config).await;
    }
    start_log(&settings);
    warn_of_mistyped(&variables);
    serve(settings).await
}

/// The variables that are settings by their prefix.
fn ours(variables: impl IntoIterator<Item = (OsString, OsString)>) -> BTreeMap<String, String> {
    let text = |value: OsString| value.to_string_lossy().into_owned();
    let variables = variables.into_iter().map(|(name, value)| (text(name), text(value)));
    variables.filter(|(name, _)| name.starts_with(VARIABLE_PREFIX)).collect()
}

/// Suites have variables of this prefix for themselves, so only what is nearly a setting is told.
fn warn_of_mistyped(variables: &BTreeMap<String, String>) {
    if variables.is_empty() {
        return;
    }
    let known: Vec<String> = flags().iter().map(|flag| variable_of(flag)).collect();
    // The prefix is left out: with it, any two would look alike.
    let ends = || known.iter().filter_map(|name| name.strip_prefix(VARIABLE_PREFIX));
    for name in variables.keys().filter(|name| !known.contains(name)) {
        let end = name.strip_prefix(VARIABLE_PREFIX).unwrap_or(name);
        let hint = suggestion(end, ends());
        if !hint.is_empty() {
            tracing::warn!("{name} is no variable of this program: for {end}{hint}");
        }
    }
}

/// The flags' names, without dashes.
fn flags() -> Vec<String> {
    let command = Cli::command();
    let flags = command.get_arguments().filter_map(|argument| argument.get_long());
    flags.map(str::to_owned).collect()
}

/// The reference also takes its flags with one dash.
fn go_style(arguments: impl IntoIterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    // Looked up only where there is such an argument: a list of the flags takes a while to make.
    let known = LazyCell::new(flags);
    arguments.into_iter().map(move |argument| {
        let text = argument.to_string_lossy();
        let name = text.strip_prefix('-').filter(|name| name.len() > 1 && !name.starts_with('-'));
        let name = name.map(|name| name.split('=').next().unwrap_or(name));
        match name {
            Some(name) if known.iter().any(|flag| flag == name) => format!("-{text}").into(),
            _ => argument,
        }
    })
}

/// clap's error as one sentence; help and version are no errors.
fn usage_error(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let _ = write!(io::stdout(), "{error}");
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    let sentence = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: "));
    let tip = tip.map_or(String::new(), |tip| format!("; {tip}"));
    let _ = writeln!(io::stderr(), "livekit-mock: {sentence}{tip}; --help lists what there is");
    ExitCode::from(USAGE)
}

fn fail(code: u8, error: &StartError) -> ExitCode {
    for line in error.to_string().lines() {
        let _ = writeln!(io::stderr(), "livekit-mock: {line}");
    }
    ExitCode::from(code)
}

// === Settings ===

/// Reads every setting; a flag wins over its variable, and an empty variable counts as unset.
fn settings(
    cli: &Cli,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Settings, Vec<ConfigError>> {
    let mut read = Reader { variable: &variable, from_variables: Vec::new(), errors: Vec::new() };
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
            .value("--api-secret", cli.api_secret.as_ref(), text)
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
            return Ok(Settings { config, log_format, log_level, stop_with_stdin });
        }
        Ok(_) => {}
        Err(more) => read.errors.extend(more),
    }
    Err(read.errors_with_sources())
}

/// Takes settings from flags and variables and gathers what is wrong with them.
struct Reader<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    /// The flags whose values came from their variables.
    from_variables: Vec<&'static str>,
    errors: Vec<ConfigError>,
}

impl Reader<'_> {
    fn value<T>(
        &mut self,
        flag: &'static str,
        given: Option<&String>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let value = if let Some(value) = given {
            value.clone()
        } else {
            let value = (self.variable)(&variable_of(flag)).filter(|value| !value.is_empty())?;
            self.from_variables.push(flag);
            value
        };
        match parse(&value) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.errors.push(ConfigError::new(flag, problem));
                None
            }
        }
    }

    /// What is wrong, with the variables that the settings came from, since those are to be changed.
    fn errors_with_sources(mut self) -> Vec<ConfigError> {
        let mentions = |text: &str, flag| text.split([' ', ',', ';', ':']).any(|word| word == flag);
        for error in &mut self.errors {
            for flag in &self.from_variables {
                let variable = variable_of(flag);
                if error.setting == *flag {
                    let _ = write!(error.problem, " (from {variable})");
                } else if mentions(&error.problem, *flag) {
                    let _ = write!(error.problem, " ({flag} is from {variable})");
                }
            }
        }
        self.errors
    }
}

/// `--ports` is `LK_TEST_SERVER_PORTS`, and so on.
fn variable_of(flag: &str) -> String {
    format!(
        "{VARIABLE_PREFIX}{}",
        flag.trim_start_matches('-').replace('-', "_").to_ascii_uppercase()
    )
}

#[allow(clippy::unnecessary_wraps)] // The shape of a parser.
fn text(value: &str) -> Result<String, String> {
    Ok(value.to_owned())
}

fn parts(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|part| !part.is_empty())
}

#[allow(clippy::unnecessary_wraps)]
fn list(value: &str) -> Result<Vec<String>, String> {
    Ok(parts(value).map(str::to_owned).collect())
}

fn ports(value: &str) -> Result<Vec<u16>, String> {
    parts(value)
        .map(|part| {
            part.parse()
                .map_err(|_| format!("\"{part}\" must be a port from 0 to 65535, as in 9999,10000"))
        })
        .collect()
}

fn index(value: &str) -> Result<usize, String> {
    value.parse().map_err(|_| format!("\"{value}\" must be a region's index, such as 0"))
}

fn auth(value: &str) -> Result<Auth, String> {
    value.parse().map_err(|error| format!("\"{value}\" {error}{}", suggestion(value, Auth::NAMES)))
}

fn reference(value: &str) -> Result<Reference, String> {
    value
        .parse()
        .map_err(|error| format!("\"{value}\" {error}{}", suggestion(value, Reference::NAMES)))
}

fn boolean(value: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(format!("\"{value}\" must be true or false")),
    }
}

/// Seconds as a number, with or without `s`; or milliseconds with `ms`.
fn seconds(value: &str) -> Result<Duration, String> {
    let (number, unit) = match value.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (value.strip_suffix('s').unwrap_or(value), 1.0),
    };
    let parsed = f64::from_str(number.trim())
        .ok()
        .and_then(|number| Duration::try_from_secs_f64(number * unit).ok());
    parsed.ok_or_else(|| format!("\"{value}\" must be a number of seconds, such as 10 or 0.5"))
}

fn log_format(value: &str) -> Result<LogFormat, String> {
    match value.to_ascii_lowercase().as_str() {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("\"{value}\" must be text or json")),
    }
}

fn log_level(value: &str) -> Result<LevelFilter, String> {
    value.parse().map_err(|_| format!("\"{value}\" must be error, warn, info, debug or off"))
}

// === Serving ===

async fn serve(settings: Settings) -> ExitCode {
    report_panics();
    let mut stop = match Stop::new(settings.stop_with_stdin) {
        Ok(stop) => stop,
        Err(error) => return fail(RUNTIME, &StartError::Runtime(error)),
    };
    let builder = Builder { config: settings.config };
    let mock = match builder.start_here() {
        Ok(mock) => mock,
        Err(error @ StartError::Config(_)) => return fail(USAGE, &error),
        Err(error) => return fail(RUNTIME, &error),
    };
    announce(&mock, settings.log_format);
    stop.asked().await;
    tracing::info!("stopping; requests in flight are answered, a second signal stops at once");
    tokio::select! {
        () = mock.shutdown() => ExitCode::SUCCESS,
        // Not by returning: what is in flight would be given the time to end.
        () = stop.asked() => std::process::exit(INTERRUPTED),
    }
}

/// What asks for a stop: the signals and, where that was wanted, the end of standard input.
struct Stop {
    stdin: Option<oneshot::Receiver<()>>,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Stop {
    /// Listens from now on, so that a signal during the start is not lost.
    #[cfg(unix)]
    fn new(with_stdin: bool) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            stdin: with_stdin.then(stdin_end).transpose()?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    #[cfg(not(unix))]
    fn new(with_stdin: bool) -> io::Result<Self> {
        Ok(Self { stdin: with_stdin.then(stdin_end).transpose()? })
    }

    #[cfg(unix)]
    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            () = ended(&mut self.stdin) => {}
        }
    }

    #[cfg(not(unix))]
    async fn asked(&mut self) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = ended(&mut self.stdin) => {}
        }
    }
}

/// Reads standard input to its end, on a thread of its own: a read there can't be called off.
fn stdin_end() -> io::Result<oneshot::Receiver<()>> {
    let (end, ended) = oneshot::channel();
    std::thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = end.send(());
    })?;
    Ok(ended)
}

/// Resolves once when standard input has ended, and never if nobody watches it.
async fn ended(stdin: &mut Option<oneshot::Receiver<()>>) {
    match stdin {
        Some(end) => drop(end.await),
        None => std::future::pending().await,
    }
    *stdin = None;
}

/// The log goes to standard error, so that standard output holds the announcement alone.
fn start_log(settings: &Settings) {
    let log = tracing_subscriber::fmt()
        .with_max_level(settings.log_level)
        .with_span_events(FmtSpan::NONE)
        .with_target(false)
        .with_ansi(false)
        .with_writer(io::stderr);
    // A log that an embedder has set up stays.
    let _ = match settings.log_format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}

/// A defect is one line in the log, not a stack trace; the request that met it is answered 500.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| tracing::error!("a defect in livekit-mock: {panic}")));
}

/// The JSON lines of standard output.
#[derive(Serialize)]
struct Event<'a> {
    message: &'a str,
    regions: &'a [Listening<'a>],
    ports: Vec<u16>,
}

#[derive(Serialize)]
struct Listening<'a> {
    index: usize,
    name: String,
    address: SocketAddr,
    port: u16,
    url: &'a str,
}

/// One line a region and one last line that says that all of them answer. JSON has only the last,
/// which holds everything.
fn announce(mock: &Mock, format: LogFormat) {
    let addresses = mock.addresses().iter().zip(mock.urls());
    let regions: Vec<Listening<'_>> = (mock.first_region()..)
        .zip(addresses)
        .map(|(index, (address, url))| {
            let (name, port) = (region::name(index), address.port());
            Listening { index, name, address: *address, port, url }
        })
        .collect();
    let mut text = String::new();
    match format {
        LogFormat::Text => {
            for Listening { name, address, url, .. } in &regions {
                let _ = writeln!(text, "{name} listening on {address} (advertised as {url})");
            }
            let count = regions.len();
            let _ = writeln!(text, "ready: {count} region{}", if count == 1 { "" } else { "s" });
        }
        LogFormat::Json => {
            let ports = regions.iter().map(|region| region.port).collect();
            let event = Event { message: "ready", regions: &regions, ports };
            text = serde_json::to_string(&event).unwrap_or_default() + "\n";
        }
    }
    // A closed standard output is the reader's choice; the server serves on.
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

// === Health check ===

async fn healthcheck(config: &Config) -> ExitCode {
    if config.ports.first() == Some(&0) {
        let problem = "0 is chosen at the start; name the port that the server announced";
        return fail(USAGE, &StartError::Config(vec![ConfigError::new("--ports", problem)]));
    }
    let address = reachable(config);
    match timeout(HEALTHCHECK_TIME, health(&address)).await {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => unhealthy(&address, &error.to_string()),
        Err(_) => unhealthy(&address, &format!("no answer within {HEALTHCHECK_TIME:?}")),
    }
}

fn unhealthy(address: &str, why: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "livekit-mock: nothing healthy on {address}: {why}");
    ExitCode::from(RUNTIME)
}

/// Where a server with these settings can be asked: all addresses are asked on loopback.
fn reachable(config: &Config) -> String {
    let port = config.ports.first().copied().unwrap_or_default();
    let host = config.bind.trim_start_matches('[').trim_end_matches(']');
    match host.parse() {
        Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => format!("127.0.0.1:{port}"),
        Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => format!("[::1]:{port}"),
        Ok(IpAddr::V6(address)) => format!("[{address}]:{port}"),
        _ => format!("{host}:{port}"),
    }
}

async fn health(address: &str) -> Result<(), Box<dyn std::error::Error>> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = http::Request::get("/_test/health")
        .header(http::header::HOST, address)
        .body(Empty::<bytes::Bytes>::new())?;
    let status = sender.send_request(request).await?.status();
    if status.is_success() { Ok(()) } else { Err(format!("it answered {status}").into()) }
}
