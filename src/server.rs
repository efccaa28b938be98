//! What every request is answered from: the settings, worked out once, and what all requests share.

use std::sync::Arc;

use crate::{
    api::schema::Schema,
    auth::{Auth, Verifier},
    budget::Budget,
    config::Config,
    control::Control,
    reference::Reference,
    region::Regions,
    warning::{Throttle, Warnings, suggestion},
};

pub(crate) struct Server {
    pub(crate) regions: Regions,
    pub(crate) twirp_prefix: String,
    pub(crate) auth: Auth,
    strict: bool,
    pub(crate) reference: Reference,
    pub(crate) verifier: Verifier,
    pub(crate) schema: Arc<Schema>,
    pub(crate) throttle: Throttle,
    /// What all that is large and unfinished may take together.
    pub(crate) budget: Budget,
}

impl Server {
    pub(crate) fn new(config: &Config, regions: Regions) -> Self {
        Self {
            regions,
            twirp_prefix: config.twirp_prefix.clone(),
            auth: config.auth,
            strict: config.strict,
            reference: config.reference,
            schema: Schema::of(config.reference),
            verifier: Verifier::new(&config.api_secret),
            throttle: Throttle::default(),
            budget: Budget::default(),
        }
    }

    pub(crate) fn is_strict(&self, control: &Control) -> bool {
        control.strict.unwrap_or(self.strict)
    }

    /// What is said in place of an answer with warnings, where strictness is asked for.
    pub(crate) fn refusal(&self, control: &Control, warnings: &Warnings) -> Option<String> {
        self.is_strict(control).then(|| warnings.refusal())?
    }

    /// Says which of the regions that a control names this server does not have.
    pub(crate) fn warn_of_unknown_regions(&self, control: &Control, warnings: &mut Warnings) {
        let count = self.regions.len();
        let last = count - 1;
        for index in control.fail_regions.iter().flatten() {
            if !usize::try_from(*index).is_ok_and(|index| index < count) {
                warnings
                    .add(format_args!("failRegions: there is no region {index}, only 0 to {last}"));
            }
        }
        for name in control.pinned_regions.iter().flatten() {
            if !warnings.is_full() && !self.regions.has(name) {
                let hint = suggestion(name, self.regions.names());
                warnings.add(format_args!("pinnedRegions: there is no region \"{name}\"{hint}"));
            }
        }
    }
}
