//! How long one attempt may take of the time that a call has left.

use std::time::Duration;

/// What of the patience left is kept for each of those behind.
const RESERVE: Duration = Duration::from_secs(5);
/// All of them together never keep more than two of so many parts.
const RESERVE_PART: u32 = 4;

/// How long an attempt may take, and whose limit that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The time.
    pub limit: Duration,
    /// It is all that the call has left: there is nobody behind.
    pub is_whole: bool,
}

/// What of `left` one attempt may use with so many `behind` it: nearly all, for a slow answer is better than a second bill,
/// but never what those behind need to be asked at all. `own` is the target's own limit; `unusual` what it never takes when
/// it is well, which counts only where somebody else can be asked.
pub fn span_of(left: Duration, behind: u32, own: Option<Duration>, unusual: Option<Duration>) -> Span {
    let share = left.saturating_sub((RESERVE * behind).min(left / RESERVE_PART * behind.min(2)));
    let limits = [own, unusual.filter(|_| behind > 0)];
    let limit = limits.into_iter().flatten().min().filter(|limit| *limit < share);
    Span { limit: limit.unwrap_or(share), is_whole: behind == 0 && limit.is_none() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::span_of;

    const fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn the_first_may_use_nearly_all_and_the_last_all_that_is_left() {
        let share = |left, behind| span_of(left, behind, None, None).limit;
        assert_eq!(share(seconds(60), 0), seconds(60));
        assert_eq!(share(seconds(60), 1), seconds(55));
        assert_eq!(share(seconds(60), 2), seconds(50));
        assert_eq!(share(seconds(4), 1), seconds(3));
        assert_eq!(share(seconds(4), 2), seconds(2));
        assert_eq!(share(Duration::ZERO, 2), Duration::ZERO);
    }

    #[test]
    fn a_limit_of_its_own_holds_always_and_what_is_unusual_only_before_others() {
        assert_eq!(span_of(seconds(60), 0, Some(seconds(20)), Some(seconds(2))).limit, seconds(20));
        assert_eq!(span_of(seconds(60), 1, Some(seconds(20)), Some(seconds(2))).limit, seconds(2));
        assert_eq!(span_of(seconds(60), 1, None, Some(seconds(600))).limit, seconds(55));
        assert!(span_of(seconds(60), 0, None, Some(seconds(2))).is_whole);
        assert!(!span_of(seconds(60), 0, Some(seconds(2)), None).is_whole);
    }
}
