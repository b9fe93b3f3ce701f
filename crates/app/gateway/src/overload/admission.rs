//! The one entrance that all calls share, and the room where they wait, there or for a target.

use std::sync::Arc;

use routing::overload::{Gate, Room};

use super::capacity::calls_max;
use crate::body_budget::memory_limit_bytes;
use crate::serving::Serving;

/// Shared by all workers.
#[derive(Debug)]
pub(crate) struct Admission {
    /// Every call that was let in, until its last byte.
    pub(crate) entrance: Arc<Gate>,
    pub(crate) room: Arc<Room>,
    /// How many may be inside, unless configured.
    calls_max: u32,
}

impl Admission {
    pub(crate) fn new(descriptors_max: Option<u64>) -> Self {
        let calls_max = calls_max(descriptors_max, memory_limit_bytes());
        Self { entrance: Arc::default(), room: Arc::default(), calls_max }
    }

    /// How many may be inside.
    pub(crate) fn concurrent_max(&self, serving: &Serving) -> u32 {
        serving.limits.concurrent_max.unwrap_or(self.calls_max)
    }
}
