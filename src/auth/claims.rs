//! The claims of a token, read as the reference reads them
//! (`docs/BEHAVIOUR.md`, Tokens and grants): a claim that is
//! known and of another type spoils the token, whatever it is good for.

use std::collections::HashMap;

use super::{
    date::Date,
    error::{Part, TokenError},
    grants::{AgentGrants, SipGrants, VideoGrants},
    room_config,
};
use crate::go_json::{self, Kind, Raw};

/// The claims that this server uses, of the many that it knows.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Claims {
    pub(super) exp: Option<Date>,
    pub(super) nbf: Option<Date>,
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) jti: String,
    pub(crate) name: String,
    pub(crate) metadata: String,
    pub(crate) attributes: HashMap<String, String>,
    pub(crate) video: VideoGrants,
    pub(crate) sip: SipGrants,
    pub(crate) agent: AgentGrants,
}

/// The claims that have a type, by their names.
#[rustfmt::skip]
const CLAIMS: [&str; 23] = [
    "iss", "sub", "exp", "nbf", "video", "iat", "jti", "aud", "name", "metadata", "attributes", "sip", "agent",
    "identity", "kind", "kindDetails", "roomConfig", "roomPreset", "sha256", "inference", "observability",
    "agentEndpoint", "agentThread",
];
#[rustfmt::skip]
const VIDEO: [&str; 18] = [
    "roomCreate", "roomList", "roomRecord", "roomAdmin", "roomJoin", "room", "canPublish", "canSubscribe",
    "canPublishData", "canPublishSources", "canUpdateOwnMetadata", "ingressAdmin", "hidden", "recorder", "agent",
    "canSubscribeMetrics", "canManageAgentSession", "destinationRoom",
];
const SIP: [&str; 2] = ["admin", "call"];
const AGENT: [&str; 4] = ["admin", "simulationAdmin", "databaseAdmin", "dispatchAdmin"];
const INFERENCE: [&str; 1] = ["perform"];
const OBSERVABILITY: [&str; 1] = ["write"];
const ENDPOINT: [&str; 3] = ["call", "agentName", "deployment"];
const THREAD: [&str; 8] =
    ["all", "scope", "threadIds", "list", "create", "write", "read", "delete"];

/// The members of a claim that is an object, by its name.
pub(super) fn members_of(claim: &str) -> &'static [&'static str] {
    match claim {
        "video" => &VIDEO,
        "sip" => &SIP,
        "agent" => &AGENT,
        "inference" => &INFERENCE,
        "observability" => &OBSERVABILITY,
        "agentEndpoint" => &ENDPOINT,
        "agentThread" => &THREAD,
        _ => &[],
    }
}

/// A claim in the making of a sentence, where its value is of the wrong type.
#[derive(Clone, Copy)]
struct Claim {
    /// The object that it stands in; empty for the token itself.
    of: &'static str,
    name: &'static str,
}

type Read<T> = Result<T, TokenError>;

impl Claims {
    /// # Errors
    /// The first claim that is not what it must be.
    pub(super) fn read(payload: &[u8]) -> Read<Self> {
        let value = go_json::parse(payload)
            .map_err(|fault| TokenError::Json { part: Part::Claims, fault })?;
        let kind = value.kind();
        let members = value.members().ok_or(TokenError::NoObject { part: Part::Claims, kind })?;
        let mut claims = Self::default();
        for (name, value) in members {
            if let Some(name) = name.find(&CLAIMS) {
                claims.set(name, value)?;
            }
        }
        Ok(claims)
    }

    fn set(&mut self, name: &'static str, value: Raw<'_>) -> Read<()> {
        let claim = Claim { of: "", name };
        match name {
            "exp" => self.exp = claim.date(value)?,
            "nbf" => self.nbf = claim.date(value)?,
            "iat" => drop(claim.date(value)?),
            "iss" => claim.string(value, &mut self.iss)?,
            "sub" => claim.string(value, &mut self.sub)?,
            "jti" => claim.string(value, &mut self.jti)?,
            "name" => claim.string(value, &mut self.name)?,
            "metadata" => claim.string(value, &mut self.metadata)?,
            "aud" => claim.audience(value)?,
            "kindDetails" => claim.strings(value)?,
            "attributes" => claim.texts_by_name(value, &mut self.attributes)?,
            "roomConfig" => room_config::check(value)?,
            "identity" | "kind" | "roomPreset" | "sha256" => {
                claim.string(value, &mut String::new())?;
            }
            object => return self.set_object(object, value),
        }
        Ok(())
    }

    /// A repeated object adds its members to those of the first; `null` takes them all away.
    fn set_object(&mut self, name: &'static str, value: Raw<'_>) -> Read<()> {
        if value.is_null() {
            match name {
                "video" => self.video = VideoGrants::default(),
                "sip" => self.sip = SipGrants::default(),
                "agent" => self.agent = AgentGrants::default(),
                _ => {}
            }
            return Ok(());
        }
        let claim = Claim { of: "", name };
        let members = value.members().ok_or_else(|| claim.wrong(value, "an object"))?;
        for (member, value) in members {
            if let Some(member) = member.find(members_of(name)) {
                self.set_member(Claim { of: name, name: member }, value)?;
            }
        }
        Ok(())
    }

    fn set_member(&mut self, claim: Claim, value: Raw<'_>) -> Read<()> {
        let Self { video, sip, agent, .. } = self;
        let flag = match (claim.of, claim.name) {
            ("video", "roomCreate") => &mut video.room_create,
            ("video", "roomList") => &mut video.room_list,
            ("video", "roomRecord") => &mut video.room_record,
            ("video", "roomAdmin") => &mut video.room_admin,
            ("video", "roomJoin") => &mut video.room_join,
            ("video", "ingressAdmin") => &mut video.ingress_admin,
            ("sip", "admin") => &mut sip.admin,
            ("sip", "call") => &mut sip.call,
            ("agent", "admin") => &mut agent.admin,
            ("agent", "simulationAdmin") => &mut agent.simulation_admin,
            ("video", "room") => return claim.string(value, &mut video.room),
            ("video", "destinationRoom") => {
                return claim.string(value, &mut video.destination_room);
            }
            ("video", "canPublishSources") | ("agentThread", "threadIds") => {
                return claim.strings(value);
            }
            (_, "agentName" | "deployment" | "scope") => {
                return claim.string(value, &mut String::new());
            }
            _ => &mut false,
        };
        claim.flag(value, flag)
    }
}

// === impl Claim: for all but dates, null leaves what was there ===

impl Claim {
    fn flag(self, value: Raw<'_>, flag: &mut bool) -> Read<()> {
        if !value.is_null() {
            *flag = value.bool().ok_or_else(|| self.wrong(value, "true or false"))?;
        }
        Ok(())
    }

    fn string(self, value: Raw<'_>, text: &mut String) -> Read<()> {
        if !value.is_null() {
            let string = value.string().ok_or_else(|| self.wrong(value, "a string"))?;
            *text = string.into_owned();
        }
        Ok(())
    }

    fn date(self, value: Raw<'_>) -> Read<Option<Date>> {
        if value.is_null() {
            return Ok(None);
        }
        let expected = "a number of seconds since 1970";
        Date::read(value).map(Some).ok_or_else(|| self.wrong(value, expected))
    }

    fn strings(self, value: Raw<'_>) -> Read<()> {
        let expected = "a list of strings";
        if value.is_null() {
            return Ok(());
        }
        for item in value.items().ok_or_else(|| self.wrong(value, expected))? {
            if !matches!(item.kind(), Kind::String | Kind::Null) {
                return Err(self.wrong_element(item, expected));
            }
        }
        Ok(())
    }

    fn texts_by_name(self, value: Raw<'_>, texts: &mut HashMap<String, String>) -> Read<()> {
        let expected = "an object of strings";
        if value.is_null() {
            texts.clear();
            return Ok(());
        }
        for (name, value) in value.members().ok_or_else(|| self.wrong(value, expected))? {
            let text = match value.kind() {
                Kind::Null => String::new(),
                _ => {
                    value.string().ok_or_else(|| self.wrong_element(value, expected))?.into_owned()
                }
            };
            texts.insert(name.text().into_owned(), text);
        }
        Ok(())
    }

    /// A string, or a list of which each is one.
    fn audience(self, value: Raw<'_>) -> Read<()> {
        let expected = "a string or a list of strings";
        if let Kind::String | Kind::Null = value.kind() {
            return Ok(());
        }
        let mut items = value.items().ok_or_else(|| self.wrong(value, expected))?;
        match items.find(|item| item.kind() != Kind::String) {
            Some(item) => Err(self.wrong_element(item, expected)),
            None => Ok(()),
        }
    }

    fn wrong(self, value: Raw<'_>, expected: &'static str) -> TokenError {
        let Self { of, name } = self;
        TokenError::Claim { of, name, holds: false, kind: value.kind(), expected }
    }

    fn wrong_element(self, value: Raw<'_>, expected: &'static str) -> TokenError {
        let Self { of, name } = self;
        TokenError::Claim { of, name, holds: true, kind: value.kind(), expected }
    }
}
