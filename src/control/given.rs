//! Which fields of a control are given.

use super::{
    field::{Field, Given},
    fields::{Control, FIELDS},
};

const _: () = assert!(FIELDS.len() <= 64, "each field has a bit");

impl Given {
    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn fields(self) -> impl Iterator<Item = &'static Field<Control>> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let field = FIELDS.get(left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(field)
        })
    }

    pub(super) fn contains(self, field: &Field<Control>) -> bool {
        self.fields().any(|given| std::ptr::eq(given, field))
    }

    pub(super) fn has(self, name: &str) -> bool {
        self.fields().any(|field| field.name() == Some(name))
    }
}
