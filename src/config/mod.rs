//! The settings of a server: how they are declared, read from text, and checked
//! (`docs/BEHAVIOUR.md`, Settings).

mod check;
mod declare;
mod error;
mod form;
mod host;
mod read;
mod secret;
mod settings;

pub use error::ConfigError;
pub use form::SettingForm;
pub(crate) use host::Host;
pub(crate) use settings::Config;
pub use settings::{MockBuilder, Setting};
