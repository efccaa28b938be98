//! Which try of its call a request is (`docs/BEHAVIOUR.md`, Calls that are tried again).

use std::borrow::Cow;

use http::request::Parts;
use tokio::time::Instant;

use super::route::Route;
use crate::{
    control::Control,
    fault::Chance,
    region::Region,
    server::Server,
    state::{MAX_CALLS, Try},
    warning::Warnings,
};

const REQUEST_ID: &str = "x-livekit-request-id";

/// The id of the call: the client's own, else the key of the test.
pub(super) fn id<'a>(parts: &'a Parts, control: &'a Control) -> Option<Cow<'a, str>> {
    let header = parts.headers.get(REQUEST_ID).map(|id| text(id.as_bytes()));
    let key = || control.key.as_deref().filter(|key| !key.is_empty()).map(Cow::Borrowed);
    header.filter(|id| !id.is_empty()).or_else(key)
}

/// The id as text. If it is not UTF-8, each byte is a character, so that different ids stay different.
fn text(id: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(id) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => id.iter().map(|byte| char::from(*byte)).collect::<String>().into(),
    }
}

/// Counts this try. An upgrade and its validation are calls of their own.
pub(super) fn count(
    server: &Server,
    route: Route<'_>,
    id: Option<&str>,
    warnings: &mut Warnings,
) -> Option<Try> {
    let kind: u8 = match route {
        Route::Signal { .. } => 1,
        Route::Validate { .. } => 2,
        _ => 0,
    };
    let attempt = server.state.tries.count(&(kind, id?), Instant::now());
    if attempt.forgot {
        warnings.note(format_args!(
            "another call was forgotten for this one: its next try counts as the first; the last {MAX_CALLS} calls are remembered"
        ));
    }
    Some(attempt)
}

/// What is drawn for this try, where the control asks for it.
pub(super) fn chance(
    server: &Server,
    region: &Region,
    control: &Control,
    id: Option<Cow<'_, str>>,
    attempt: Option<Try>,
    warnings: &mut Warnings,
) -> Option<Chance> {
    if !control.has_chance() {
        return None;
    }
    let seed = control.seed.as_deref().unwrap_or("0");
    let number = attempt.map_or(1, |attempt| attempt.number);
    let call = id.unwrap_or_else(|| {
        warnings.note(
            "what is drawn will not repeat: the call has no id; send X-Livekit-Request-Id, or a key in the control",
        );
        server.state.tries.number().to_string().into()
    });
    Some(Chance::of(seed, &call, region.index, number))
}

/// Says that `failTimes` has no effect without an id. It is a mistake in a call; a control in the API key
/// goes with connections too.
pub(super) fn warn_of_missing_id(route: Route<'_>, warnings: &mut Warnings) {
    let sentence = "failTimes is ignored: the call has no id; send X-Livekit-Request-Id, or a key in the control";
    match route {
        Route::Api(_) => warnings.add(sentence),
        _ => warnings.note(sentence),
    }
}
