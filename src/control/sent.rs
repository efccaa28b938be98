//! A control as a client sends it.

use std::fmt::Write as _;

use http::HeaderValue;

use super::{
    fields::Control,
    names::{FAIL_DELAY_HEADER, HEADER, KEY_PREFIX},
};

/// How it is made and sent.
impl Control {
    /// A control that changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The control as the JSON object of `docs/BEHAVIOUR.md`, The control.
    pub fn json(&self) -> String {
        // Its fields are numbers, strings, lists and JSON that was checked: none can fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// All of it, with what has no name in JSON under that of its header.
    pub(crate) fn whole_json(&self) -> String {
        let json = self.json();
        let Some(ms) = self.fail_delay_ms else { return json };
        let comma = if json == "{}" { "" } else { "," };
        format!("{}{comma}\"{FAIL_DELAY_HEADER}\":{ms}}}", json.trim_end_matches('}'))
    }

    /// The header that carries the control, as a name and a value in plain ASCII.
    ///
    /// All fits in there but [`fail_delay_ms`](Self::fail_delay_ms).
    pub fn header(&self) -> (&'static str, String) {
        (HEADER, ascii(&self.json()))
    }

    /// All headers of the control: the one of [`header`](Self::header), and that of
    /// [`fail_delay_ms`](Self::fail_delay_ms) where it is set.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let delay = self.fail_delay_ms.map(|ms| (FAIL_DELAY_HEADER, ms.to_string()));
        [self.header()].into_iter().chain(delay).collect()
    }

    /// An API key that carries the control, for clients that can't set a header.
    ///
    /// All fits in there but [`fail_delay_ms`](Self::fail_delay_ms).
    pub fn api_key(&self) -> String {
        format!("{KEY_PREFIX}{}", self.json())
    }
}

/// The value of [`Control::header`].
impl From<&Control> for HeaderValue {
    fn from(control: &Control) -> Self {
        let (_, value) = control.header();
        Self::try_from(value).unwrap_or_else(|_| Self::from_static("{}"))
    }
}

/// JSON that fits a header: characters that are not printable ASCII stand in strings, where they
/// become escapes, but for the line ends and tabs between values.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            ' '..='~' => text.push(character),
            '\t' | '\n' | '\r' => text.push(' '),
            _ => {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    // Writing to a string can't fail.
                    let _ = write!(text, "\\u{unit:04x}");
                }
            }
        }
    }
    text
}
