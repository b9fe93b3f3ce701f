//! Writing down when callers' keys were last used, now and then and at the end: no call waits for it.

use std::time::Duration;

use observe::{Level, Log};
use store::KeyDesk;

/// A use is told at once by this process, and known to the database so much later at most.
const EVERY: Duration = Duration::from_secs(60);
/// A stop waits no longer for it.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// Keeps them until it is dropped.
pub(super) async fn keep(desk: &KeyDesk, log: &Log) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = desk.keep_uses().await {
            log.event(
                Level::Warn,
                "when keys were used could not be kept; tried again in a minute",
                &[("error", &error)],
            );
        }
    }
}

/// Keeps what is left before the end.
pub(super) async fn keep_last(desk: &KeyDesk, log: &Log) {
    match tokio::time::timeout(LAST_WAIT, desk.keep_uses()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            log.event(Level::Warn, "when keys were used last could not be kept", &[("error", &error)]);
        }
        Err(_) => log.event(Level::Warn, "when keys were used last could not be kept in time", &[]),
    }
}
