//! What the admin API asks about how everything is.

use std::sync::Arc;

use admin::{StateDesk, TargetChoice};
use gateway::{Choice, Gateway};

/// The desk of a running gateway.
pub(super) fn open(gateway: &Arc<Gateway>) -> StateDesk {
    let (health, stats) = (gateway.clone(), gateway.clone());
    StateDesk {
        health: Box::new(move |wanted| {
            let TargetChoice { provider, region, model, has_samples } = wanted;
            health.health_in_full(&Choice { provider, region, model, has_samples })
        }),
        stats: Box::new(move || stats.stats()),
    }
}
