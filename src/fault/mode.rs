//! What a mode of failing does (`docs/BEHAVIOUR.md`, Failing).

use super::case::{Bend, Effect};
use crate::{
    control::{Control, FailMode},
    outcome::{Break, Reply},
};

/// `failure` is what is answered, if anything is. Where a mode bends an answer, it bends that one only
/// if the control has a status for it, and else the good one.
pub(super) fn effect(
    mode: Option<FailMode>,
    control: &Control,
    has_status: bool,
    failure: impl FnOnce() -> Reply,
) -> Effect {
    match mode.unwrap_or_default() {
        FailMode::Status => Effect::end(failure()),
        FailMode::Delay => Effect { wait: control.fail_delay(), ..Effect::end(failure()) },
        FailMode::Drop => Effect::broken(Break::Drop),
        FailMode::Reset => Effect::broken(Break::Reset),
        FailMode::Hang => Effect::broken(Break::Hang),
        FailMode::Garbage => Effect::broken(Break::Garbage),
        FailMode::Truncate => Effect::bent(Bend::Truncate, has_status.then(failure)),
        FailMode::Drip => Effect::bent(Bend::Drip(control.drip_time()), has_status.then(failure)),
    }
}
