//! The task that writes rows of calls: from before the first call to behind the last.

use std::sync::Arc;
use std::time::Duration;

use gateway::{Gateway, RowOutlet, write_rows};
use store::RequestStore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long a stop waits for a database that takes nothing.
const STOP_WAIT_MAX: Duration = Duration::from_secs(5);

/// The running task.
pub(super) struct RowWriter {
    task: JoinSet<()>,
    stop: CancellationToken,
}

impl RowWriter {
    pub(super) fn start(gateway: &Arc<Gateway>, records: RequestStore, outlet: RowOutlet) -> Self {
        let (mut task, stop) = (JoinSet::new(), CancellationToken::new());
        task.spawn(write_rows(gateway.clone(), Arc::new(records), outlet, stop.clone()));
        Self { task, stop }
    }

    /// Has written all that was handed over when this returns, or has been given up. To be called when the workers have ended.
    pub(super) async fn stop(mut self) {
        self.stop.cancel();
        let _ = timeout(STOP_WAIT_MAX, self.task.join_next()).await;
    }
}
