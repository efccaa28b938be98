//! The settings of a server, their defaults, and what is wrong with them
//! (`docs/BEHAVIOUR.md`, Settings).

use std::{collections::BTreeSet, fmt, net::IpAddr, ops::Deref, time::Duration};

use http::Uri;

use crate::{auth::Auth, reference::Reference};

/// What a server is started with. Each field is a flag, a variable and a builder method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    /// One listener each, in the order of the regions; 0 takes any free port.
    pub(crate) ports: Vec<u16>,
    /// Scheme and host of the regions' URLs; may hold `{index}` and `{port}`.
    pub(crate) advertise_host: String,
    /// Every region's URL, where the regions are not all on this host; empty: as `advertise_host` says.
    pub(crate) advertise: Vec<String>,
    /// The index of the region that the first port is.
    pub(crate) first_region: usize,
    /// An address or a host name.
    pub(crate) bind: String,
    pub(crate) twirp_prefix: String,
    pub(crate) api_secret: Secret,
    pub(crate) auth: Auth,
    pub(crate) strict: bool,
    /// Which release of the reference is answered as.
    pub(crate) reference: Reference,
    /// How long a shutdown waits for the requests in flight.
    pub(crate) grace: Duration,
}

/// A text that no log shows.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Default for Config {
    fn default() -> Self {
        Self {
            ports: vec![9999, 10000, 10001, 10002],
            advertise_host: "http://127.0.0.1".to_owned(),
            advertise: Vec::new(),
            first_region: 0,
            bind: "0.0.0.0".to_owned(),
            twirp_prefix: "/twirp".to_owned(),
            api_secret: Secret::from("secret".to_owned()),
            auth: Auth::default(),
            strict: false,
            reference: Reference::default(),
            grace: Duration::from_secs(10),
        }
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Deref for Secret {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

/// A setting that can't be served, in a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct ConfigError {
    pub(crate) setting: &'static str,
    pub(crate) problem: String,
}

impl ConfigError {
    pub(crate) fn new(setting: &'static str, problem: impl Into<String>) -> Self {
        Self { setting, problem: problem.into() }
    }
}

impl Config {
    /// Checks the settings together and brings them to one form.
    ///
    /// # Errors
    /// Every problem, in the order of the flags.
    pub(crate) fn checked(mut self) -> Result<Self, Vec<ConfigError>> {
        let problems = [
            check_ports(&self.ports),
            check_advertise_host(&self.advertise_host),
            check_advertise(&self),
            check_bind(&self.bind),
            check_twirp_prefix(&self.twirp_prefix),
            check_api_secret(&self.api_secret),
        ];
        let errors: Vec<ConfigError> = problems.into_iter().filter_map(Result::err).collect();
        if !errors.is_empty() {
            return Err(errors);
        }
        self.twirp_prefix.truncate(self.twirp_prefix.trim_end_matches('/').len());
        Ok(self)
    }
}

fn check_ports(ports: &[u16]) -> Result<(), ConfigError> {
    let error = |problem: String| Err(ConfigError::new("--ports", problem));
    if ports.is_empty() {
        return error(
            "no port is given; name at least one, such as 9999, or 0 for any free port".into(),
        );
    }
    let mut seen = BTreeSet::new();
    match ports.iter().find(|port| **port != 0 && !seen.insert(**port)) {
        Some(port) => {
            error(format!("port {port} is given twice; each region needs a port of its own"))
        }
        None => Ok(()),
    }
}

fn check_advertise_host(host: &str) -> Result<(), ConfigError> {
    let error = |problem: String| Err(ConfigError::new("--advertise-host", problem));
    let filled = host.trim_end_matches('/').replace("{index}", "0");
    let (filled, places_port) = (filled.replace("{port}", "1"), filled.contains("{port}"));
    if filled.contains(['{', '}']) {
        return error(format!(
            "\"{host}\" holds a placeholder that is none; there are {{index}} and {{port}}"
        ));
    }
    let Some(uri) = web_uri(&filled) else {
        return error(format!("\"{host}\" must be a scheme and a host, such as http://127.0.0.1"));
    };
    if uri.port().is_some() && !places_port {
        return error(format!(
            "\"{host}\" must not hold a port; each region's own is put behind it"
        ));
    }
    if !places_port && uri.path() != "/" {
        return error(format!(
            "\"{host}\" must not hold a path; place the port with {{port}} to have one"
        ));
    }
    Ok(())
}

fn check_advertise(config: &Config) -> Result<(), ConfigError> {
    let Config { advertise, first_region, ports, .. } = config;
    let error = |problem: String| Err(ConfigError::new("--advertise", problem));
    if advertise.is_empty() {
        return match first_region {
            0 => Ok(()),
            _ => Err(ConfigError::new(
                "--first-region",
                format!(
                    "region {first_region} is not the first, so --advertise must name every region's URL"
                ),
            )),
        };
    }
    if let Some(url) = advertise.iter().find(|url| web_uri(url).is_none()) {
        return error(format!("\"{url}\" must be a URL such as http://10.0.0.1:9999"));
    }
    if config.advertise_host != Config::default().advertise_host {
        return error("it names whole URLs, so --advertise-host has no meaning beside it; give one of the two".into());
    }
    let (named, needed) = (advertise.len(), first_region.saturating_add(ports.len()));
    if needed <= named {
        return Ok(());
    }
    let setting = if *first_region == 0 { "--advertise" } else { "--first-region" };
    Err(ConfigError::new(
        setting,
        format!(
            "with {} ports from region {first_region} on, --advertise must name {needed} URLs, not {named}",
            ports.len()
        ),
    ))
}

fn web_uri(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    let web = matches!(uri.scheme_str(), Some("http" | "https"));
    (web && uri.host().is_some_and(|host| !host.is_empty())).then_some(uri)
}

fn check_bind(bind: &str) -> Result<(), ConfigError> {
    let host = bind.trim_start_matches('[').trim_end_matches(']');
    let name = !host.is_empty()
        && host.len() < 254
        && host.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.' || c == '_');
    // Digits and dots alone are an address that was mistyped, never a name.
    let mistyped = host.chars().all(|c| c.is_ascii_digit() || c == '.');
    if host.parse::<IpAddr>().is_ok() || (name && !mistyped) {
        return Ok(());
    }
    Err(ConfigError::new(
        "--bind",
        format!(
            "\"{bind}\" must be an address or a host name without a port, such as 0.0.0.0 or localhost"
        ),
    ))
}

fn check_twirp_prefix(prefix: &str) -> Result<(), ConfigError> {
    let path = prefix.starts_with('/') && !prefix.contains(['?', '#']);
    let clean = path && prefix.parse::<Uri>().is_ok();
    if prefix.is_empty() || clean {
        return Ok(());
    }
    Err(ConfigError::new("--twirp-prefix", format!("\"{prefix}\" must be a path such as /twirp")))
}

fn check_api_secret(secret: &str) -> Result<(), ConfigError> {
    if secret.is_empty() {
        return Err(ConfigError::new(
            "--api-secret",
            "it must not be empty; to look at no token, say --auth off",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(change: impl FnOnce(&mut Config)) -> String {
        let mut config = Config::default();
        change(&mut config);
        match config.checked() {
            Ok(_) => "none".to_owned(),
            Err(errors) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        }
    }

    #[test]
    fn the_defaults_are_sound() {
        assert_eq!(problem(|_| {}), "none");
    }

    #[test]
    fn says_all_that_is_wrong_at_once() {
        let problems = problem(|config| {
            config.ports = vec![1, 1];
            config.bind = "1.2.3".to_owned();
        });
        assert!(problems.contains("--ports: port 1 is given twice"), "{problems}");
        assert!(problems.contains("--bind: \"1.2.3\" must be an address"), "{problems}");
    }

    #[test]
    fn any_free_port_may_be_asked_for_many_times() {
        assert_eq!(problem(|config| config.ports = vec![0, 0, 0]), "none");
    }

    #[test]
    fn takes_hosts_that_can_be_advertised() {
        for (host, sound) in [
            ("http://127.0.0.1", true),
            ("https://mock.livekit.cloud/", true),
            ("http://[::1]", true),
            ("http://r{index}.test", true),
            ("http://r.test:{port}/x", true),
            ("127.0.0.1", false),
            ("http://127.0.0.1:80", false),
            ("http://a/b", false),
            ("ftp://a", false),
            ("http://", false),
            ("", false),
        ] {
            let problem = problem(|config| config.advertise_host = host.to_owned());
            assert_eq!(problem == "none", sound, "{host}: {problem}");
        }
    }

    #[test]
    fn takes_hosts_that_can_be_bound() {
        for (bind, sound) in [
            ("0.0.0.0", true),
            ("::", true),
            ("[::1]", true),
            ("localhost", true),
            ("my-host.test", true),
            ("", false),
            ("127.0.0.1:80", false),
            ("256.1.1.1", false),
            ("a b", false),
        ] {
            let problem = problem(|config| config.bind = bind.to_owned());
            assert_eq!(problem == "none", sound, "{bind}: {problem}");
        }
    }

    #[test]
    fn regions_elsewhere_must_all_be_named() {
        let urls = |count| (0..count).map(|n| format!("http://h{n}:1")).collect::<Vec<_>>();
        assert!(problem(|config| config.first_region = 1).contains("--advertise must name"));
        assert!(problem(|config| config.advertise = urls(3)).contains("must name 4 URLs, not 3"));
        assert_eq!(
            problem(|config| (config.advertise, config.first_region) = (urls(6), 2)),
            "none"
        );
        assert!(
            problem(|config| (config.advertise, config.first_region) = (urls(6), 3))
                .contains("must name 7 URLs, not 6")
        );
        assert!(
            problem(
                |config| (config.advertise, config.advertise_host) = (urls(4), "http://x".into())
            )
            .contains("give one of the two")
        );
    }
}
