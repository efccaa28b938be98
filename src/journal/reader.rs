//! Whoever reads the journal.

use std::sync::Arc;

use super::{redact::Secrets, ring::Journal};
use crate::{control::Control, schema::Schema};

/// All that it takes to read a journal.
#[derive(Debug)]
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
