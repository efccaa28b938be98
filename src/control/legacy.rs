//! The `X-Lk-Mock-*` headers of the first test server, one fact a header.

use super::{
    field::Header,
    fields::{Control, FIELDS},
    header::{Scripted, first},
};
use crate::warning::{Warnings, suggestion};

/// None where there is no such header.
pub(super) fn read(scripted: &[Scripted<'_>], warnings: &mut Warnings) -> Option<Box<Control>> {
    if scripted.iter().all(|(suffix, _)| suffix.is_empty()) {
        return None;
    }
    let mut control = Box::<Control>::default();
    warn_of_unknown(scripted, warnings);
    for field in FIELDS {
        let Some(Header { suffix, read }) = &field.header else { continue };
        let value = first(scripted, suffix, warnings).filter(|value| !value.is_empty());
        if let Some(value) = value
            && let Err(problem) = read(&mut control, &value, field.otherwise)
        {
            warnings.add(format_args!("X-Lk-Mock{suffix}: {problem}"));
        }
    }
    Some(control)
}

fn warn_of_unknown(scripted: &[Scripted<'_>], warnings: &mut Warnings) {
    let known = || FIELDS.iter().filter_map(|field| Some(field.header.as_ref()?.suffix));
    for (suffix, _) in scripted {
        if !suffix.is_empty() && known().all(|known| known != *suffix) {
            let hint = suggestion(suffix, known());
            warnings.add(format_args!("unknown header X-Lk-Mock{suffix}{hint}"));
        }
    }
}
