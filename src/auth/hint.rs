//! What may be wrong with a token that lacks a grant: the name is misspelt, or the grant is in the wrong
//! place. It is only looked for once a request is refused.

use super::grants::Grants;
use crate::{
    go_json::{self, JsonType, Raw},
    warning::suggestion,
};

/// A sentence about the grant `member` of the claim `group`, from the token's claims.
pub(super) fn hint(payload: &[u8], group: &'static str, member: &'static str) -> Option<String> {
    let claims = go_json::parse(payload).ok()?;
    inside(claims, group, member)
        .or_else(|| beside(claims, group, member))
        .or_else(|| elsewhere(claims, group, member))
        .or_else(|| misnamed(claims, group))
}

/// The grant is in its claim, but misspelt or false.
fn inside(claims: Raw<'_>, group: &str, member: &str) -> Option<String> {
    let groups = claims.members()?.filter(|(name, _)| name.is(group));
    let mut members = groups.filter_map(|(_, group)| group.members()).flatten();
    members.find_map(|(name, value)| {
        if name.is(member) {
            return (value.bool() == Some(false)).then(|| format!("{group}.{member} is false"));
        }
        let text = name.text();
        let misspelt = name.find(Grants::names_in(group)).is_none() && is_near(&text, member);
        misspelt.then(|| format!("{group} holds \"{text}\", the grant's name is \"{member}\""))
    })
}

/// The grant is beside its claim, among the claims themselves.
fn beside(claims: Raw<'_>, group: &str, member: &str) -> Option<String> {
    let flags = claims.members()?.filter(|(_, value)| value.bool().is_some());
    let name = flags.map(|(name, _)| name.text()).find(|name| is_near(name, member))?;
    Some(format!("\"{name}\" is beside the claim {group}, it must be inside it"))
}

/// The grant is in another claim.
fn elsewhere(claims: Raw<'_>, group: &str, member: &str) -> Option<String> {
    // Short names such as `admin` are the names of grants in other claims, too.
    let is_meant =
        |name: &str| normalized(name) == normalized(member) && name.len() > "admin".len();
    let mut others = claims.members()?.filter(|(name, _)| !name.is(group));
    let holds = |value: Raw<'_>| {
        value.members().into_iter().flatten().any(|(name, _)| is_meant(&name.text()))
    };
    let (claim, _) = others.find(|(_, value)| holds(*value))?;
    let claim: String = claim.text().chars().take(MAX_SHOWN).collect();
    Some(format!("{member} is in the claim \"{claim}\", it must be in {group}"))
}

/// The claim itself is misspelt.
fn misnamed(claims: Raw<'_>, group: &str) -> Option<String> {
    let objects = claims
        .members()?
        .filter(|(name, value)| value.kind() == JsonType::Object && !name.is(group));
    let name = objects.map(|(name, _)| name.text()).find(|name| is_near(name, group))?;
    Some(format!("there is a claim \"{name}\", its name must be \"{group}\""))
}

/// A claim's name is shown up to this length.
const MAX_SHOWN: usize = 40;

/// Whether a name differs from the other by little more than case, underscores and blanks.
fn is_near(given: &str, name: &str) -> bool {
    given.len() <= MAX_SHOWN
        && (normalized(given) == normalized(name) || !suggestion(given, [name]).is_empty())
}

fn normalized(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn finds_what_was_meant() {
        for (claims, hint) in [
            ("{}", None),
            (r#"{"video":{"roomList":true,"roomJoin":true}}"#, None),
            (r#"{"video":{"roomCreate":false}}"#, Some("video.roomCreate is false")),
            (
                r#"{"video":{"room_create":true}}"#,
                Some("video holds \"room_create\", the grant's name is \"roomCreate\""),
            ),
            (
                r#"{"VIDEO":{"roomcreate ":true}}"#,
                Some("video holds \"roomcreate \", the grant's name is \"roomCreate\""),
            ),
            (
                r#"{"video":{"roomCrate":true}}"#,
                Some("video holds \"roomCrate\", the grant's name is \"roomCreate\""),
            ),
            (
                r#"{"roomCreate":true}"#,
                Some("\"roomCreate\" is beside the claim video, it must be inside it"),
            ),
            (
                r#"{"grants":{"roomCreate":true}}"#,
                Some("roomCreate is in the claim \"grants\", it must be in video"),
            ),
            (
                r#"{"videos":{"roomList":true}}"#,
                Some("there is a claim \"videos\", its name must be \"video\""),
            ),
        ] {
            assert_eq!(
                super::hint(claims.as_bytes(), "video", "roomCreate").as_deref(),
                hint,
                "{claims}"
            );
        }
    }
}
