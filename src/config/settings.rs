//! The settings, one row each. `declare.rs` explains the rows.

#[cfg(feature = "tls")]
use std::path::PathBuf;
use std::{borrow::Borrow, net::IpAddr, time::Duration};

use super::{
    declare::{default_text, default_value, put, settings},
    form::SettingForm,
    host::Host,
    read,
    secret::Secret,
};
use crate::{auth::Auth, control::Control, reference::Reference};

// The order is that of the help and of the documentation. The reference's settings come first.
settings! {
    /// The ports, one for each region in their order; 0 takes any free one.
    Ports: ports(ports: impl IntoIterator<Item = u16>) -> Vec<u16> {
        read::distinct(ports.into_iter().collect())
    } as One "PORT,…" = "9999,10000,10001,10002" by read::ports;

    /// Scheme and host of the regions' URLs; may hold `{index}` and `{port}`.
    AdvertiseHost: advertise_host(host: impl Into<String>) -> String {
        read::advertise_host(&host.into())
    } as One "URL" = "http://127.0.0.1" by read::advertise_host;

    /// The address, or host name, to listen on.
    Bind: bind(host: impl Into<String>) -> Host { Host::read(&host.into()) }
        as One "ADDRESS" = "0.0.0.0" by Host::read;

    /// The beginning of the paths of API calls.
    TwirpPrefix: twirp_prefix(path: impl Into<String>) -> String { read::path(&path.into()) }
        as One "PATH" = "/twirp" by read::path;

    /// The secret that tokens must be signed with; any API key will do.
    ApiSecret: api_secret(secret: impl Into<String>) -> Secret { Ok(Secret::from(secret.into())) }
        as One "SECRET" = "secret" by read::secret;

    /// `strict`: every call needs a token with its grants; `lenient`: a call with no token, or with
    /// a placeholder, is served too; `off`: tokens are not checked.
    Auth: auth(auth: Auth) -> Auth { Ok(auth) } as One "MODE" = "lenient" by read::auth;

    /// Whether a mistake is answered with an error and not with a warning; a missing token is not a
    /// mistake.
    Strict: strict(strict: bool) -> bool { Ok(strict) } as Switch by read::boolean;

    /// A control that every request starts from, as JSON; what a request asks for itself wins.
    Control: control(control: impl Borrow<Control>) -> Control { Ok(control.borrow().clone()) }
        as One "JSON" by read::control;

    /// Which test-server is followed: `latest` is that of October 2026; `2026-08` is that of August,
    /// for SDKs of that age.
    Reference: reference(reference: Reference) -> Reference { Ok(reference) }
        as One "RELEASE" = "latest" by read::reference;

    /// Every region's whole URL, where the regions are on several hosts.
    Advertise: advertise(urls: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
        read::all_urls(urls.into_iter().map(Into::into).collect())
    } as One "URL,…" by read::urls;

    /// The index of the first port's region.
    FirstRegion: first_region(index: usize) -> usize { Ok(index) }
        as One "INDEX" = "0" by read::index;

    /// How many of the last calls are kept in memory to be looked at; 0: none.
    Journal: journal(calls: usize) -> usize { Ok(calls) }
        as One "CALLS" = "1000" by read::count;

    /// Whether rooms connect: `on`, or `off`, so that offers of peer connections are skipped.
    Rtc: rtc(rtc: bool) -> bool { Ok(rtc) } as One "MODE" = "on" by read::on_or_off;

    /// The UDP port of all peer connections, bound at the first offer; 0 takes any free one.
    RtcPort: rtc_port(port: u16) -> u16 { Ok(port) } as One "PORT" = "0" by read::port;

    /// The address at which clients find that port, where it is not the one that is listened on.
    RtcAddress: rtc_address(address: impl Into<IpAddr>) -> Option<IpAddr> { Ok(Some(address.into())) }
        as One "ADDRESS" by read::ip_address;

    /// Where to write, at the start, the certificate authority that clients must trust for `https://`.
    #[cfg(feature = "tls")]
    TlsCa: tls_ca(file: impl Into<PathBuf>) -> Option<PathBuf> { Ok(Some(file.into())) }
        as One "FILE" by read::file;

    /// A certificate of your own for `https://`, in PEM, with those that it was signed by.
    #[cfg(feature = "tls")]
    TlsCert: tls_cert(file: impl Into<PathBuf>) -> Option<PathBuf> { Ok(Some(file.into())) }
        as One "FILE" by read::file;

    /// The private key of that certificate, in PEM.
    #[cfg(feature = "tls")]
    TlsKey: tls_key(file: impl Into<PathBuf>) -> Option<PathBuf> { Ok(Some(file.into())) }
        as One "FILE" by read::file;

    /// How long a stop waits for the requests in flight.
    Grace: grace(grace: Duration) -> Duration { Ok(grace) }
        as One "SECONDS" = "10" by read::seconds;
}

/// The settings of a [`Mock`](crate::Mock) that is to be started. They have the names of the command
/// line's flags. By default, a server that is started from Rust has four free ports, on loopback only.
#[derive(Debug, Clone)]
pub struct MockBuilder {
    pub(crate) config: Config,
    /// The settings that could not be read, and why.
    pub(super) misread: Vec<(Setting, String)>,
}

impl Default for MockBuilder {
    fn default() -> Self {
        let mut builder = Self::with_program_defaults();
        (builder.config.ports, builder.config.bind) = (vec![0; 4], Host::LOOPBACK);
        builder
    }
}

impl MockBuilder {
    /// The settings with which the program starts: ports 9999 to 10002, on every address.
    #[must_use]
    pub fn with_program_defaults() -> Self {
        Self { config: Config::default(), misread: Vec::new() }
    }

    /// This many regions, each on a free port.
    #[must_use]
    pub fn regions(self, count: usize) -> Self {
        self.ports(vec![0; count])
    }

    /// Short for [`MockBuilder::api_secret`].
    #[must_use]
    pub fn secret(self, secret: impl Into<String>) -> Self {
        self.api_secret(secret)
    }

    /// The address at which this machine reaches the first region, such as `127.0.0.1:9999`. `None` if
    /// its port is chosen at the start.
    pub fn first_address(&self) -> Option<String> {
        let port = *self.config.ports.first()?;
        (port != 0).then(|| self.config.bind.reached_at(port))
    }

    /// Sets the value, or keeps the error for the start.
    fn with<T>(
        mut self,
        setting: Setting,
        value: Result<T, String>,
        put: impl FnOnce(&mut Config, T),
    ) -> Self {
        if setting.form() != SettingForm::Each {
            self.misread.retain(|(misread, _)| *misread != setting);
        }
        match value {
            Ok(value) => put(&mut self.config, value),
            Err(problem) => self.misread.push((setting, problem)),
        }
        self
    }
}
