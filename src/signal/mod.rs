//! The signalling half (contract, section 10).

mod scenario;

use http::{StatusCode, request::Parts};

use crate::{
    auth::{Claims, Token, TokenError},
    control,
    outcome::{Content, Outcome, Reply},
    region::Region,
    server::Server,
    warning::Warnings,
};
use scenario::Scenario;

/// `/rtc` and `/rtc/v1`.
pub(crate) fn answer(server: &Server, _region: &Region, parts: &Parts) -> Outcome {
    let mut warnings = Warnings::default();
    let claims = match verified(server, parts) {
        Ok(claims) => claims,
        Err(_) => return Reply::text(StatusCode::UNAUTHORIZED, "invalid token").into(),
    };
    let reply = match scenario(&claims, &mut warnings).refusal {
        Some((status, _)) => Reply::empty(status),
        None => Reply::text(StatusCode::BAD_REQUEST, "Bad Request\n"),
    };
    Outcome::from(reply).with(warnings)
}

/// `/rtc/validate` and `/rtc/v1/validate`: what the upgrade would say, where browsers can read it.
pub(crate) fn validate(server: &Server, _region: &Region, parts: &Parts) -> Outcome {
    let mut warnings = Warnings::default();
    let claims = match verified(server, parts) {
        Ok(claims) => claims,
        Err(error) => {
            let text = format!("invalid token: {error}");
            return Reply::new(StatusCode::UNAUTHORIZED, Content::Text, text).into();
        }
    };
    let (status, text) =
        scenario(&claims, &mut warnings).refusal.unwrap_or((StatusCode::OK, "success"));
    Outcome::from(Reply::text(status, text)).with(warnings)
}

fn scenario(claims: &Claims, warnings: &mut Warnings) -> &'static Scenario {
    let json = claims.attributes.get("lk.mock").map_or("{}", String::as_str);
    let control = control::read_json(json, "lk.mock", warnings).unwrap_or_default();
    Scenario::named(control.signal.as_deref(), warnings)
}

/// The claims of the query's `access_token`, else of the header's.
fn verified(server: &Server, parts: &Parts) -> Result<Claims, TokenError> {
    let query = parts.uri.query().unwrap_or_default();
    let given = form_urlencoded::parse(query.as_bytes())
        .find(|(name, value)| name == "access_token" && !value.is_empty());
    let token = match &given {
        Some((_, token)) => Token::from_text(token),
        None => Token::from_headers(&parts.headers),
    };
    server.verifier.verify(token.jwt().ok_or(TokenError::Malformed)?)
}
