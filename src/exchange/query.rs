//! What of a query the signalling reads.

use http::request::Parts;

use crate::target;

/// Empty where there is no such parameter; the first of a repeated one counts.
#[derive(Debug, Default)]
pub(crate) struct Query {
    pub(super) access_token: Option<String>,
    pub(super) join_request: Option<String>,
    pub(super) reconnects: bool,
}

impl Query {
    pub(crate) fn of(parts: &Parts) -> Self {
        let (mut query, mut reconnect) = (Self::default(), None);
        for (name, value) in form_urlencoded::parse(target::query(parts).as_bytes()) {
            let place = match &*name {
                "access_token" => &mut query.access_token,
                "join_request" => &mut query.join_request,
                "reconnect" => &mut reconnect,
                _ => continue,
            };
            place.get_or_insert_with(|| value.into_owned());
        }
        let given = |text: &String| !text.is_empty();
        query.access_token = query.access_token.filter(given);
        query.join_request = query.join_request.filter(given);
        query.reconnects = reconnect.as_deref() == Some("1");
        query
    }
}
