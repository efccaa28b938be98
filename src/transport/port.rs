//! The port of one region.

use std::sync::Arc;

use crate::{region::Region, server::Server, shutdown::Shutdown};

#[derive(Clone)]
pub(crate) struct Port {
    pub(crate) server: Arc<Server>,
    pub(super) region: usize,
    pub(crate) shutdown: Shutdown,
}

impl Port {
    pub(crate) fn region(&self) -> &Region {
        self.server.regions.get(self.region)
    }

    /// Logs a warning that does not belong to a request.
    pub(crate) fn warn(&self, warning: &str) {
        self.server.warn(self.region(), None, warning);
    }
}
