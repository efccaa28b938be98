//! The claims of a token, read as the reference reads them (`docs/BEHAVIOUR.md`, Tokens and grants). A
//! known claim of the wrong type makes the whole token invalid, even if nothing needs that claim.

use std::collections::HashMap;

use super::{
    date::Date,
    error::{TokenError, TokenPart},
    grant::GrantSlot,
    grants::Grants,
    room_config,
};
use crate::go_json::{self, JsonType, Raw};

/// The claims that this server uses. It checks the types of many more.
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
    pub(crate) grants: Grants,
}

/// The names of the claims whose types are checked.
#[rustfmt::skip]
pub(super) const CLAIMS: [&str; 23] = [
    "iss", "sub", "exp", "nbf", "video", "iat", "jti", "aud", "name", "metadata", "attributes", "sip", "agent",
    "identity", "kind", "kindDetails", "roomConfig", "roomPreset", "sha256", "inference", "observability",
    "agentEndpoint", "agentThread",
];

/// Where a claim stands in the token, for the sentence about a value of the wrong type.
#[derive(Clone, Copy)]
struct Claim {
    /// The object that it is in; empty for the token itself.
    of: &'static str,
    name: &'static str,
}

type Read<T> = Result<T, TokenError>;

impl Claims {
    /// # Errors
    /// The payload is not a JSON object, or a claim in it has the wrong type.
    pub(super) fn read(payload: &[u8]) -> Read<Self> {
        let value = go_json::parse(payload)
            .map_err(|error| TokenError::Json { part: TokenPart::Claims, error })?;
        let kind = value.kind();
        let members =
            value.members().ok_or(TokenError::NotAnObject { part: TokenPart::Claims, kind })?;
        let mut claims = Self::default();
        for (name, value) in members {
            if let Some(place) = name.find(&CLAIMS) {
                claims.set(CLAIMS[place], value)?;
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
            "kindDetails" => claim.strings(value, &mut Vec::new())?,
            "attributes" => claim.texts_by_name(value, &mut self.attributes)?,
            "roomConfig" => room_config::check(value)?,
            "identity" | "kind" | "roomPreset" | "sha256" => {
                claim.string(value, &mut String::new())?;
            }
            object => return self.set_object(object, value),
        }
        Ok(())
    }

    /// A repeated object adds its members to those of the first. `null` removes them all.
    fn set_object(&mut self, name: &'static str, value: Raw<'_>) -> Read<()> {
        let object = self.grants.claim(name).expect("every other claim holds grants");
        if value.is_null() {
            object.clear();
            return Ok(());
        }
        let claim = Claim { of: "", name };
        for (member, value) in value.members().ok_or_else(|| claim.wrong(value, "an object"))? {
            let names = object.names();
            let Some(place) = member.find(names) else { continue };
            let claim = Claim { of: name, name: names[place] };
            match object.slot(place) {
                Some(GrantSlot::Flag(flag)) => claim.flag(value, flag)?,
                Some(GrantSlot::Choice(choice)) => claim.choice(value, choice)?,
                Some(GrantSlot::Text(text)) => claim.string(value, text)?,
                Some(GrantSlot::Texts(texts)) => claim.strings(value, texts)?,
                None => {}
            }
        }
        Ok(())
    }
}

// === impl Claim: as in Go, null leaves a flag or a string as it was and clears everything else ===

impl Claim {
    fn flag(self, value: Raw<'_>, flag: &mut bool) -> Read<()> {
        if !value.is_null() {
            *flag = value.bool().ok_or_else(|| self.wrong(value, "true or false"))?;
        }
        Ok(())
    }

    fn choice(self, value: Raw<'_>, choice: &mut Option<bool>) -> Read<()> {
        *choice = match value.is_null() {
            true => None,
            false => Some(value.bool().ok_or_else(|| self.wrong(value, "true or false"))?),
        };
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

    fn strings(self, value: Raw<'_>, texts: &mut Vec<String>) -> Read<()> {
        let expected = "a list of strings";
        texts.clear();
        if value.is_null() {
            return Ok(());
        }
        for item in value.items().ok_or_else(|| self.wrong(value, expected))? {
            texts.push(self.element(item, expected)?);
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
            texts.insert(name.text().into_owned(), self.element(value, expected)?);
        }
        Ok(())
    }

    /// A string in a list or in an object, where null means an empty string.
    fn element(self, value: Raw<'_>, expected: &'static str) -> Read<String> {
        match value.string() {
            Some(text) => Ok(text.into_owned()),
            None if value.is_null() => Ok(String::new()),
            None => Err(self.wrong_element(value, expected)),
        }
    }

    /// A string, or a list of strings.
    fn audience(self, value: Raw<'_>) -> Read<()> {
        let expected = "a string or a list of strings";
        if let JsonType::String | JsonType::Null = value.kind() {
            return Ok(());
        }
        let mut items = value.items().ok_or_else(|| self.wrong(value, expected))?;
        match items.find(|item| item.kind() != JsonType::String) {
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
