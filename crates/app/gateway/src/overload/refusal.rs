//! How a caller is told that there is no room for him.

use std::time::Duration;

use config::Limits;
use domain::{Failure, Kind};
use observe::Shed;

/// The longest time after which somebody is told to come back.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);

/// What there is not enough of.
#[derive(Clone, Copy)]
pub(super) enum Lack<'a> {
    /// Room in the gateway itself.
    OfRoom,
    /// Targets of this model that have room.
    OfTargets(&'a str),
}

/// The refusal of one who would wait so long, as far as can be told.
pub(super) fn refused(lack: Lack<'_>, shed: Shed, limits: &Limits, outlook: Duration) -> Box<Failure> {
    let what = match lack {
        Lack::OfRoom => "the gateway has as many calls as it takes".to_owned(),
        Lack::OfTargets(model) => {
            format!("all who serve the model '{model}' have as many requests as they take")
        }
    };
    let wait_ms = limits.queue_wait.as_millis();
    let why = match shed {
        Shed::QueueFull => format!("{} callers wait already (limits.queue_max)", limits.queue_max),
        Shed::WouldWaitInVain => {
            format!("so many wait that it would take longer than {wait_ms} ms (limits.queue_wait_ms)")
        }
        Shed::WaitedInVain => format!("nobody had room within {wait_ms} ms (limits.queue_wait_ms)"),
    };
    Failure::new(Kind::Overloaded, format!("{what}, and {why}"))
        .with_retry_after(outlook.clamp(Duration::from_secs(1), RETRY_AFTER_MAX))
}
