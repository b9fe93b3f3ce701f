//! What the admin API asks about kept answers.

use std::sync::Arc;

use admin::{CacheChoice, CacheDesk, CacheFlushed};
use gateway::{FlushScope, Gateway};
use observe::{Level, Log};

/// The desk of a running gateway.
pub(super) fn open(gateway: &Arc<Gateway>, log: &Log) -> CacheDesk {
    let (shown, flushed, log) = (gateway.clone(), gateway.clone(), log.clone());
    CacheDesk {
        show: Box::new(move || shown.cache_shown()),
        flush: Box::new(move |CacheChoice { model, project }| {
            let (entries, bytes) = flushed.flush_cache(&FlushScope { model, project });
            log.event(Level::Info, "kept answers are dropped", &[("entries", &entries), ("bytes", &bytes)]);
            CacheFlushed { entries, bytes }
        }),
    }
}
