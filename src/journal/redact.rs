//! Takes secrets out of what is shown. What names a secret hides its value, and a token is known by its
//! form, wherever it stands.

use std::{borrow::Cow, fmt};

use serde_json::value::RawValue;

/// What stands in place of a secret.
const HIDDEN: &str = "…";
/// A token begins so: the base64url of `{"`.
const TOKEN: &str = "eyJ";
/// A server's secret that is shorter, or that is the one of all examples, is an ordinary word.
const SHORTEST: usize = 8;

/// Endings of names of secrets, in lower case and without `_` and `-`.
const NAMES: [&str; 14] = [
    "password",
    "passphrase",
    "secret",
    "token",
    "credential",
    "credentials",
    "accesskey",
    "accountkey",
    "apikey",
    "streamkey",
    "signingkey",
    "analyticskey",
    "authorization",
    "cookie",
];
/// What these name is a place in a list, and no secret.
const PAGES: [&str; 2] = ["pagetoken", "nextpagetoken"];
/// Whole names of secrets.
const WHOLE: [&str; 3] = ["pin", "presignedurl", "key64"];

/// Knows what must not be shown.
#[derive(Default)]
pub(crate) struct Secrets {
    api_secret: Option<String>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secrets")
    }
}

impl Secrets {
    pub(crate) fn new(api_secret: &str) -> Self {
        let long = api_secret.len() >= SHORTEST;
        Self { api_secret: long.then(|| api_secret.to_owned()) }
    }

    /// A text without the tokens and the API secret in it.
    pub(super) fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let text = match &self.api_secret {
            Some(secret) if text.contains(secret) => Cow::Owned(text.replace(secret, HIDDEN)),
            _ => Cow::Borrowed(text),
        };
        let text = match text.contains(TOKEN) {
            true => Cow::Owned(without_tokens(&text)),
            false => text,
        };
        match has_key(&text) {
            true => Cow::Owned(without_stream_key(&text)),
            false => text,
        }
    }

    /// JSON in which nothing has the form of a secret, whatever its name.
    pub(super) fn without_forms(&self, json: &str) -> String {
        self.walked(json, |_| false).unwrap_or_default()
    }

    /// JSON without secrets, also those that only their names give away; none if it is no JSON.
    pub(super) fn json(&self, json: &str) -> Option<Box<RawValue>> {
        RawValue::from_string(self.walked(json, is_secret)?).ok()
    }

    fn walked(&self, json: &str, is_secret: impl Fn(&str) -> bool) -> Option<String> {
        let mut shown = String::with_capacity(json.len());
        let mut walk = Walk { rest: json, names: Vec::new(), name: None };
        while let Some((before, string)) = walk.string() {
            shown.push_str(before);
            let text: Cow<'_, str> = serde_json::from_str::<String>(string).ok()?.into();
            if walk.is_name() {
                // A name may be a text of the client's, too, such as that of an attribute.
                shown.push_str(&quoted(&self.text(&text)));
                walk.name = Some(text.into_owned());
            } else if walk.name.as_deref().is_some_and(&is_secret) && !text.is_empty() {
                shown.push_str(&quoted(HIDDEN));
            } else {
                shown.push_str(&quoted(&self.text(&text)));
            }
        }
        shown.push_str(walk.rest);
        Some(shown)
    }
}

/// A way through JSON, from string to string.
struct Walk<'a> {
    rest: &'a str,
    /// The names of the members that the open objects and lists are the values of.
    names: Vec<Option<String>>,
    /// The name of the member whose value is next.
    name: Option<String>,
}

impl<'a> Walk<'a> {
    /// The next string in its quotes, and what stands before it.
    fn string(&mut self) -> Option<(&'a str, &'a str)> {
        let begin = self.rest.find('"')?;
        let (before, rest) = self.rest.split_at(begin);
        for byte in before.bytes() {
            match byte {
                b'{' => self.names.push(self.name.take()),
                b'[' => self.names.push(self.name.clone()),
                b'}' => self.name = self.names.pop().map(|_| None)?,
                b']' => drop(self.names.pop()),
                _ => {}
            }
        }
        let mut escaped = false;
        let end = rest.bytes().skip(1).position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        })?;
        let (string, rest) = rest.split_at(end + 2);
        self.rest = rest;
        Some((before, string))
    }

    /// Whether the string that ends here is the name of a member.
    fn is_name(&self) -> bool {
        self.rest.trim_start().starts_with(':')
    }
}

/// Whether the value of this name must not be shown.
fn is_secret(name: &str) -> bool {
    let name: String = name.chars().filter(|character| !matches!(character, '_' | '-')).collect();
    let name = name.to_ascii_lowercase();
    let named = NAMES.iter().any(|secret| name.ends_with(secret)) || WHOLE.contains(&&*name);
    named && !PAGES.contains(&&*name)
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Hides whatever has the form of a token: three parts of base64url with dots between them.
fn without_tokens(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(TOKEN) {
        shown.push_str(&rest[..begin]);
        rest = &rest[begin..];
        let ends = |byte: u8| !(byte.is_ascii_alphanumeric() || b"-_.=".contains(&byte));
        let end = rest.bytes().position(ends).unwrap_or(rest.len());
        let (token, after) = rest.split_at(end);
        shown.push_str(if token.contains('.') { HIDDEN } else { token });
        rest = after;
    }
    shown + rest
}

/// Where a stream is sent to: the end of the URL is its key.
fn has_key(text: &str) -> bool {
    ["rtmp://", "rtmps://", "srt://", "mux://", "twitch://"]
        .iter()
        .any(|scheme| text.starts_with(scheme))
}

fn without_stream_key(url: &str) -> String {
    let begin = url.find("://").map_or(0, |at| at + 3);
    let end = url[begin..].rfind(['/', '?']).map_or(begin, |at| begin + at + 1);
    format!("{}{HIDDEN}", &url[..end])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use prost_reflect::{Kind, MessageDescriptor};
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        arbitrary::json_value, auth::AccessToken, protocol::signal::MESSAGES, reference::Reference,
        schema::Schema,
    };

    const SECRET: &str = "Kq7vT2mXw9Lr4NfZ8bPd";

    /// The names of all fields of text in a message, and in those that it holds.
    fn names(
        message: &MessageDescriptor,
        seen: &mut BTreeSet<String>,
        found: &mut BTreeSet<String>,
    ) {
        if !seen.insert(message.full_name().to_owned()) {
            return;
        }
        for field in message.fields() {
            match field.kind() {
                Kind::Message(inner) => names(&inner, seen, found),
                Kind::String | Kind::Bytes => {
                    found.insert(field.json_name().to_owned());
                }
                _ => {}
            }
        }
    }

    /// Whoever adds a field to the protocol that may be a secret decides here whether it is one.
    #[test]
    fn every_secret_of_the_protocol_is_known() {
        const NO_SECRETS: [&str; 6] =
            ["authUsername", "authRealm", "nextPageToken", "pageToken", "pinnedRegions", "key"];
        let schema = Schema::of(Reference::Latest);
        let (mut seen, mut found) = (BTreeSet::new(), BTreeSet::new());
        for (service, method) in schema.calls() {
            let method = schema.find(&format!("{service}/{method}")).expect("a method");
            names(&method.input, &mut seen, &mut found);
            names(&method.output, &mut seen, &mut found);
        }
        for message in [&MESSAGES.request, &MESSAGES.response, &MESSAGES.join_request] {
            names(message, &mut seen, &mut found);
        }
        let sounds = |name: &str| {
            let name = name.to_ascii_lowercase();
            ["key", "secret", "token", "pass", "cred", "auth", "cookie", "presigned"]
                .iter()
                .any(|word| name.contains(word))
                || name == "pin"
        };
        let open: Vec<_> = found
            .iter()
            .filter(|name| sounds(name) && !is_secret(name) && !NO_SECRETS.contains(&name.as_str()))
            .collect();
        assert!(open.is_empty(), "these are shown: {open:?}");
        assert!(found.contains("streamKey") && found.contains("authPassword"), "{found:?}");
    }

    #[test]
    fn hides_what_is_named_as_a_secret() {
        let secrets = Secrets::new(SECRET);
        for (given, shown) in [
            (json!({"authPassword": "x", "name": "y"}), json!({"authPassword": "…", "name": "y"})),
            (
                json!({"s3": {"secret": "x", "accessKey": "y", "bucket": "z"}}),
                json!({"s3": {"secret": "…", "accessKey": "…", "bucket": "z"}}),
            ),
            (
                json!({"headers": {"Authorization": "x", "Set-Cookie": "y", "X-Api-Key": "z"}}),
                json!({"headers": {"Authorization": "…", "Set-Cookie": "…", "X-Api-Key": "…"}}),
            ),
            (json!({"token": ["a", "b"], "b": ["c"]}), json!({"token": ["…", "…"], "b": ["c"]})),
            (json!({"token": {"name": "a"}}), json!({"token": {"name": "a"}})),
            (json!({"token": ""}), json!({"token": ""})),
            (json!({"pageToken": "a", "key": "b"}), json!({"pageToken": "a", "key": "b"})),
            (
                json!({"urls": ["rtmp://a.b/live/KEY", "https://a.b/c"]}),
                json!({"urls": ["rtmp://a.b/live/…", "https://a.b/c"]}),
            ),
            (
                json!([{"a\"b": "c\\\"d"}, {"secret": 1}]),
                json!([{"a\"b": "c\\\"d"}, {"secret": 1}]),
            ),
        ] {
            let json = secrets.json(&given.to_string()).expect("JSON");
            assert_eq!(serde_json::from_str::<Value>(json.get()).expect("JSON"), shown);
        }
    }

    proptest! {
        #[test]
        fn no_token_and_no_secret_is_shown(
            value in json_value(), before in ".{0,20}", after in "[^A-Za-z0-9_.=-]{0,5}",
            place in 0..4_usize,
        ) {
            let token = AccessToken::new("key", SECRET).identity("someone").to_jwt();
            let secrets = Secrets::new(SECRET);
            let text = match place {
                0 => format!("{before}{token}{after}"),
                1 => format!("Bearer {token}{after}"),
                2 => format!("{before}?access_token={token}&x={after}"),
                _ => format!("{before}{SECRET}{after}"),
            };
            let json = json!({"a": [value, {&text: text}], "b": {"text": text}}).to_string();
            let shown = secrets.json(&json).expect("JSON");
            let parts: Vec<&str> = token.split('.').chain([SECRET]).collect();
            for part in parts {
                prop_assert!(!shown.get().contains(part), "{}", shown.get());
                prop_assert!(!secrets.text(&text).contains(part));
            }
        }

        #[test]
        fn what_holds_no_secret_stays_as_it_is(value in json_value()) {
            let text = value.to_string();
            prop_assume!(!text.contains(TOKEN) && !text.contains("://"));
            let shown = Secrets::default().json(&text).expect("JSON");
            let named = |name: &str| text.to_ascii_lowercase().contains(name);
            if !NAMES.iter().any(|name| named(name)) && !named("pin") {
                prop_assert_eq!(serde_json::from_str::<Value>(shown.get()).expect("JSON"), value);
            }
        }
    }
}
