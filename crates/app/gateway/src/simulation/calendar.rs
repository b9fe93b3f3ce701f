//! The wall clock of a simulation: it begins on the same day each time, and goes as the virtual clock goes.

use std::cell::Cell;

use domain::Timestamp;
use tokio::time::Instant;

/// 2026-01-01, midnight.
const BEGIN_UNIX_MS: i64 = 1_767_225_600_000;

thread_local! {
    static BEGAN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// From now on this thread's wall clock is virtual, until the value is dropped.
pub(super) struct Calendar(());

impl Calendar {
    pub(super) fn begin() -> Self {
        BEGAN.set(Some(Instant::now()));
        Self(())
    }
}

impl Drop for Calendar {
    fn drop(&mut self) {
        BEGAN.set(None);
    }
}

/// Now, where the clock is virtual.
pub(crate) fn virtual_now() -> Option<Timestamp> {
    let began = BEGAN.get()?;
    Some(Timestamp(BEGIN_UNIX_MS + began.elapsed().as_millis() as i64))
}
