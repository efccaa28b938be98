//! `/settings/regions` that fails: the one fault that it has.

use http::StatusCode;

use super::{
    case::{Bend, Effect},
    mode,
};
use crate::{
    control::{Control, FailMode},
    outcome::{End, Outcome, Reply},
};

/// Fails as `regionsMode` says; `listed` is the list of the regions.
pub(crate) fn apply(control: &Control, listed: impl Fn() -> Reply) -> Outcome {
    let status = control.listed_status();
    let failure = |status| Reply::empty(status).fit_for_status();
    match (control.regions_mode, status) {
        (None | Some(FailMode::Status), Some(status)) => Outcome::failed(failure(status).into()),
        (None | Some(FailMode::Status), None) => Outcome::answered(listed().into()),
        (mode, status) => {
            // 200 changes nothing, however late it is.
            let reply = || match (status, control.regions_status) {
                (None, Some(_)) => listed(),
                (status, _) => failure(status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE)),
            };
            let effect = mode::effect(mode, control, status.is_some(), reply);
            let Effect { wait, end, bend, .. } = effect;
            let end = end.unwrap_or_else(|| End::Reply(listed()));
            Outcome { wait, ..Outcome::failed(Bend::applied(bend, end)) }
        }
    }
}
