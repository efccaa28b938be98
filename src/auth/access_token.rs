//! Tokens for tests: made as the SDKs make them (`docs/BEHAVIOUR.md`, Tokens and grants).

use std::{
    collections::BTreeMap,
    fmt,
    time::{Duration, SystemTime},
};

use serde::Serialize;

use super::{base64url, crypto::Hs256, grant::is_default, grants::Grants};
use crate::clock::{now, since_1970};

/// A token to be signed. Its parts have the names that LiveKit's server SDKs give them. By default it
/// is valid for ten minutes.
///
/// [`Mock::token`](crate::Mock::token) returns one that the mock accepts. With your own key and secret:
///
/// ```
/// use livekit_mock::{AccessToken, VideoGrants};
///
/// let jwt = AccessToken::new("devkey", "secret")
///     .identity("alice")
///     .name("Alice")
///     .grants(VideoGrants::new().room_join().room("lobby"))
///     .to_jwt();
/// assert_eq!(jwt.split('.').count(), 3);
/// ```
#[derive(Clone)]
#[must_use = "a token is signed by to_jwt()"]
pub struct AccessToken {
    secret: Hs256,
    claims: UntimedClaims,
    not_before: Option<SystemTime>,
    expiry: Expiry,
}

/// All claims except the times.
#[derive(Debug, Default, Clone, Serialize)]
struct UntimedClaims {
    iss: String,
    #[serde(skip_serializing_if = "is_default")]
    sub: String,
    #[serde(skip_serializing_if = "is_default")]
    name: String,
    #[serde(skip_serializing_if = "is_default")]
    kind: String,
    #[serde(skip_serializing_if = "is_default")]
    metadata: String,
    #[serde(skip_serializing_if = "is_default")]
    attributes: BTreeMap<String, String>,
    #[serde(flatten)]
    grants: Grants,
}

/// All claims.
#[derive(Serialize)]
struct TimedClaims<'a> {
    nbf: u64,
    exp: u64,
    #[serde(flatten)]
    claims: &'a UntimedClaims,
}

#[derive(Debug, Clone)]
enum Expiry {
    /// This long after the token is signed.
    After(Duration),
    At(SystemTime),
}

/// How long a token is valid by default.
const TTL: Duration = Duration::from_secs(600);
/// By how much `nbf` lies in the past: the reader's clock may be slow.
const BACKDATED_BY: Duration = Duration::from_secs(10);
/// The end of the year 9999. Readers of tokens disagree about later times.
const LAST_MOMENT: Duration = Duration::from_secs(253_402_300_799);
const HEADER: &str = r#"{"typ":"JWT","alg":"HS256"}"#;

impl AccessToken {
    /// A token without any grants, for this API key, to be signed with this API secret.
    pub fn new(api_key: impl Into<String>, api_secret: impl AsRef<str>) -> Self {
        Self {
            secret: Hs256::new(api_secret.as_ref()),
            claims: UntimedClaims { iss: api_key.into(), ..UntimedClaims::default() },
            not_before: None,
            expiry: Expiry::After(TTL),
        }
    }

    /// The API key, which is the claim `iss`. It may hold a control; see
    /// [`Control::api_key`](crate::Control::api_key).
    pub fn api_key(mut self, api_key: impl Into<String>) -> Self {
        self.claims.iss = api_key.into();
        self
    }

    /// The participant's identity, which is the claim `sub`.
    pub fn identity(mut self, identity: impl Into<String>) -> Self {
        self.claims.sub = identity.into();
        self
    }

    /// The participant's name, which other participants see.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.claims.name = name.into();
        self
    }

    /// The kind of participant: `standard`, `agent`, `sip`, `ingress` or `egress`.
    pub fn kind(mut self, kind: impl Into<String>) -> Self {
        self.claims.kind = kind.into();
        self
    }

    /// The participant's metadata.
    pub fn metadata(mut self, metadata: impl Into<String>) -> Self {
        self.claims.metadata = metadata.into();
        self
    }

    /// Adds one attribute of the participant.
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.claims.attributes.insert(name.into(), value.into());
        self
    }

    /// Adds attributes of the participant.
    pub fn attributes<N, V>(mut self, attributes: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<String>,
    {
        let attributes = attributes.into_iter();
        self.claims.attributes.extend(attributes.map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// What the token allows: [`Grants`], or the grants of one claim, such as
    /// [`VideoGrants`](crate::VideoGrants). They replace earlier grants of the same claims; other
    /// claims stay as they are.
    pub fn grants(mut self, grants: impl Into<Grants>) -> Self {
        self.claims.grants = self.claims.grants.overlaid_by(grants.into());
        self
    }

    /// How long the token is valid after it is signed.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.expiry = Expiry::After(ttl);
        self
    }

    /// When the token expires. The mock accepts it for another 60 seconds.
    ///
    /// ```
    /// # use std::time::{Duration, SystemTime};
    /// # let token = livekit_mock::AccessToken::new("devkey", "secret");
    /// let an_hour_ago = SystemTime::now() - Duration::from_secs(3600);
    /// let expired = token.expires_at(an_hour_ago).to_jwt();
    /// # let _ = expired;
    /// ```
    pub fn expires_at(mut self, moment: SystemTime) -> Self {
        self.expiry = Expiry::At(moment);
        self
    }

    /// When the token becomes valid; by default, ten seconds before it is signed. The mock accepts it
    /// 60 seconds earlier.
    pub fn not_before(mut self, moment: SystemTime) -> Self {
        self.not_before = Some(moment);
        self
    }

    /// The token, signed by HS256.
    pub fn to_jwt(&self) -> String {
        // Strings, numbers and bools always serialize.
        let claims = serde_json::to_vec(&self.timed()).unwrap_or_default();
        let signed = format!("{}.{}", base64url::encode(HEADER), base64url::encode(claims));
        let signature = base64url::encode(self.secret.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    fn timed(&self) -> TimedClaims<'_> {
        let not_before = self.not_before.map_or(now().saturating_sub(BACKDATED_BY), since_1970);
        let expires = match self.expiry {
            Expiry::After(ttl) => now().saturating_add(ttl),
            Expiry::At(moment) => since_1970(moment),
        };
        let seconds = |time: Duration| time.min(LAST_MOMENT).as_secs();
        TimedClaims { nbf: seconds(not_before), exp: seconds(expires), claims: &self.claims }
    }
}

impl fmt::Debug for AccessToken {
    /// Shows everything except the secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AccessToken")
            .field("claims", &self.claims)
            .field("not_before", &self.not_before)
            .field("expiry", &self.expiry)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{
        claims,
        error::TokenError,
        grant::GrantSlot,
        grants::{SipGrants, VideoGrants},
        token::{Token, Verifier},
    };

    fn read(token: &AccessToken) -> Result<claims::Claims, TokenError> {
        Verifier::new("secret").claims(Token::from_text(&token.to_jwt()))
    }

    fn token() -> AccessToken {
        AccessToken::new("key", "secret")
    }

    /// Sets the grant of this name to a value that is not its default.
    fn give(grants: &mut Grants, claim: &str, name: &str) {
        let place = Grants::names_in(claim).iter().position(|known| *known == name).expect(name);
        match grants.claim(claim).and_then(|claim| claim.slot(place)).expect(name) {
            GrantSlot::Flag(flag) => *flag = true,
            GrantSlot::Choice(choice) => *choice = Some(false),
            GrantSlot::Text(text) => "text".clone_into(text),
            GrantSlot::Texts(texts) => texts.push("one".to_owned()),
        }
    }

    #[test]
    fn each_grant_is_read_as_it_was_given() {
        let mut count = 0;
        for claim in claims::CLAIMS {
            for name in Grants::names_in(claim) {
                let mut grants = Grants::new();
                give(&mut grants, claim, name);
                let claims = read(&token().grants(grants.clone())).expect("a valid token");
                assert_eq!(claims.grants, grants, "{claim}.{name}");
                count += 1;
            }
        }
        assert_eq!(count, 37);
    }

    #[test]
    fn what_is_not_given_is_not_in_the_token() {
        let claims = token().identity("alice").grants(SipGrants::new().call());
        let claims = serde_json::to_value(claims.timed()).expect("JSON");
        let names: Vec<_> = claims.as_object().expect("an object").keys().collect();
        assert_eq!(names, ["exp", "iss", "nbf", "sip", "sub"]);
        assert_eq!(claims["sip"].to_string(), r#"{"call":true}"#);
    }

    #[test]
    fn is_valid_from_nbf_to_exp() {
        let (hour, now) = (Duration::from_secs(3600), SystemTime::now());
        assert_eq!(read(&token()).map(drop), Ok(()));
        assert!(matches!(
            read(&token().expires_at(now - hour)),
            Err(TokenError::Expired(3600..3660))
        ));
        assert!(matches!(
            read(&token().not_before(now + hour)),
            Err(TokenError::NotYet(3540..=3600))
        ));
        assert_eq!(read(&token().ttl(Duration::MAX)).map(drop), Ok(()));
        assert!(matches!(
            read(&token().expires_at(SystemTime::UNIX_EPOCH)),
            Err(TokenError::Expired(_))
        ));
    }

    #[test]
    fn a_claim_of_grants_replaces_only_the_same_claim() {
        let token =
            token().grants(VideoGrants::new().room_create()).grants(SipGrants::new().call());
        let token = token.grants(VideoGrants::new().room_list());
        let grants = read(&token).expect("a valid token").grants;
        assert_eq!(grants.flags(), ["video.roomList", "sip.call"]);
    }

    #[test]
    fn its_debug_form_has_no_secret() {
        let token = AccessToken::new("the-key", "the-secret").identity("alice");
        let text = format!("{token:?}");
        assert!(text.contains("alice") && !text.contains("the-secret"), "{text}");
    }
}
