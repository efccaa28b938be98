//! Who connects, and what they ask for: all that the signalling reads of a request.

use http::request::Parts;
use livekit_protocol::JoinRequest;

use super::join_request;
use crate::{
    auth::{Claims, Token, TokenError},
    control::{self, ATTRIBUTE, Control, Part},
    reference::Reference,
    server::Server,
    target,
    warning::Warnings,
};

/// A request, read. Whether its token can be trusted is one of the facts: the control says what to
/// do before anyone asks who says so, as in the API.
pub(super) struct Caller {
    pub(super) claims: Result<Claims, TokenError>,
    /// The API key's control, under that of `lk.mock`.
    pub(super) control: Control,
    /// What the client says of itself; empty where it says nothing, or nothing that counts.
    pub(super) joining: JoinRequest,
    pub(super) reconnects: bool,
    /// The text with which a real server refuses the client's `join_request`.
    pub(super) refusal: Option<&'static str>,
}

impl Caller {
    /// `v1` is whether `/rtc/v1` is asked for.
    pub(super) fn read(server: &Server, parts: &Parts, v1: bool, warnings: &mut Warnings) -> Self {
        let query = Query::of(parts);
        let token = match &query.access_token {
            Some(token) => Token::from_text(token),
            None => Token::from_headers(&parts.headers),
        };
        // To August's reference the parameter is nothing; on /v1 it has always brought a control.
        let newest = server.reference != Reference::August2026;
        let (mut joining, refusal) = query.join_request(v1 || newest, warnings);
        if parts.headers.contains_key(control::HEADER) {
            warnings
                .add("X-Lk-Mock: has no effect on signalling, put it into the attribute lk.mock");
        }
        let control = control(token.claims(), &joining, warnings);
        server.warn_of_unknown_regions(&control, warnings);
        if !newest {
            joining = JoinRequest::default();
        }
        let reconnects = query.reconnects || joining.reconnect;
        let claims = server.verifier.claims(token);
        Self { claims, control, joining, reconnects, refusal }
    }
}

/// What of a query the signalling reads.
#[derive(Default)]
struct Query {
    access_token: Option<String>,
    join_request: Option<String>,
    reconnects: bool,
}

impl Query {
    /// The first of a repeated parameter counts.
    fn of(parts: &Parts) -> Self {
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

    /// What the client says of itself, and with which text a real server refuses it.
    fn join_request(
        &self,
        counts: bool,
        warnings: &mut Warnings,
    ) -> (JoinRequest, Option<&'static str>) {
        let Some(parameter) = self.join_request.as_ref().filter(|_| counts) else {
            return Default::default();
        };
        let join_request::Decoded { request, problems } = join_request::decode(parameter);
        for problem in &problems {
            warnings.add(format_args!("join_request: {}", problem.what));
        }
        (request, problems.iter().find_map(|problem| problem.refusal))
    }
}

/// The control of a connection: `lk.mock` wins over the API key, and in it the client's own over
/// the token's.
fn control(claims: Option<&Claims>, joining: &JoinRequest, warnings: &mut Warnings) -> Control {
    let key = claims.and_then(|claims| control::read_key(&claims.iss, warnings));
    let mut control = key.unwrap_or_default();
    let in_token = || claims?.attributes.get(ATTRIBUTE);
    let attribute = joining.participant_attributes.get(ATTRIBUTE).or_else(in_token);
    if let Some(own) = attribute.and_then(|json| control::read_json(json, ATTRIBUTE, warnings)) {
        for field in own.idle_for(Part::Signalling) {
            warnings.add(format_args!("{ATTRIBUTE}: \"{field}\" has no effect on signalling"));
        }
        if own.signal.is_some() || own.script.is_some() {
            // Both say what is played: the key's one does not stand beside the attribute's other.
            (control.signal, control.script) = (None, None);
        }
        control = control.overlaid_by(own);
    }
    control.warn_of_idle_fields(warnings);
    control
}
