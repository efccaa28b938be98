//! Which calls somebody wants to see.

use super::{
    entry::Entry,
    outcome::{CallKind, CallOutcome},
};

/// All of what is given must match.
#[derive(Debug, Default, Clone)]
pub(crate) struct Filter {
    /// Only calls after this one.
    pub(crate) after: Option<u64>,
    pub(crate) call: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) region: Option<usize>,
    /// `CreateRoom`, `RoomService/CreateRoom` or `livekit.RoomService/CreateRoom`.
    pub(crate) method: Option<String>,
    pub(crate) kind: Option<CallKind>,
    pub(crate) outcome: Option<CallOutcome>,
    /// Only calls that have ended, or only those that have not.
    pub(crate) ended: Option<bool>,
    /// At most so many: the first after `after`, if that is given, else the last.
    pub(crate) limit: Option<usize>,
}

impl Filter {
    /// Whether the call is one of those; `after` and `limit` do not count.
    pub(crate) fn passes(&self, entry: &Entry) -> bool {
        fn is<T: PartialEq + ?Sized>(wanted: Option<&T>, given: Option<&T>) -> bool {
            wanted.is_none_or(|wanted| given == Some(wanted))
        }
        let asked = &entry.asked;
        let key = asked.control.as_ref().and_then(|control| control.key.as_deref());
        is(self.kind.as_ref(), Some(&entry.kind))
            && is(self.region.as_ref(), Some(&entry.region))
            && is(self.ended.as_ref(), Some(&entry.took.is_some()))
            && is(self.outcome.as_ref(), Some(&entry.decided.outcome))
            && is(self.call.as_deref(), entry.texts.call())
            && is(self.key.as_deref(), key)
            && self.method.as_ref().is_none_or(|wanted| is_method(entry.method(), wanted))
    }
}

fn is_method(name: Option<&str>, wanted: &str) -> bool {
    let Some(rest) = name.and_then(|name| name.strip_suffix(wanted)) else { return false };
    rest.is_empty() || rest.ends_with(['/', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_has_three_names() {
        let name = Some("livekit.RoomService/CreateRoom");
        for wanted in ["CreateRoom", "RoomService/CreateRoom", "livekit.RoomService/CreateRoom"] {
            assert!(is_method(name, wanted), "{wanted}");
        }
        for wanted in
            ["Room", "Service/CreateRoom", "createroom", "x.livekit.RoomService/CreateRoom"]
        {
            assert!(!is_method(name, wanted), "{wanted}");
        }
        assert!(!is_method(None, "CreateRoom"));
    }
}
