//! The one place of the data plane that reads the wall clock. Decisions get the time as an argument.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::Timestamp;

/// Now, by the system's clock. Durations are measured with `Instant`, never with this.
#[expect(clippy::disallowed_methods, reason = "this is where the wall clock is read")]
pub fn wall_clock() -> Timestamp {
    #[cfg(test)]
    if let Some(now) = crate::simulation::virtual_now() {
        return now;
    }
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}
