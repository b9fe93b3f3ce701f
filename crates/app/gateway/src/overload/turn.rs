//! A call's turn at one of its targets, where all that could be asked have as many requests as they may have.

use std::sync::Arc;

use domain::{Failure, Kind};
use routing::overload::Gate;
use routing::{Course, Moment, Turn};
use tokio::time::Instant;

use super::refusal::Lack;
use super::wait::{Going, Wanted, wait};
use crate::call::Call;
use crate::serving::Serving;

/// The next who is asked, at once or once there is room, and when that is; `None` where nobody is left.
pub(crate) async fn next_turn(
    call: &mut Call,
    serving: &Serving,
    course: &mut Course,
    asked: &str,
    deadline: Instant,
) -> Result<Option<(Turn, Instant)>, Box<Failure>> {
    let now = Instant::now();
    let turn = course.next(&serving.health, asked, call.worker.gateway.moment_of(now));
    if turn.is_some() || !course.is_held_up() {
        return Ok(turn.map(|turn| (turn, now)));
    }
    // Boxed: it is rare, and its room is not carried along by every call.
    let turn = Box::pin(queue(call, serving, course, asked, deadline)).await?;
    Ok(turn.map(|turn| (turn, Instant::now())))
}

async fn queue(
    call: &mut Call,
    serving: &Serving,
    course: &mut Course,
    asked: &str,
    deadline: Instant,
) -> Result<Option<Turn>, Box<Failure>> {
    let deadline = call.worker.gateway.moment_of(deadline);
    let began = call.worker.gateway.moment();
    let model = Lack::OfTargets(asked);
    let queued = wait(&call.worker, serving, Queued { course, serving, asked }, model, Some(deadline)).await;
    call.waited += call.worker.gateway.moment().since(began);
    queued
}

/// What a caller is told when nobody could be asked: those in his plan have asked for patience meanwhile, or it was empty.
pub(crate) fn nobody_left(course: &Course, serving: &Serving, asked: &str, now: Moment) -> Box<Failure> {
    let Some(wait) = course.busy_for(&serving.health, asked, now) else {
        return Failure::new(Kind::NoTarget, "no target is configured for this model");
    };
    let message = format!("all who serve the model '{asked}' have asked for patience");
    Failure::new(Kind::UpstreamBusy, message).with_retry_after(wait)
}

struct Queued<'a> {
    course: &'a mut Course,
    serving: &'a Serving,
    asked: &'a str,
}

impl Wanted for Queued<'_> {
    type Place = Turn;

    fn full_gates(&self, now: Moment) -> Vec<Arc<Gate>> {
        self.course.full_gates(&self.serving.health, self.asked, now)
    }

    fn go_in(&mut self, now: Moment) -> Going<Turn> {
        match self.course.next_after_wait(&self.serving.health, self.asked, now) {
            Some(turn) => Going::In(turn),
            None if self.course.is_held_up() => Going::NotYet,
            None => Going::Never,
        }
    }
}
