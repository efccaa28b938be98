//! What the tests share: the environment that the runner sets, the results file, and
//! four ways to look at the SDK from outside: [`retries`], [`wire`], [`relay`] and [`sdk`].
//! What is the signalling client's alone is in [`signalling`] and [`attempts`].

pub mod attempts;
pub mod clock;
pub mod relay;
pub mod retries;
pub mod sdk;
pub mod signalling;
pub mod wire;

use std::{env, fs::OpenOptions, io::Write as _, sync::LazyLock};

use livekit_api::services::{
    LiveKitApi, ServerError, ServerErrorCode, ServiceError, ServiceResult,
};
use serde_json::{Value, json};

/// Where the mock is, and whom it trusts.
pub struct Environment {
    /// The four regions by index, on an address of loopback.
    pub urls: Vec<String>,
    /// The four regions of a mock that is advertised under livekit.cloud: the SDK
    /// fails over for such hosts alone.
    pub cloud_urls: Vec<String>,
    /// The same under a host of LiveKit's Cloud API.
    pub cloud_api_urls: Vec<String>,
    pub api_key: String,
    pub api_secret: String,
    results: String,
}

pub static ENVIRONMENT: LazyLock<Environment> = LazyLock::new(|| Environment {
    urls: regions("LKM_URLS"),
    cloud_urls: regions("LKM_CLOUD_URLS"),
    cloud_api_urls: regions("LKM_CLOUD_API_URLS"),
    api_key: variable("LKM_API_KEY"),
    api_secret: variable("LKM_API_SECRET"),
    results: variable("LKM_RESULTS"),
});

fn variable(name: &str) -> String {
    match env::var(name) {
        Ok(value) if !value.is_empty() => value,
        _ => panic!("{name} is not set; conformance/run sets it"),
    }
}

fn regions(name: &str) -> Vec<String> {
    let urls: Vec<_> = variable(name).split(',').map(str::to_owned).collect();
    assert_eq!(urls.len(), 4, "{name} holds one url a region");
    urls
}

/// The SDK on region 0, with a key that asks nothing of the mock.
pub fn plain() -> LiveKitApi {
    let environment = &*ENVIRONMENT;
    LiveKitApi::with_api_key(&environment.urls[0], &environment.api_key, &environment.api_secret)
}

/// The SDK on region 0 with a key that programs the mock: the SDK copies the key into
/// the issuer of its tokens, and sends the token on every try and on region discovery.
pub fn programmed(control: Value) -> LiveKitApi {
    with_key(&ENVIRONMENT.urls[0], &format!("mock:{control}"))
}

/// As [`programmed`], on the host for which the SDK fails over.
pub fn programmed_cloud(control: Value) -> LiveKitApi {
    with_key(&ENVIRONMENT.cloud_urls[0], &format!("mock:{control}"))
}

pub fn with_key(url: &str, key: &str) -> LiveKitApi {
    LiveKitApi::with_api_key(url, key, &ENVIRONMENT.api_secret)
}

/// The Twirp error that a call has to end with.
pub fn twirp_error<T: std::fmt::Debug>(result: ServiceResult<T>) -> ServerErrorCode {
    match result {
        Err(ServiceError::Twirp(ServerError::Twirp(error))) => error,
        other => panic!("expected a Twirp error, got {other:?}"),
    }
}

/// How the client fares with one behaviour.
pub enum Outcome {
    Works,
    WorksBut(&'static str),
    Lacks(&'static str),
    Wrong(&'static str),
}

/// Writes a behaviour's line. It is the last thing that a test does, so a test that
/// failed on the way has reported nothing.
pub fn report(behaviour: &str, outcome: Outcome) {
    subject().report(behaviour, None, outcome);
}

/// As [`report`], with what the client does when the network breaks.
pub fn report_does(behaviour: &str, does: &str, outcome: Outcome) {
    subject().report(behaviour, Some(does), outcome);
}

fn subject() -> Subject<'static> {
    Subject { client: "rust", package: sdk::PACKAGE, version: &sdk::find().version }
}

/// Of which client a line is.
struct Subject<'a> {
    client: &'a str,
    package: &'a str,
    version: &'a str,
}

impl Subject<'_> {
    fn report(&self, behaviour: &str, does: Option<&str>, outcome: Outcome) {
        let (result, note) = match outcome {
            Outcome::Works => ("works", None),
            Outcome::WorksBut(note) => ("works", Some(note)),
            Outcome::Lacks(note) => ("lacks", Some(note)),
            Outcome::Wrong(note) => ("wrong", Some(note)),
        };
        let mut line = json!({
            "client": self.client,
            "package": self.package,
            "version": self.version,
            "behaviour": behaviour,
            "result": result,
        });
        for (member, text) in [("does", does), ("note", note)] {
            if let Some(text) = text {
                line[member] = text.into();
            }
        }
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&ENVIRONMENT.results)
            .expect("the results file opens");
        file.write_all(format!("{line}\n").as_bytes()).expect("the results file is written");
    }
}
