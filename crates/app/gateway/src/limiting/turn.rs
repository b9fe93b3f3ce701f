//! Waiting for a limit that has those who reach it wait: behind those whose turn it is, no longer than is allowed, and not at all
//! where that is known to be in vain.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use domain::{Failure, OrganisationId};
use limits::Tick;
use limits::queue::{Entry, RoomSize, Seat, Waiter};
use limits::rate::{Cell, Marks, Need, OnLimit, Refusal, Verdict};
use tokio::time::timeout;

use super::verdict::verdict;
use super::words::{Because, refused};
use crate::gateway::Gateway;

/// Whoever is called at once needs no second look; this is for what nobody calls about.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// No sleep is shorter.
const SLEEP_MIN: Duration = Duration::from_micros(500);

/// With whom a call takes turns where it waits, and its size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) key: u64,
    pub(super) tokens: u64,
    pub(super) is_batch: bool,
}

/// How many may wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ceilings {
    /// At one limit.
    pub(super) line: usize,
    /// At all of them.
    pub(super) room: RoomSize,
}

/// Which of the needs refused for good, and how that is told.
type Refused = (usize, Box<Failure>);

/// A limit at which others wait already, which is as if it had refused. Who needs nothing of it waits behind nobody.
pub(super) fn first_in_line(needs: &[Need]) -> Option<Refusal> {
    let is_waited_for = |Need { cell, cost }: &Need| {
        matches!(cell.on_limit, OnLimit::Queue(_)) && *cost > 0 && cell.line().waiting() > 0
    };
    let need = needs.iter().position(is_waited_for)?;
    Some(Refusal { need, wait: Some(Duration::ZERO) })
}

impl Turn {
    /// A place in a line for so much.
    const fn entry(self, cost: u64) -> Entry {
        Entry { key: self.key, tokens: self.tokens, cost, is_batch: self.is_batch }
    }

    /// After how long one should come back who does not wait.
    pub(super) fn come_back(self, cell: &Cell, cost: u64, now: Tick) -> Duration {
        cell.come_back(cell.line().ahead(&self.entry(cost)), cost, now)
    }

    /// Waits until all that is needed could be taken. Gives which limit was waited for, since when it is taken, and which warn.
    pub(super) async fn wait(
        self,
        gateway: &Gateway,
        needs: &[Need],
        mut refusal: Refusal,
        organisation: &OrganisationId,
        ceilings: Ceilings,
    ) -> Result<(usize, (Tick, Marks)), Refused> {
        let began = gateway.tick();
        let mut until: Option<Tick> = None;
        let mut waiter: Option<Waiter> = None;
        let mut seat: Option<Seat> = None;
        loop {
            let Refusal { need: place, wait } = refusal;
            let Need { cell, cost } = &needs[place];
            let refuse = |because, wait| Err((place, refused(cell, *cost, because, wait)));
            let (Some(patience), Some(_)) = (cell.on_limit.wait(), wait) else {
                return refuse(Because::Reached, wait);
            };
            let entry = self.entry(*cost);
            let now = gateway.tick();
            let end =
                *until.insert(until.map_or(began.plus(patience), |until| until.min(began.plus(patience))));
            if !waiter.as_ref().is_some_and(|waiter| waiter.is_at(cell.line())) {
                let ahead = cell.line().ahead(&entry);
                if now.plus(cell.outlook(ahead, *cost, now)) > end {
                    return refuse(Because::WouldWaitInVain, Some(cell.come_back(ahead, *cost, now)));
                }
                if seat.is_none() {
                    match gateway.limits.room.enter(organisation, self.key, ceilings.room) {
                        Ok(taken) => seat = Some(taken),
                        Err(full) => {
                            let come_back = cell.come_back(ahead, *cost, now);
                            return refuse(Because::RoomFull(full, ceilings.room), Some(come_back));
                        }
                    }
                }
                // Whoever waited elsewhere gives that place up with this.
                waiter = Waiter::enter(cell.line(), entry, ceilings.line, now);
            }
            let come_back = || self.come_back(cell, *cost, gateway.tick());
            let (Some(mut place_in_line), Some(seat)) = (waiter.take(), &seat) else {
                return refuse(Because::LineFull, Some(come_back()));
            };
            if let Err(because) = stand(gateway, &mut place_in_line, seat, (end, ceilings.room)).await {
                // It is not before itself when it comes back.
                drop(place_in_line);
                return refuse(because, Some(come_back()));
            }
            let now = gateway.tick();
            let spared = cell.wait_sparing(*cost, now).filter(|_| place_in_line.spares());
            let verdict = match spared {
                Some(wait) => Verdict::Refused(Refusal { need: place, wait: Some(wait) }),
                None => verdict(gateway.limits.counters.take(needs, now)).await,
            };
            match verdict {
                Verdict::Taken { warned } => {
                    place_in_line.go(now);
                    return Ok((place, (now, warned)));
                }
                Verdict::Refused(next) => refusal = next,
            }
            if refusal.need == place
                && let Some(wait) = refusal.wait
            {
                let now = gateway.tick();
                if now >= end {
                    return refuse(Because::WaitedInVain, Some(wait));
                }
                called(&place_in_line, seat, wait.max(SLEEP_MIN).min(end.since(now))).await;
            }
            waiter = Some(place_in_line);
        }
    }
}

/// Waits until it is somebody's turn, or until it will not be.
async fn stand(
    gateway: &Gateway,
    waiter: &mut Waiter,
    seat: &Seat,
    (end, room): (Tick, RoomSize),
) -> Result<(), Because> {
    loop {
        if let Some(full) = seat.taken_for() {
            return Err(Because::RoomFull(full, room));
        }
        let now = gateway.tick();
        match waiter.is_first(now) {
            Some(true) => return Ok(()),
            None => return Err(Because::LineFull),
            Some(false) if now >= end => return Err(Because::WaitedInVain),
            Some(false) => called(waiter, seat, LOOK_EVERY.min(end.since(now))).await,
        }
    }
}

/// Waits until somebody calls, or for so long.
async fn called(waiter: &Waiter, seat: &Seat, longest: Duration) {
    let call = poll_fn(|cx| match seat.poll_taken(cx) {
        Poll::Ready(()) => Poll::Ready(()),
        Poll::Pending => waiter.poll_called(cx),
    });
    // Whether it was called or not, the next thing is another look.
    let _ = timeout(longest, call).await;
}
