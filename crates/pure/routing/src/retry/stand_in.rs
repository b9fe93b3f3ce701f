//! How long a connection that is being opened is waited for before somebody else is connected to beside it. No request has
//! left by then: whoever is there first is asked, and nobody else.

use std::time::Duration;

/// However fast somebody usually is, a moment may be the machine's own.
const LATE_MIN: Duration = Duration::from_millis(20);
/// Where nobody knows how long it usually takes; and before another model's turn comes for the sake of a connection.
const LATE_UNKNOWN: Duration = Duration::from_millis(250);

/// After how long a stand-in is connected to; `late_after` is when the connection is later than usual.
pub fn stand_in_after(late_after: Option<Duration>, is_same_step: bool) -> Duration {
    match late_after {
        Some(late_after) if is_same_step => late_after.max(LATE_MIN),
        Some(late_after) => late_after.max(LATE_UNKNOWN),
        None => LATE_UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::stand_in_after;

    const fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn who_is_usually_fast_is_replaced_soon_and_another_model_comes_later() {
        assert_eq!(stand_in_after(Some(ms(2)), true), ms(20));
        assert_eq!(stand_in_after(Some(ms(90)), true), ms(90));
        assert_eq!(stand_in_after(Some(ms(90)), false), ms(250));
        assert_eq!(stand_in_after(Some(ms(400)), false), ms(400));
        assert_eq!(stand_in_after(None, true), ms(250));
    }
}
