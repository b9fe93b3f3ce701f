//! What budgets have spent is written down about once a second, and at the end. After a crash a budget may have forgotten the
//! last second; an account forgets nothing.

use std::sync::Arc;
use std::time::Duration;

use observe::{Level, Log};
use store::BudgetDesk;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// So much may be forgotten.
const EVERY: Duration = Duration::from_secs(1);
/// How long a database that failed is left alone.
const PAUSE_FAILED: Duration = Duration::from_secs(10);
/// A stop waits no longer for it.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// The running task.
pub(super) struct BudgetKeeper {
    task: JoinSet<()>,
    stop: CancellationToken,
}

impl BudgetKeeper {
    pub(super) fn start(desk: &Arc<BudgetDesk>, log: &Log) -> Self {
        let (mut task, stop) = (JoinSet::new(), CancellationToken::new());
        let (desk, log, stopping) = (Arc::clone(desk), log.clone(), stop.clone());
        task.spawn(async move {
            let mut pause = EVERY;
            loop {
                tokio::select! {
                    () = stopping.cancelled() => break,
                    () = sleep(pause) => {}
                }
                pause = if keep(&desk, &log).await { EVERY } else { PAUSE_FAILED };
            }
            keep(&desk, &log).await;
        });
        Self { task, stop }
    }

    /// Everything is written down when this returns. To be called when the workers have ended.
    pub(super) async fn stop(mut self) {
        self.stop.cancel();
        let _ = timeout(LAST_WAIT, self.task.join_next()).await;
    }
}

async fn keep(desk: &BudgetDesk, log: &Log) -> bool {
    let Err(error) = desk.keep().await else { return true };
    log.event(
        Level::Warn,
        "what budgets have spent cannot be kept; it is tried again, and until then a restart would forget it",
        &[("reason", &error)],
    );
    false
}
