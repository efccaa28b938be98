//! What a request says, read once: who calls, what is asked of this server, and what was wrong with
//! either. The rooms decide from it.

mod attempt;
mod client;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod invariants;
mod join_request;
mod query;
pub(crate) mod route;

use http::{StatusCode, request::Parts};

use crate::{
    auth::Token,
    control::{self, ATTRIBUTE, Control, Layers, Part, RequestControl, Source},
    fault::Chance,
    journal::Draft,
    outcome::{Content, Outcome, Reply},
    protocol::twirp,
    region::Region,
    server::Server,
    state::Try,
    warning::{Warnings, suggestion},
};
use route::Route;

pub(crate) use client::Client;
pub(crate) use query::Query;

/// A request that has come to a region, not read yet.
pub(crate) struct Arrival<'a> {
    pub(crate) server: &'a Server,
    pub(crate) region: &'a Region,
    pub(crate) parts: &'a Parts,
    pub(crate) route: Route<'a>,
    /// What the journal is to keep of it, if it does.
    pub(crate) draft: Option<Draft>,
}

/// A request to a region, read.
pub(crate) struct Exchange<'a> {
    pub(crate) server: &'a Server,
    pub(crate) region: &'a Region,
    pub(crate) parts: &'a Parts,
    route: Route<'a>,
    /// Not verified: the control says what to do before anyone asks who says so.
    pub(crate) token: Token<'a>,
    pub(crate) control: RequestControl<'a>,
    /// Of the signalling alone.
    pub(crate) client: Option<Box<Client>>,
    pub(crate) warnings: Warnings,
    /// Which try of its call this is, where the call has an id.
    attempt: Option<Try>,
    /// Where the control asks for it.
    pub(crate) chance: Option<Chance>,
    /// What a strict server answers in words other than its own.
    strict_reply: Option<Reply>,
    /// What the journal keeps.
    draft: Option<Draft>,
}

impl<'a> Exchange<'a> {
    /// Reads a request of the API, or for the regions.
    pub(crate) fn of_call(arrival: Arrival<'a>) -> Self {
        let Arrival { server, parts, .. } = arrival;
        let mut warnings = Warnings::default();
        let token = Token::from_headers(&parts.headers);
        let control = control::read(&server.control, &parts.headers, token.issuer(), &mut warnings);
        Self::new(arrival, token, control, warnings)
    }

    /// Reads a request of the signalling, whose control is in its token or with its client.
    pub(crate) fn of_signal(arrival: Arrival<'a>, query: &'a Query) -> Self {
        let Arrival { server, parts, route, .. } = arrival;
        let mut warnings = Warnings::default();
        let token = match &query.access_token {
            Some(token) => Token::from_text(token),
            None => Token::from_headers(&parts.headers),
        };
        let client = Client::read(query, route.is_v1(), server.reference, &mut warnings);
        if parts.headers.contains_key(control::HEADER) {
            warnings
                .add("X-Lk-Mock: has no effect on signalling, put it into the attribute lk.mock");
        }
        let control = signal_control(&server.control, &token, &client, &mut warnings);
        let strict_reply = client.refusal.map(|text| Reply::text(StatusCode::BAD_REQUEST, text));
        let client = Some(Box::new(client.without_what_does_not_count()));
        let exchange = Self::new(arrival, token, control, warnings);
        Self { client, strict_reply, ..exchange }
    }

    /// Counts the try, and says what of the control does not fit this server.
    fn new(
        arrival: Arrival<'a>,
        token: Token<'a>,
        control: RequestControl<'a>,
        mut warnings: Warnings,
    ) -> Self {
        let Arrival { server, region, parts, route, mut draft } = arrival;
        warn_of_unknown_regions(server, &control, &mut warnings);
        let (mut attempt, mut chance) = (None, None);
        if !matches!(route, Route::Regions) {
            let id = attempt::id(parts, &control);
            if control.fail_times.is_some() && id.is_none() {
                attempt::warn_of_missing_id(route, &mut warnings);
            }
            attempt = attempt::count(server, route, id.as_deref(), &mut warnings);
            if let Some(draft) = &mut draft {
                draft.entry().is_call(id.as_deref(), attempt.map(|attempt| attempt.number));
            }
            chance = attempt::chance(server, region, &control, id, attempt, &mut warnings);
        }
        if let Some(draft) = &mut draft
            && let Some(claims) = token.kept_claims()
        {
            draft.entry().comes_with(&claims);
        }
        let (client, strict_reply) = (None, None);
        Self {
            server,
            region,
            parts,
            route,
            token,
            control,
            client,
            warnings,
            attempt,
            chance,
            strict_reply,
            draft,
        }
    }

    /// How many tries of the call have failed before; none where it has no id.
    pub(crate) fn failures(&self) -> Option<u32> {
        self.attempt.map(|attempt| attempt.failures)
    }

    /// Has a room read on, then answer, unless there is something that strictness refuses.
    pub(crate) fn decided<R>(
        mut self,
        read: impl FnOnce(&mut Self) -> R,
        answer: impl FnOnce(R, &mut Self) -> Outcome,
    ) -> Outcome {
        let read = read(&mut self);
        let outcome = match self.strict_refusal() {
            Some(reply) => reply.into(),
            None => answer(read, &mut self),
        };
        if let Some(attempt) = self.attempt.filter(|_| outcome.fails) {
            self.server.state.tries.fail(&attempt);
        }
        self.ended(outcome)
    }

    /// The outcome with what is remarked beside it, and with what the journal is to keep.
    pub(crate) fn ended(self, outcome: Outcome) -> Outcome {
        let mut draft = self.draft;
        if let Some(draft) = &mut draft
            && let RequestControl::Given(control, origins) = self.control
        {
            draft.entry().asks(control, origins);
        }
        let attempt = self.attempt.map(|attempt| attempt.number);
        Outcome { draft, ..outcome }.with(self.warnings).of_attempt(attempt)
    }

    pub(crate) fn is_strict(&self) -> bool {
        self.control.strict.unwrap_or(self.server.strict)
    }

    /// Puts this in place of the words with which the strict server refuses.
    pub(crate) fn refuse_strictly_with(&mut self, reply: Reply) {
        self.strict_reply = Some(reply);
    }

    /// Whether the path that is asked for does not exist, as on servers that have no `/rtc/v1`.
    pub(crate) fn hides_route(&self) -> bool {
        self.route.is_v1() && self.control.v1 == Some(false)
    }

    /// What is said in place of an answer with warnings, where strictness is asked for.
    fn strict_refusal(&mut self) -> Option<Reply> {
        if !self.is_strict() {
            return None;
        }
        self.strict_reply.take().or_else(|| {
            let text = self.warnings.refusal()?;
            Some(match self.route {
                Route::Signal { .. } | Route::Validate { .. } => {
                    Reply::new(StatusCode::BAD_REQUEST, Content::Text, text)
                }
                _ => twirp::malformed(&text),
            })
        })
    }
}

/// The control of a connection: `lk.mock` wins over the API key, and in it the client's own over
/// the token's; all win over the server's own.
fn signal_control<'a>(
    server: &'a Control,
    token: &Token<'_>,
    client: &Client,
    warnings: &mut Warnings,
) -> RequestControl<'a> {
    let claims = token.claims();
    let key = claims.map(|claims| claims.iss.as_str());
    let in_token = || claims?.attributes.get(ATTRIBUTE);
    let in_key = key.and_then(|key| control::read_key(key, warnings));
    let attribute = client.join_request.participant_attributes.get(ATTRIBUTE).or_else(in_token);
    let own = attribute.and_then(|json| control::read_json(json, ATTRIBUTE, warnings));
    for field in own.iter().flat_map(|own| own.idle_for(Part::Signalling)) {
        warnings.add(format_args!("{ATTRIBUTE}: \"{field}\" has no effect on signalling"));
    }
    let mut layers = Layers::default();
    layers.add(Source::Key, in_key, key.map_or(0, str::len));
    layers.make_room_for_play(own.as_deref());
    layers.add(Source::Attribute, own, attribute.map_or(0, String::len));
    layers.over(server, warnings)
}

/// Says which of the regions that a control names this server does not have.
pub(crate) fn warn_of_unknown_regions(server: &Server, control: &Control, warnings: &mut Warnings) {
    let count = server.regions.len();
    let last = count - 1;
    for index in control.fail_regions.iter().flatten() {
        if !usize::try_from(*index).is_ok_and(|index| index < count) {
            warnings.add(format_args!("failRegions: there is no region {index}, only 0 to {last}"));
        }
    }
    for name in control.pinned_regions.iter().flatten() {
        if !warnings.is_full() && !server.regions.has(name) {
            let hint = suggestion(name, server.regions.names());
            warnings.add(format_args!("pinnedRegions: there is no region \"{name}\"{hint}"));
        }
    }
}
