//! The signalling half (contract, section 10): a request is verified, told what its token asks for,
//! and upgraded or refused; then its script is played.

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod invariants;
mod join_request;
mod message;
mod scenario;
mod script;
mod session;
mod socket;

use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use livekit_protocol::JoinRequest;
use sockudo_ws::handshake::generate_accept_key;

use crate::{
    auth::{Claims, Token, TokenError},
    control::{self, Control},
    fault::{self, Case},
    outcome::{Content, End, Outcome, Reply},
    region::Region,
    server::Server,
    target,
    warning::{Warnings, suggestion},
};
use message::Joining;
use script::{Refusal, Script, Step};
use socket::Deflate;

pub(crate) use session::Session;

/// The attribute that holds a participant's control.
const ATTRIBUTE: &str = "lk.mock";

/// A connection that may go ahead as far as its token is concerned.
struct Admitted {
    claims: Claims,
    /// The API key's control, under that of `lk.mock`.
    control: Control,
    joining: JoinRequest,
    reconnects: bool,
}

/// `/rtc` and `/rtc/v1`.
pub(crate) fn answer(server: &Server, region: &Region, parts: &Parts) -> Outcome {
    let mut warnings = Warnings::default();
    let admitted = match admit(server, parts, &mut warnings) {
        Ok(admitted) => admitted,
        Err(error) => {
            warnings.add(error);
            let reply = Reply::text(StatusCode::UNAUTHORIZED, "invalid token");
            return Outcome::from(reply).with(warnings);
        }
    };
    let steps = steps(&admitted, &mut warnings);
    let Admitted { claims, control, joining, reconnects } = admitted;
    let outcome = fault::apply_to_signal(&case(server, &control, region), || {
        if let Some(reply) = strict_error(server, &control, &warnings) {
            return End::Reply(reply);
        }
        if let Some(Step::Refuse(refusal)) = steps.first() {
            return End::Reply(refused(refusal, &refusal.body));
        }
        let Some(accept) = handshake(&parts.headers) else {
            return End::Reply(Reply::text(StatusCode::BAD_REQUEST, "Bad Request\n"));
        };
        let joining = joined(claims, joining, region);
        let action = control.leave_action.unwrap_or_default();
        let moves = Session::moves(steps, &joining, reconnects, action);
        upgrade(accept, Session { deflate: Deflate::negotiate(&parts.headers), moves })
    });
    outcome.with(warnings)
}

/// `/rtc/validate` and `/rtc/v1/validate`: what the upgrade would say, where browsers can read it.
pub(crate) fn validate(server: &Server, region: &Region, parts: &Parts) -> Outcome {
    let mut warnings = Warnings::default();
    let admitted = match admit(server, parts, &mut warnings) {
        Ok(admitted) => admitted,
        Err(error) => {
            let text = format!("invalid token: {error}");
            return Reply::new(StatusCode::UNAUTHORIZED, Content::Text, text).into();
        }
    };
    let steps = steps(&admitted, &mut warnings);
    let outcome = fault::apply_to_signal(&case(server, &admitted.control, region), || {
        End::Reply(match (strict_error(server, &admitted.control, &warnings), steps.first()) {
            (Some(reply), _) => reply,
            (None, Some(Step::Refuse(refusal))) => {
                refused(refusal, refusal.validate_body.as_ref().unwrap_or(&refusal.body))
            }
            (None, _) => Reply::text(StatusCode::OK, "success"),
        })
    });
    outcome.with(warnings)
}

fn admit(server: &Server, parts: &Parts, warnings: &mut Warnings) -> Result<Admitted, TokenError> {
    let query = Query::of(parts);
    let token = match &query.access_token {
        Some(token) => Token::from_text(token),
        None => Token::from_headers(&parts.headers),
    };
    let claims = server.verifier.claims(token)?;
    let joining = query.join_request(target::path(parts), warnings);
    let reconnects = query.reconnects || joining.reconnect;
    if parts.headers.contains_key(control::HEADER) {
        warnings.add("X-Lk-Mock: has no effect on signalling, put it into the attribute lk.mock");
    }
    let control = control(&claims, &joining, warnings);
    server.warn_of_unknown_regions(&control, warnings);
    Ok(Admitted { claims, control, joining, reconnects })
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
        query.access_token = query.access_token.filter(|token| !token.is_empty());
        query.reconnects = reconnect.as_deref() == Some("1");
        query
    }

    /// What a v1 client says of itself; a broken request counts as none.
    fn join_request(&self, path: &str, warnings: &mut Warnings) -> JoinRequest {
        let given = self.join_request.as_ref().filter(|_| path.starts_with("/rtc/v1"));
        given
            .map(|parameter| join_request::decode(parameter))
            .transpose()
            .unwrap_or_else(|problem| {
                warnings.add(format_args!("join_request: ignored, {problem}"));
                None
            })
            .unwrap_or_default()
    }
}

/// The control of a connection: `lk.mock` wins over the API key, and in it the client's own over
/// the token's.
fn control(claims: &Claims, joining: &JoinRequest, warnings: &mut Warnings) -> Control {
    let mut control = control::read_key(&claims.iss, warnings).unwrap_or_default();
    let attribute =
        joining.participant_attributes.get(ATTRIBUTE).or_else(|| claims.attributes.get(ATTRIBUTE));
    if let Some(own) = attribute.and_then(|json| control::read_json(json, ATTRIBUTE, warnings)) {
        for field in own.api_fields() {
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

/// The steps of the script, or of the scenario, that the control names; those of `happy` where it
/// names none that there is.
fn steps(admitted: &Admitted, warnings: &mut Warnings) -> Vec<Step> {
    let Admitted { control, reconnects, .. } = admitted;
    if control.script.is_some() && control.signal.is_some() {
        warnings.add("signal: has no effect beside a script");
    }
    if let Some(script) = &control.script {
        match Script::parse(script.get()) {
            Ok(script) => return script.steps(*reconnects),
            Err(problem) => {
                warnings.add(format_args!("script: happy is played instead: {problem}"));
            }
        }
    }
    let name = control.signal.as_deref().filter(|_| control.script.is_none());
    let named = name.and_then(scenario::script);
    if let Some(name) = name.filter(|_| named.is_none()) {
        let hint = suggestion(name, scenario::names());
        warnings
            .add(format_args!("signal: there is no scenario \"{name}\"{hint}; happy is played"));
    }
    let script = named.or_else(|| scenario::script(scenario::HAPPY));
    script.map(|script| script.steps(*reconnects)).unwrap_or_default()
}

fn case<'a>(server: &Server, control: &'a Control, region: &'a Region) -> Case<'a> {
    let (reference, latency) = (server.reference, std::time::Duration::ZERO);
    Case { control, region, reference, dials: false, latency }
}

fn strict_error(server: &Server, control: &Control, warnings: &Warnings) -> Option<Reply> {
    let refusal = server.refusal(control, warnings)?;
    Some(Reply::new(StatusCode::BAD_REQUEST, Content::Text, refusal))
}

fn refused(refusal: &Refusal, body: &str) -> Reply {
    if body.is_empty() {
        return Reply::empty(refusal.status);
    }
    Reply::new(refusal.status, Content::Text, body.to_owned()).settled()
}

/// The value that accepts the client's key, if it asks for a WebSocket as RFC 6455 has it.
fn handshake(headers: &HeaderMap) -> Option<String> {
    let says = |name: header::HeaderName, token: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values
            .flat_map(|value| value.split(','))
            .any(|part| part.trim().eq_ignore_ascii_case(token))
    };
    let asked = says(header::CONNECTION, "upgrade")
        && says(header::UPGRADE, "websocket")
        && says(header::SEC_WEBSOCKET_VERSION, "13");
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?.to_str().ok()?;
    // The base64 of sixteen bytes.
    (asked && key.len() == 24).then(|| generate_accept_key(key))
}

fn upgrade(accept: String, session: Session) -> End {
    let mut reply = Reply::empty(StatusCode::SWITCHING_PROTOCOLS)
        .with_header(header::CONNECTION, HeaderValue::from_static("Upgrade"))
        .with_header(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::try_from(accept) {
        reply = reply.with_header(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    if let Some(deflate) = &session.deflate {
        reply = reply.with_header(header::SEC_WEBSOCKET_EXTENSIONS, deflate.header.clone());
    }
    End::Upgrade(Box::new((reply, session)))
}

/// Who joins: the token says it, and a v1 client may add to it or put its own in place.
fn joined(mut claims: Claims, request: JoinRequest, region: &Region) -> Joining {
    if request == JoinRequest::default() {
        return Joining::new(claims, &region.name);
    }
    let mut attributes = std::mem::take(&mut claims.attributes);
    attributes.extend(request.participant_attributes);
    let metadata = [request.metadata, std::mem::take(&mut claims.metadata)];
    let metadata = metadata.into_iter().find(|metadata| !metadata.is_empty()).unwrap_or_default();
    Joining { metadata, attributes, ..Joining::new(claims, &region.name) }
}
