//! Signals that end a program: taken, so that the terminal is given back before.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;

/// As long as somebody looks for a signal that has come.
const LOOK: Duration = Duration::from_millis(1);

/// Whoever ends this program by a signal.
pub(super) struct Farewell {
    runtime: Runtime,
    signals: [Signal; 3],
}

impl Farewell {
    /// From here on such a signal ends nothing by itself.
    pub(super) fn listen() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.context("cannot listen for signals")?;
        let inside = runtime.enter();
        let signals = [
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::hangup())?,
        ];
        drop(inside);
        Ok(Self { runtime, signals })
    }

    /// Whether one has come.
    pub(super) fn was_said(&mut self) -> bool {
        let [terminate, interrupt, hang_up] = &mut self.signals;
        let any = async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                _ = hang_up.recv() => {}
            }
        };
        self.runtime.block_on(async { timeout(LOOK, any).await }).is_ok()
    }
}
