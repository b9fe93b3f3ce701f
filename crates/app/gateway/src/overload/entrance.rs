//! The entrance: a known caller is let in before his body is read, or he waits with it unread, which costs us next to nothing.

use std::sync::Arc;

use domain::Failure;
use routing::Moment;
use routing::overload::Gate;

use super::refusal::Lack;
use super::wait::{Going, Wanted, wait};
use crate::call::Call;
use crate::pipeline::Caller;
use crate::serving::Serving;

/// Lets a known caller's call in, once there is room; it is inside until it is dropped.
pub(crate) async fn enter(
    caller: Caller,
    call: &mut Call,
    serving: &Serving,
) -> Result<Caller, Box<Failure>> {
    let admission = &call.worker.gateway.admission;
    if !admission.entrance.enter(admission.concurrent_max(serving), false) {
        // Boxed: it is rare, and its room is not carried along by every call.
        Box::pin(wait_outside(call, serving)).await?;
    }
    call.has_entered = true;
    Ok(caller)
}

async fn wait_outside(call: &Call, serving: &Serving) -> Result<(), Box<Failure>> {
    let admission = &call.worker.gateway.admission;
    let outside = Outside { entrance: &admission.entrance, max: admission.concurrent_max(serving) };
    wait(&call.worker, serving, outside, Lack::OfRoom, None).await.map(|_| ())
}

struct Outside<'a> {
    entrance: &'a Arc<Gate>,
    max: u32,
}

impl Wanted for Outside<'_> {
    type Place = ();

    fn full_gates(&self, _now: Moment) -> Vec<Arc<Gate>> {
        vec![self.entrance.clone()]
    }

    fn go_in(&mut self, _now: Moment) -> Going<()> {
        if !self.entrance.enter(self.max, true) {
            return Going::NotYet;
        }
        self.entrance.call_if_room(self.max);
        Going::In(())
    }
}
