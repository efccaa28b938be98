//! What may have been meant by a token that lacks a grant: a name that is nearly the grant's, or the
//! grant in another place. Only looked for once a request is refused.

use super::claims::{known, members_of};
use crate::{
    go_json::{self, Raw},
    warning::suggestion,
};

/// A sentence on the grant `member` of the claim `group`, from the claims as they stand.
pub(super) fn hint(payload: &[u8], group: &'static str, member: &'static str) -> Option<String> {
    let claims = go_json::parse(payload).ok()?;
    inside(claims, group, member)
        .or_else(|| beside(claims, group, member))
        .or_else(|| elsewhere(claims, group, member))
        .or_else(|| misnamed(claims, group))
}

/// In its claim, but misspelt or false.
fn inside(claims: Raw<'_>, group: &str, member: &str) -> Option<String> {
    let groups = claims.members()?.filter(|(name, _)| go_json::is_name(name, group));
    let mut members = groups.filter_map(|(_, group)| group.members()).flatten();
    members.find_map(|(name, value)| {
        if go_json::is_name(&name, member) {
            return (value.bool() == Some(false)).then(|| format!("{group}.{member} is false"));
        }
        let misspelt =
            known(members_of(group_name(group)?), &name).is_none() && is_near(&name, member);
        misspelt.then(|| format!("{group} holds \"{name}\", the grant is spelled \"{member}\""))
    })
}

fn group_name(group: &str) -> Option<&'static str> {
    ["video", "sip", "agent"].into_iter().find(|name| *name == group)
}

/// Among the claims themselves.
fn beside(claims: Raw<'_>, group: &str, member: &str) -> Option<String> {
    let (name, _) =
        claims.members()?.find(|(name, value)| value.bool().is_some() && is_near(name, member))?;
    Some(format!("\"{name}\" stands beside the claim {group}, it must stand in it"))
}

/// In another claim that is an object.
fn elsewhere(claims: Raw<'_>, group: &str, member: &str) -> Option<String> {
    let objects = claims.members()?.filter(|(name, _)| !go_json::is_name(name, group));
    objects.filter_map(|(claim, value)| Some((claim, value.members()?))).find_map(
        |(claim, mut members)| {
            // A name that other claims have too says nothing there.
            let same =
                |name: &str| squeezed(name) == squeezed(member) && name.len() > "admin".len();
            members.find(|(name, _)| same(name))?;
            let claim: String = claim.chars().take(MAX_SHOWN).collect();
            Some(format!("{member} stands in the claim \"{claim}\", it must stand in {group}"))
        },
    )
}

/// The claim itself is misspelt.
fn misnamed(claims: Raw<'_>, group: &str) -> Option<String> {
    let mut names = claims.members()?.filter(|(_, value)| value.members().is_some());
    let (name, _) =
        names.find(|(name, _)| !go_json::is_name(name, group) && is_near(name, group))?;
    Some(format!("there is a claim \"{name}\", it is spelled \"{group}\""))
}

/// A longer name of a claim is cut in a sentence.
const MAX_SHOWN: usize = 40;

/// Whether a name differs from the other by little more than case, underscores and blanks.
fn is_near(given: &str, name: &str) -> bool {
    given.len() <= MAX_SHOWN
        && (squeezed(given) == squeezed(name) || !suggestion(given, [name]).is_empty())
}

fn squeezed(name: &str) -> String {
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
                Some("video holds \"room_create\", the grant is spelled \"roomCreate\""),
            ),
            (
                r#"{"VIDEO":{"roomcreate ":true}}"#,
                Some("video holds \"roomcreate \", the grant is spelled \"roomCreate\""),
            ),
            (
                r#"{"video":{"roomCrate":true}}"#,
                Some("video holds \"roomCrate\", the grant is spelled \"roomCreate\""),
            ),
            (
                r#"{"roomCreate":true}"#,
                Some("\"roomCreate\" stands beside the claim video, it must stand in it"),
            ),
            (
                r#"{"grants":{"roomCreate":true}}"#,
                Some("roomCreate stands in the claim \"grants\", it must stand in video"),
            ),
            (
                r#"{"videos":{"roomList":true}}"#,
                Some("there is a claim \"videos\", it is spelled \"video\""),
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
