//! The control in the API key (**beyond** the reference): a token whose `iss` is `mock:` and the
//! JSON object, or its base64url. SDKs copy the key into every token, so an unmodified application
//! is programmed by its configuration alone.

use base64::{
    Engine as _,
    engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD},
};

use super::{fields::Control, json, names::KEY_PREFIX};
use crate::warning::Warnings;

/// The control of an API key, if it holds one. Whether the token is sound does not matter: the
/// control says what to do, never who asks.
pub(crate) fn read(key: &str, warnings: &mut Warnings) -> Option<Box<Control>> {
    let text = key.strip_prefix(KEY_PREFIX)?;
    json::read(&object(text), "API key", warnings)
}

/// The JSON object itself, unwrapped from base64url where it is wrapped.
fn object(text: &str) -> String {
    if text.trim_start().starts_with('{') {
        return text.to_owned();
    }
    let decoded = URL_SAFE_NO_PAD.decode(text).or_else(|_| URL_SAFE.decode(text));
    decoded.ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| text.to_owned())
}
