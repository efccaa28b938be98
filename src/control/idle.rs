//! What of a control has no effect.

use super::{
    choice::FailMode,
    field::{Field, Part},
    fields::{Control, FIELDS},
};
use crate::warning::Warnings;

impl Control {
    /// The given fields that do not count for this part of the server.
    pub(crate) fn idle_for(&self, part: Part) -> impl Iterator<Item = &'static str> {
        let idle = self.given().filter(move |field| !field.counts_for.contains(&part));
        idle.filter_map(Field::name)
    }

    pub(crate) fn warn_of_idle_fields(&self, warnings: &mut Warnings) {
        if self.fail_delay_ms.is_some() && self.fail_mode != Some(FailMode::Delay) {
            warnings.add(
                "X-Lk-Mock-Delay-Ms counts only in fail mode delay; delayMs delays any answer",
            );
        }
        for field in self.given() {
            if let (Some(name), Some(needed)) = (field.name(), field.needs)
                && !self.gives(needed)
            {
                warnings.add(format_args!("{name} has no effect without {needed}"));
            }
        }
    }

    fn given(&self) -> impl Iterator<Item = &'static Field<Self>> {
        FIELDS.iter().filter(|field| (field.is_given)(self))
    }

    fn gives(&self, name: &str) -> bool {
        self.given().any(|field| field.name() == Some(name))
    }
}
