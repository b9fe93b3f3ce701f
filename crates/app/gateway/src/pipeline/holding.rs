//! Holding a large JSON object to its end: nobody can use half of it, and as long as nothing has left another target may
//! answer instead. It comes already, so no longer is its silence that of one who thinks, but that within an answer.

use std::time::Duration;

use domain::{Failure, Kind, Phase};
use tokio::time::{Instant, timeout_at};

use crate::body_budget::BodyLease;
use crate::pipeline::beginning::Beginning;
use crate::pipeline::outgoing::Wanted;

/// How long an object may take to its end.
#[derive(Clone, Copy)]
pub(super) struct HoldLimits {
    /// Silence within it.
    pub(super) idle: Duration,
    /// When all of it has to be there, …
    pub(super) until: Instant,
    /// … and the limit that a caller is told of that.
    pub(super) whole: Duration,
}

/// Reads on to the end, within `memory`. Where that is used up, what has come is all that is held, and the rest will pass as
/// it comes; what has to be translated is read to its end all the same.
pub(super) async fn hold(
    beginning: &mut Beginning<'_>,
    wanted: &mut Wanted,
    provider: &str,
    mut memory: BodyLease,
    limits: HoldLimits,
) -> Result<(), Box<Failure>> {
    while beginning.is_unfinished_object() {
        let has_memory = memory.grow_if_much_is_free(beginning.bytes());
        if !has_memory && beginning.may_pass() {
            break;
        }
        let ends = limits.until.min(Instant::now() + limits.idle);
        let read = timeout_at(ends, beginning.read_on(wanted, provider)).await;
        if !read.map_err(|_| limits.passed(ends, provider))?? {
            break;
        }
    }
    beginning.count(memory);
    Ok(())
}

impl HoldLimits {
    fn passed(self, ends: Instant, provider: &str) -> Box<Failure> {
        let (phase, limit, what) = if ends < self.until {
            (Phase::Idle, self.idle, "said nothing within its answer for")
        } else {
            (Phase::FirstByte, self.whole, "did not answer within")
        };
        let message = format!("{provider} {what} {} ms", limit.as_millis());
        Failure::new(Kind::UpstreamTimeout(phase), message).with_limit(limit)
    }
}
