//! Whoever reads the journal.

use std::{fmt, sync::Arc};

use super::{redact::Secrets, ring::Journal};
use crate::{control::Control, schema::Schema};

/// All that it takes to read a journal.
pub(crate) struct Reader {
    pub(crate) journal: Arc<Journal>,
    pub(super) schema: Arc<Schema>,
    pub(super) secrets: Secrets,
    /// What every request starts from.
    pub(super) control: Control,
}

impl Reader {
    pub(crate) fn new(
        journal: &Arc<Journal>,
        schema: &Arc<Schema>,
        control: &Control,
        secrets: Secrets,
    ) -> Self {
        let (journal, schema) = (journal.clone(), schema.clone());
        Self { journal, schema, secrets, control: control.clone() }
    }
}

/// Without what the journal holds, which is not to be printed by chance.
impl fmt::Debug for Reader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Reader")
    }
}
