//! When a message that was not taken is tried again, and when it is given up.

/// So often a message is tried.
pub const ATTEMPTS_MAX: u32 = 7;

/// Milliseconds to wait after each failed try but the last.
const WAITS_MS: [i64; ATTEMPTS_MAX as usize - 1] = [1_000, 5_000, 30_000, 120_000, 600_000, 1_800_000];

/// Nothing waits longer for its next try: what would was made before the clock was set back.
pub const WAIT_MAX_MS: i64 = WAITS_MS[WAITS_MS.len() - 1];

/// How long until the next try after so many failed ones; `None` if it is given up.
pub fn next_try_ms(attempts: u32) -> Option<i64> {
    let place = usize::try_from(attempts).ok()?.checked_sub(1)?;
    WAITS_MS.get(place).copied()
}

#[cfg(test)]
mod tests {
    use super::{ATTEMPTS_MAX, next_try_ms};

    #[test]
    fn each_wait_is_longer_and_the_last_failure_ends_it() {
        let waits: Vec<_> = (1..=ATTEMPTS_MAX).map(next_try_ms).collect();
        assert_eq!(waits.last(), Some(&None));
        let given: Vec<i64> = waits.into_iter().flatten().collect();
        assert_eq!(given.len() + 1, ATTEMPTS_MAX as usize);
        assert!(given.is_sorted_by(|before, after| before < after));
    }
}
