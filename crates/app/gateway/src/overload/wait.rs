//! Waiting for a place: in the order of arrival, no longer than is allowed, and not at all where that is known to be in vain.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use domain::Failure;
use observe::Shed;
use routing::Moment;
use routing::overload::{Gate, Waiter};
use tokio::time::{Instant, timeout_at};

use super::refusal::{Lack, refused};
use crate::serving::Serving;
use crate::worker::Worker;

/// Whoever is called at once needs no second look; this is for what nobody calls about, such as a breaker that closes.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Something there is not enough of.
pub(super) trait Wanted {
    type Place;

    /// Where one waits for it; nowhere, if there is nothing to wait for.
    fn full_gates(&self, now: Moment) -> Vec<Arc<Gate>>;

    /// Takes a place for one whose turn it is.
    fn go_in(&mut self, now: Moment) -> Going<Self::Place>;
}

/// What came of trying to go in.
pub(super) enum Going<P> {
    In(P),
    NotYet,
    /// There is nothing to wait for any more.
    Never,
}

/// Waits for a place; `None` where there is nothing to wait for any more. Hanging up gives the place in the queue to the next.
pub(super) async fn wait<W: Wanted>(
    worker: &Worker,
    serving: &Serving,
    mut wanted: W,
    lack: Lack<'_>,
    deadline: Option<Moment>,
) -> Result<Option<W::Place>, Box<Failure>> {
    let gateway = &worker.gateway;
    let mut now = gateway.moment();
    let limit = now + serving.limits.queue_wait;
    let limit = deadline.map_or(limit, |deadline| deadline.min(limit));
    let refuse = |shed, outlook| {
        worker.shard.shed(shed);
        Err(refused(lack, shed, &serving.limits, outlook))
    };
    let room = &gateway.admission.room;
    let Some(mut waiter) = Waiter::enter(room, serving.limits.queue_max, now) else {
        let gates = wanted.full_gates(now);
        let outlook = gates.iter().map(|gate| gate.outlook_for_next(now)).min();
        return refuse(Shed::QueueFull, outlook.unwrap_or_default());
    };
    let mut was_called = false;
    loop {
        waiter.stand_at(wanted.full_gates(now), now);
        if was_called || waiter.is_first() || waiter.stands_nowhere() {
            match wanted.go_in(now) {
                Going::In(place) => {
                    worker.shard.queued(waiter.waited(now));
                    waiter.go_in(now);
                    return Ok(Some(place));
                }
                Going::Never => return Ok(None),
                Going::NotYet => {}
            }
        }
        let outlook = waiter.outlook(now);
        if now >= limit {
            return refuse(Shed::WaitedInVain, outlook);
        }
        if now + outlook > limit {
            return refuse(Shed::WouldWaitInVain, outlook);
        }
        let until = Instant::now() + LOOK_EVERY.min(limit.since(now));
        was_called = timeout_at(until, poll_fn(|cx| waiter.poll_called(cx))).await.is_ok();
        now = gateway.moment();
    }
}
