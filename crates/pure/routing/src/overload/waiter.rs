//! One who waits: at one gate or at several, until one of them calls. Dropping it gives its places up, and a call that it has
//! not used goes to the next.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::gate::Gate;
use super::queue::Bell;
use super::room::Room;
use crate::moment::Moment;

/// A place in all the queues it stands in.
#[derive(Debug)]
pub struct Waiter {
    room: Arc<Room>,
    ticket: u64,
    bell: Arc<Bell>,
    gates: Vec<Arc<Gate>>,
    since: Moment,
    went_in: Option<Moment>,
    /// It was called, and has not gone in since.
    has_call: bool,
}

impl Waiter {
    /// One more who waits in a room; `None` where `max` do.
    pub fn enter(room: &Arc<Room>, max: u32, now: Moment) -> Option<Self> {
        Some(Self {
            ticket: room.enter(max)?,
            room: room.clone(),
            bell: Arc::default(),
            gates: Vec::new(),
            since: now,
            went_in: None,
            has_call: false,
        })
    }

    /// Stands at these gates from now on, at each in the order of its ticket. Whether it can go in must be tried after that,
    /// for a place may have become free meanwhile.
    pub fn stand_at(&mut self, gates: Vec<Arc<Gate>>, now: Moment) {
        for gate in &gates {
            if self.gates.iter().any(|known| Arc::ptr_eq(known, gate)) {
                gate.stand_again(self.ticket, &self.bell, now);
            } else {
                gate.join(self.ticket, &self.bell, now);
            }
        }
        let left = std::mem::replace(&mut self.gates, gates);
        for gate in left.iter().filter(|gate| !self.gates.iter().any(|kept| Arc::ptr_eq(kept, gate))) {
            gate.quit(self.ticket, None);
            if self.has_call {
                gate.call_next();
            }
        }
    }

    /// Ready once a gate calls.
    pub fn poll_called(&mut self, cx: &Context<'_>) -> Poll<()> {
        self.bell.wakes(cx.waker());
        if self.bell.take_call() {
            self.has_call = true;
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// Whether nobody stands before it at one of its gates.
    pub fn is_first(&self) -> bool {
        self.gates.iter().any(|gate| gate.is_first(self.ticket))
    }

    /// Whether there is nothing to wait for.
    pub const fn stands_nowhere(&self) -> bool {
        self.gates.is_empty()
    }

    /// How long it will wait yet, at the gate that is fastest.
    pub fn outlook(&self, now: Moment) -> Duration {
        self.gates.iter().map(|gate| gate.outlook(self.ticket, now)).min().unwrap_or_default()
    }

    /// How long it has waited.
    pub const fn waited(&self, now: Moment) -> Duration {
        now.since(self.since)
    }

    /// It has gone in, and waits no longer.
    pub fn go_in(mut self, now: Moment) {
        self.went_in = Some(now);
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        for gate in &self.gates {
            gate.quit(self.ticket, self.went_in);
        }
        // Somebody may have been passed over for its sake.
        let is_call_left = self.went_in.is_none() || self.gates.len() > 1;
        if is_call_left && (self.has_call || self.bell.was_called()) {
            self.gates.iter().for_each(|gate| gate.call_next());
        }
        self.room.leave();
    }
}
