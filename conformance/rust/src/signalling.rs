//! What the tests of the signalling client share: tokens that program the mock, and a
//! client with what it has heard.

use std::time::Duration;

use livekit_protocol::{JoinResponse, signal_response::Message};
use livekit_signaling::{
    SIGNAL_CONNECT_TIMEOUT, SignalClient, SignalError, SignalEvent, SignalEvents, SignalOptions,
};
use livekit_token::{AccessToken, VideoGrants};
use serde_json::Value;
use tokio::time::timeout;

use crate::{ENVIRONMENT, Outcome, Subject};

pub const ROOM: &str = "studio";
pub const IDENTITY: &str = "alice";

/// Both paths: the client takes `/rtc/v1` for a single peer connection.
pub const PATHS: [Path; 2] = [Path { name: "/rtc", v1: false }, Path { name: "/rtc/v1", v1: true }];

/// Longer than anything here takes, the client's own timeouts of five seconds included.
const PATIENCE: Duration = Duration::from_secs(15);

#[derive(Clone, Copy)]
pub struct Path {
    pub name: &'static str,
    v1: bool,
}

/// A participant's token with this control as its attribute `lk.mock`.
pub fn token(control: Value) -> String {
    sign(&ENVIRONMENT.api_key, &ENVIRONMENT.api_secret, Some(control))
}

/// A token that brings its control in the API key alone.
pub fn token_by_key(control: Value) -> String {
    sign(&format!("mock:{control}"), &ENVIRONMENT.api_secret, None)
}

/// A token with a control in the API key and another one as `lk.mock`.
pub fn token_by_both(key: Value, attribute: Value) -> String {
    sign(&format!("mock:{key}"), &ENVIRONMENT.api_secret, Some(attribute))
}

/// A token that is signed with another secret than the mock's.
pub fn bad_token() -> String {
    sign(&ENVIRONMENT.api_key, "another", None)
}

fn sign(key: &str, secret: &str, control: Option<Value>) -> String {
    let grants = VideoGrants { room_join: true, room: ROOM.into(), ..Default::default() };
    let mut token =
        AccessToken::with_api_key(key, secret).with_identity(IDENTITY).with_grants(grants);
    if let Some(control) = control {
        token = token.with_attributes([("lk.mock", control.to_string())]);
    }
    token.to_jwt().expect("a token")
}

/// A client with what it has heard.
pub struct Joined {
    pub client: SignalClient,
    pub join: JoinResponse,
    events: SignalEvents,
}

/// Connects to a region as an application does, by the URL that it was given.
pub async fn connect(url: &str, token: &str, path: Path) -> Result<Joined, SignalError> {
    connect_within(SIGNAL_CONNECT_TIMEOUT, url, token, path).await
}

/// As [`connect`], with a time-out of the application's own.
pub async fn connect_within(
    time: Duration,
    url: &str,
    token: &str,
    path: Path,
) -> Result<Joined, SignalError> {
    let mut options = SignalOptions::default();
    options.single_peer_connection = path.v1;
    options.connect_timeout = time;
    let (client, join, events) = SignalClient::connect(url, token, options, None).await?;
    Ok(Joined { client, join, events })
}

/// Connects to region 0 under this control.
pub async fn join(control: Value, path: Path) -> Joined {
    connect(&ENVIRONMENT.urls[0], &token(control), path).await.expect("it joins")
}

/// The error of a connection to region 0 that must not come about.
pub async fn refusal(token: &str, path: Path) -> SignalError {
    connect(&ENVIRONMENT.urls[0], token, path).await.err().expect("it is refused")
}

impl Joined {
    /// What the client tells next.
    pub async fn event(&mut self) -> SignalEvent {
        timeout(PATIENCE, self.events.recv()).await.expect("an event in time").expect("an event")
    }

    /// The server's next message.
    pub async fn message(&mut self) -> Message {
        match self.event().await {
            SignalEvent::Message(message) => *message,
            SignalEvent::Close(why) => panic!("expected a message, and it was closed: {why}"),
        }
    }

    /// The words of the close that has to come next.
    pub async fn close(&mut self) -> String {
        match self.event().await {
            SignalEvent::Close(why) => why.into_owned(),
            SignalEvent::Message(message) => panic!("expected the end, and {message:?} came"),
        }
    }

    /// What came until the close, the close's words last.
    pub async fn until_close(&mut self) -> (Vec<Message>, String) {
        let mut messages = Vec::new();
        loop {
            match self.event().await {
                SignalEvent::Message(message) => messages.push(*message),
                SignalEvent::Close(why) => return (messages, why.into_owned()),
            }
        }
    }
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
    Subject { client: "rust-signalling", package: PACKAGE, version: version() }
}

const PACKAGE: &str = "livekit-signaling";

/// The version of the client that these tests are built with, from the lock file.
fn version() -> &'static str {
    let name = format!("name = \"{PACKAGE}\"\nversion = \"");
    let (_, rest) = include_str!("../Cargo.lock").split_once(&name).expect("it is locked");
    rest.split('"').next().expect("its version")
}
