//! What comes of a limit that is reached, as it is counted.

use limits::rate::Cell;
use observe::LimitOutcome;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The call went on, and its caller was warned.
    Warned,
    /// The call waited, and then went on.
    Queued,
    /// The call was refused.
    Refused,
    /// It is not heeded, for there are too many.
    LeftOut,
}

impl Outcome {
    /// As the metrics have it.
    pub(super) fn of(self, cell: &Cell) -> LimitOutcome {
        let outcome = match self {
            Self::Warned => "warned",
            Self::Queued => "queued",
            Self::Refused => "refused",
            Self::LeftOut => "left_out",
        };
        (cell.whose.kind(), cell.measure.name(), outcome)
    }
}
