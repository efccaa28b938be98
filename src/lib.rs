//! A programmable test double of the LiveKit server.
//!
//! ```
//! use livekit_mock::{Auth, Control, FailMode, Grants, Mock};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), livekit_mock::StartError> {
//! // Two regions on free loopback ports. The server stops when it is dropped.
//! let mock = Mock::builder().regions(2).auth(Auth::Strict).secret("my-secret").start().await?;
//! let url = mock.url(0); // for the client under test
//! let token = mock.token().identity("alice").grants(Grants::all("my-room")).to_jwt();
//! // A control asks for behaviour: region 0 drops the connection, region 1 answers.
//! let (name, value) = Control::new().fail_regions([0]).fail_mode(FailMode::Drop).header();
//! assert_eq!((name, value.as_str()), ("x-lk-mock", r#"{"failRegions":[0],"failMode":"drop"}"#));
//! # let _ = (url, token);
//! # Ok(())
//! # }
//! ```
//!
//! Without default features, the command line, the log output and their libraries are not built, and neither
//! are rooms that connect (`rtc`), TLS (`tls`) and HTTP/2 (`http2`).
//!
//! A request passes through these modules: `transport` reads it, `serve` finds its `route`, `exchange`
//! reads its token (`auth`) and its `control`, and `api`, `discovery` or `signal` decides on the
//! `outcome`, after `fault` has had the chance to make it fail. Then `transport` carries the outcome out.
//! `mock` starts all of this from a `config`.

// The outputs belong to the program that embeds the server. The command line writes to them by itself.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod api;
#[cfg(test)]
mod arbitrary;
mod auth;
mod body;
mod budget;
#[cfg(feature = "tls")]
mod certificates;
mod clock;
mod config;
mod connection;
mod control;
mod discovery;
mod exchange;
mod fault;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod go_json;
mod inspector;
mod journal;
mod mock;
mod outcome;
mod protocol;
mod record;
mod reference;
mod region;
mod rtc;
mod schema;
mod serve;
mod server;
mod shutdown;
mod signal;
mod state;
mod target;
mod transport;
mod warning;
mod websocket;

pub use auth::{
    AccessToken, AgentEndpointGrants, AgentGrants, AgentThreadGrants, Auth, Grants,
    InferenceGrants, ObservabilityGrants, SipGrants, UnknownAuth, VideoGrants,
};
pub use config::{ConfigError, MockBuilder, Setting, SettingForm};
pub use control::{Control, ControlError, FailMode, LeaveAction, SipStatus, SipTransfer};
pub use journal::{
    Call, CallClose, CallKind, CallMessage, CallOutcome, Caller, Calls, NoCall, NotDecoded, Side,
};
pub use mock::{Mock, StartError};
pub use reference::{Reference, UnknownReference};
pub use transport::BindError;
