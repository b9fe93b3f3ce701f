//! How a caller is told that a limit is reached.

use std::time::Duration;

use domain::{Failure, Kind};
use limits::queue::{RoomFull, RoomSize};
use limits::rate::{Cell, Of};

/// A caller is told to come back after this at the earliest: before that his next request finds the same.
const RETRY_AFTER_MIN: Duration = Duration::from_millis(1);
/// No caller is told to stay away for longer.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(300);

/// Why a call does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Because {
    /// The limit is reached.
    Reached,
    /// It would wait longer than it may.
    WouldWaitInVain,
    /// It has waited as long as it may.
    WaitedInVain,
    /// As many wait as may.
    LineFull,
    /// As many wait at all limits as may.
    RoomFull(RoomFull, RoomSize),
}

/// The refusal by a limit, which is named.
pub(super) fn refused(cell: &Cell, cost: u64, because: Because, wait: Option<Duration>) -> Box<Failure> {
    let limit = format!(
        "{whose} may have {amount} {words} ({measure}, set by the {set_by})",
        whose = cell.whose,
        amount = cell.amount,
        words = cell.measure.words(),
        measure = cell.measure.name(),
        set_by = cell.set_by,
    );
    let Some(wait) = wait.filter(|_| cell.measure.of() != Of::Size) else {
        let message = format!("{limit}, and this request has about {cost}; make it smaller");
        return Failure::new(Kind::TooLarge, message);
    };
    let wait = wait.clamp(RETRY_AFTER_MIN, RETRY_AFTER_MAX);
    let of_room;
    let why: &str = match because {
        Because::Reached => "which is reached",
        Because::WouldWaitInVain => {
            "which is reached, and so many wait that it would take longer than a call may wait"
        }
        Because::WaitedInVain => "which is reached, and the call has waited as long as it may",
        Because::LineFull => "which is reached, and as many calls wait as may",
        Because::RoomFull(full, size) => {
            of_room = match full {
                RoomFull::All => {
                    format!(
                        "which is reached, and {} calls wait at limits already (limits.waiting_max)",
                        size.all
                    )
                }
                RoomFull::Organisation => format!(
                    "which is reached, and {} calls of its organisation wait at limits already \
                     (limits.waiting_per_organisation_max)",
                    size.organisation
                ),
            };
            &of_room
        }
    };
    let message = format!("{limit}, {why}; try again in {} ms", wait.as_millis());
    Failure::new(Kind::LimitReached, message).with_retry_after(wait)
}

/// The same for the log.
pub(super) fn logged(cell: &Cell) -> Box<str> {
    format!("{} {} {}", cell.whose, cell.measure.name(), cell.amount).into()
}
