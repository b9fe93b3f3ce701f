//! A call's turn at one of its targets, where all that could be asked have as many requests as they may have.

use std::sync::Arc;

use domain::{Failure, Kind};
use routing::overload::Gate;
use routing::{Course, Moment, Turn};

use super::refusal::Lack;
use super::wait::{Going, Wanted, wait};
use crate::call::Call;
use crate::serving::Serving;

/// Waits until somebody can be asked; `None` where nobody is left after all.
pub(crate) async fn next_turn(
    call: &mut Call,
    serving: &Serving,
    course: &mut Course,
    asked: &str,
    deadline: Moment,
) -> Result<Option<Turn>, Box<Failure>> {
    let began = call.worker.gateway.moment();
    let model = Lack::OfTargets(asked);
    let queued = wait(&call.worker, serving, Queued { course, serving, asked }, model, Some(deadline)).await;
    call.waited += call.worker.gateway.moment().since(began);
    queued
}

/// What a caller is told when nobody could be asked though the plan had some: they have asked for patience meanwhile.
pub(crate) fn nobody_left(
    course: &Course,
    serving: &Serving,
    asked: &str,
    now: Moment,
) -> Option<Box<Failure>> {
    let wait = course.busy_for(&serving.health, asked, now)?;
    let message = format!("all who serve the model '{asked}' have asked for patience");
    Some(Failure::new(Kind::UpstreamBusy, message).with_retry_after(wait))
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
