//! What a signalling client says of itself, in its query.

use livekit_protocol::JoinRequest;

use super::{
    join_request::{self, Decoded},
    query::Query,
};
use crate::{reference::Reference, warning::Warnings};

#[derive(Debug, Default)]
pub(crate) struct Client {
    /// Empty where the client says nothing, or nothing that counts.
    pub(crate) join_request: JoinRequest,
    pub(crate) reconnects: bool,
    /// The text with which a real server refuses the `join_request`.
    pub(super) refusal: Option<&'static str>,
    /// Whether the `join_request` counts for more than the control that it brings.
    counts: bool,
}

impl Client {
    /// `v1` is whether `/rtc/v1` is asked for.
    pub(super) fn read(
        query: &Query,
        v1: bool,
        reference: Reference,
        warnings: &mut Warnings,
    ) -> Self {
        // To August's reference the parameter is nothing; on /v1 it has always brought a control.
        let counts = reference != Reference::August2026;
        let mut client = Self { reconnects: query.reconnects, counts, ..Self::default() };
        if let Some(parameter) = query.join_request.as_ref().filter(|_| v1 || counts) {
            let Decoded { request, problems } = join_request::decode(parameter);
            for problem in &problems {
                warnings.add(format_args!("join_request: {}", problem.what));
            }
            client.refusal = problems.iter().find_map(|problem| problem.refusal);
            client.join_request = request;
        }
        client
    }

    /// The client as it counts, once its control is read.
    pub(super) fn without_what_does_not_count(mut self) -> Self {
        if !self.counts {
            self.join_request = JoinRequest::default();
        }
        self.reconnects |= self.join_request.reconnect;
        self
    }
}
