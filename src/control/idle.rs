//! What of a control has no effect.

use super::{
    choice::FailMode,
    field::{Field, Part},
    fields::Control,
    value::one_of,
};
use crate::warning::Warnings;

/// What a failure says beside its status, in words that the reference does not have.
const WORDS: [&str; 4] = ["failMessage", "failMeta", "failHeaders", "failBody"];

impl Control {
    /// The given fields that do not count for this part of the server.
    pub(crate) fn idle_for(&self, part: Part) -> impl Iterator<Item = &'static str> {
        let idle = self.given().fields().filter(move |field| !field.counts_for.contains(&part));
        idle.filter_map(Field::name)
    }

    pub(crate) fn warn_of_idle_fields(&self, warnings: &mut Warnings) {
        let given = self.given();
        let modes = [self.fail_mode, self.regions_mode];
        if self.fail_delay_ms.is_some() && !modes.contains(&Some(FailMode::Delay)) {
            warnings.add(
                "X-Lk-Mock-Delay-Ms counts only in fail mode delay; delayMs delays any answer",
            );
        }
        if self.regions_mode == Some(FailMode::Status) && self.regions_status.is_none() {
            warnings.add("regionsMode status has no effect without regionsStatus");
        }
        if self.drip_ms.is_some() && !modes.contains(&Some(FailMode::Drip)) {
            warnings.add("dripMs counts only in mode drip; delayMs delays any answer");
        }
        if self.fail_body.is_some() {
            for name in ["failMessage", "failMeta"].into_iter().filter(|name| given.has(name)) {
                warnings.add(format_args!("{name} has no effect beside failBody"));
            }
        }
        self.warn_of_words_without_answer(warnings);
        for field in given.fields() {
            let Some(name) = field.name() else { continue };
            if !field.needs.is_empty() && !field.needs.iter().any(|needed| given.has(needed)) {
                let needed = one_of(field.needs);
                warnings.add(format_args!("{name} has no effect without {needed}"));
            }
        }
    }

    /// Some modes end without an answer, or bend the good one: what a failure would say is lost.
    fn warn_of_words_without_answer(&self, warnings: &mut Warnings) {
        let (why, silent) = match self.fail_mode.unwrap_or_default() {
            FailMode::Status | FailMode::Delay => return,
            FailMode::Truncate | FailMode::Drip => {
                ("without failStatus, as the good answer is sent", self.fail_status.is_none())
            }
            _ => ("in a mode that ends without an answer", true),
        };
        let said = |field: &&Field<Self>| WORDS.iter().any(|word| field.name() == Some(word));
        for name in self.given().fields().filter(said).filter_map(Field::name).filter(|_| silent) {
            warnings.add(format_args!("{name} has no effect {why}"));
        }
    }

    /// Whether it asks for nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.given().is_empty()
    }
}
