//! How a key stands, what changes that, and what a repeat gets. `P` says where an answer lies.
//!
//! The one rule: a key whose call may have cost something never runs anew.

/// What was asked under a key: method, path and body, as one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestDigest(pub [u8; 32]);

/// How a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<P> {
    /// Its call runs.
    Running,
    /// The whole answer is kept.
    Kept(P),
    /// There was an answer, which was too large to keep.
    TooLarge,
    /// A provider was asked, and no whole answer was kept.
    Unknown,
}

/// What happens to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<P> {
    /// A call of it begins.
    Begun,
    /// The whole answer is kept.
    Kept(P),
    /// The answer is too large.
    TooLarge,
    /// The call ended without a whole answer, and may have cost something.
    Lost,
    /// The call ended and cost nothing.
    Freed,
}

/// What a request with a key gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat<P> {
    /// It runs.
    Anew,
    /// The key was used for another request.
    Reused,
    /// Its twin runs.
    InUse,
    /// The answer that is kept.
    Replay(P),
    /// The answer was too large to keep.
    TooLarge,
    /// Nobody knows what became of the call.
    Unknown,
}

impl<P> Standing<P> {
    /// How a key stands after a step; `None` is a key that nobody knows. What has ended stays as it ended.
    pub fn after(now: Option<Self>, step: Step<P>) -> Option<Self> {
        match (now, step) {
            (_, Step::Begun) => Some(Self::Running),
            (Some(Self::Running) | None, Step::Kept(place)) => Some(Self::Kept(place)),
            (Some(Self::Running) | None, Step::TooLarge) => Some(Self::TooLarge),
            (Some(Self::Running) | None, Step::Lost) => Some(Self::Unknown),
            (Some(Self::Running) | None, Step::Freed) => None,
            // Of a stream of which more came behind its end the later is the whole one.
            (Some(Self::Kept(_)), Step::Kept(place)) => Some(Self::Kept(place)),
            (ended, _) => ended,
        }
    }

    /// The same after a crash: whatever ran runs no more.
    #[must_use]
    pub fn after_crash(self) -> Self {
        if matches!(self, Self::Running) { Self::Unknown } else { self }
    }

    /// Whether its call is over.
    pub const fn has_ended(&self) -> bool {
        !matches!(self, Self::Running)
    }
}

impl<P: Clone> Repeat<P> {
    /// What a request gets under a key that is known to have been used for another, or the same.
    pub fn of(known: Option<(&RequestDigest, &Standing<P>)>, request: &RequestDigest) -> Self {
        match known {
            None => Self::Anew,
            Some((used_for, _)) if used_for != request => Self::Reused,
            Some((_, Standing::Running)) => Self::InUse,
            Some((_, Standing::Kept(place))) => Self::Replay(place.clone()),
            Some((_, Standing::TooLarge)) => Self::TooLarge,
            Some((_, Standing::Unknown)) => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Repeat, RequestDigest, Standing, Step};

    const ALL: [Option<Standing<u8>>; 5] = [
        None,
        Some(Standing::Running),
        Some(Standing::Kept(1)),
        Some(Standing::TooLarge),
        Some(Standing::Unknown),
    ];
    const STEPS: [Step<u8>; 5] = [Step::Begun, Step::Kept(2), Step::TooLarge, Step::Lost, Step::Freed];

    #[test]
    fn a_call_ends_once() {
        let check = |now, step, then| assert_eq!(Standing::after(now, step), then, "{now:?} {step:?}");
        let [free, running, kept, too_large, unknown] = ALL;
        check(free, Step::Begun, running);
        check(running, Step::Kept(1), kept);
        check(running, Step::TooLarge, too_large);
        check(running, Step::Lost, unknown);
        check(running, Step::Freed, free);
        // Its beginning may have been dropped with an old file.
        check(free, Step::Kept(1), kept);
        check(free, Step::TooLarge, too_large);
        check(free, Step::Lost, unknown);
        check(kept, Step::Kept(2), Some(Standing::Kept(2)));
    }

    #[test]
    fn only_a_running_call_frees_its_key() {
        for now in ALL.into_iter().filter(|now| now.is_some_and(|standing| standing.has_ended())) {
            for step in STEPS.into_iter().filter(|step| *step != Step::Begun) {
                assert!(Standing::after(now, step).is_some_and(|then| then.has_ended()), "{now:?} {step:?}");
            }
            assert_eq!(Standing::after(now, Step::Freed), now);
        }
    }

    #[test]
    fn a_crash_leaves_nothing_running_and_frees_nothing() {
        assert_eq!(Standing::<u8>::Running.after_crash(), Standing::Unknown);
        for standing in [Standing::Kept(1), Standing::TooLarge, Standing::Unknown] {
            assert_eq!(standing.after_crash(), standing);
        }
    }

    #[test]
    fn only_a_free_key_runs_and_only_the_same_request_is_told() {
        let (same, other) = (RequestDigest([1; 32]), RequestDigest([2; 32]));
        let [_, running, kept, too_large, unknown] = ALL;
        assert_eq!(Repeat::<u8>::of(None, &same), Repeat::Anew);
        let told = [
            (running, Repeat::InUse),
            (kept, Repeat::Replay(1)),
            (too_large, Repeat::TooLarge),
            (unknown, Repeat::Unknown),
        ];
        for (standing, expected) in told {
            let standing = standing.unwrap();
            assert_eq!(Repeat::of(Some((&same, &standing)), &same), expected);
            assert_eq!(Repeat::of(Some((&same, &standing)), &other), Repeat::Reused);
        }
    }
}
