//! One region's port, and what its requests are answered from.

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

    /// Logs a warning that is about no request.
    pub(crate) fn warn(&self, warning: &str) {
        self.server.warn(self.region(), None, warning);
    }
}
