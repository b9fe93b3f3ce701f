//! When a message that was not taken is tried again, and when it is given up.

/// So long a message is tried: a channel may be away for a night, and what it missed is told in the morning.
pub const TRIED_FOR_MS: i64 = 86_400_000;

/// Milliseconds to wait after each failed try; the last of them again and again.
const WAITS_MS: [i64; 6] = [1_000, 5_000, 30_000, 120_000, 600_000, 1_800_000];

/// Nothing waits longer for its next try: what would was made before the clock was set back.
pub const WAIT_MAX_MS: i64 = WAITS_MS[WAITS_MS.len() - 1];

/// How long until the next try after so many failed ones of a message that is so old; `None` if it is given up. That counts by
/// its age and not by its tries: news hurries what waits, and of much news a channel that is away for minutes would lose it.
pub fn next_try_ms(attempts: u32, age_ms: i64) -> Option<i64> {
    let place = usize::try_from(attempts).unwrap_or(usize::MAX).saturating_sub(1).min(WAITS_MS.len() - 1);
    (age_ms < TRIED_FOR_MS).then_some(WAITS_MS[place])
}

#[cfg(test)]
mod tests {
    use super::{TRIED_FOR_MS, WAIT_MAX_MS, next_try_ms};

    #[test]
    fn each_wait_is_longer_up_to_a_limit_and_a_day_ends_it_however_often_it_was_tried() {
        let waits: Vec<i64> = (1..=6).filter_map(|attempts| next_try_ms(attempts, 0)).collect();
        assert!(waits.len() == 6 && waits.is_sorted_by(|before, after| before < after), "{waits:?}");
        assert_eq!(next_try_ms(1_000, TRIED_FOR_MS - 1), Some(WAIT_MAX_MS));
        assert_eq!(next_try_ms(1, TRIED_FOR_MS), None);
    }
}
