//! A programmable test double of the LiveKit server.
//!
//! A request flows through these modules in this order: `listen` accepts, `connection` watches the
//! head arrive, `service` reads it and finds its `route`, `control` says what it asks for, `auth`
//! who asks, `api` (or `signal`) what the answer is, `fault` how it goes wrong instead, and
//! `service` carries the `outcome` out. `mock` starts all that, from a `config`.

mod api;
#[cfg(test)]
mod arbitrary;
mod auth;
mod config;
mod connection;
mod control;
mod fault;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod listen;
mod mock;
mod outcome;
mod region;
mod route;
mod server;
mod service;
mod signal;
mod warning;

#[cfg(feature = "cli")]
pub mod cli;

pub use auth::{AgentGrants, Auth, Grants, SipGrants, UnknownAuth, VideoGrants, sign};
pub use config::ConfigError;
pub use control::{Control, LeaveAction};
pub use listen::BindError;
pub use mock::{Builder, Mock, StartError};
