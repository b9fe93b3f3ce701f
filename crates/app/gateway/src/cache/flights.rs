//! Who asks the same at the same time: the first asks a provider, the others wait for what he gets. They wait with no lock
//! held, on any worker.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::time::timeout;

use super::name::AnswerName;

/// Parts of the table, each with a lock of its own.
const PARTS: usize = 16;

/// What is being asked for. It has as many entries as calls that are under way.
#[derive(Debug, Default)]
pub(super) struct Flights {
    parts: [Mutex<HashMap<AnswerName, Arc<Semaphore>>>; PARTS],
}

/// A place among those who ask the same. Whoever has the turn and goes without a word passes it on to one of the others.
#[derive(Debug)]
pub(crate) struct Seat {
    flights: Arc<Flights>,
    name: AnswerName,
    /// One permit: the turn. It is closed once nobody needs to wait any longer.
    flight: Option<Arc<Semaphore>>,
    turn: Option<OwnedSemaphorePermit>,
}

/// What became of waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It is this one's turn to ask.
    Ours,
    /// There is an answer, or there is one that is not kept: nobody waits any longer.
    Over,
    /// It took too long.
    TooLong,
}

impl Flights {
    /// A place among those who ask for an answer.
    pub(super) fn seat(self: &Arc<Self>, name: AnswerName) -> Seat {
        let flight = self.lock(&name).entry(name).or_insert_with(|| Arc::new(Semaphore::new(1))).clone();
        Seat { flights: self.clone(), name, flight: Some(flight), turn: None }
    }

    fn lock(&self, name: &AnswerName) -> MutexGuard<'_, HashMap<AnswerName, Arc<Semaphore>>> {
        self.parts[name.part(PARTS)].lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.parts.iter().map(|part| part.lock().unwrap().len()).sum()
    }
}

impl Seat {
    /// Takes the turn if nobody has it.
    pub(crate) fn try_turn(&mut self) -> Turn {
        let Some(flight) = &self.flight else { return Turn::Over };
        match flight.clone().try_acquire_owned() {
            Ok(turn) => {
                self.turn = Some(turn);
                Turn::Ours
            }
            Err(TryAcquireError::NoPermits) => Turn::TooLong,
            Err(TryAcquireError::Closed) => Turn::Over,
        }
    }

    /// Waits until it is this one's turn, or until nobody needs to wait.
    pub(crate) async fn wait(&mut self, limit: Duration) -> Turn {
        let Some(flight) = &self.flight else { return Turn::Over };
        match timeout(limit, flight.clone().acquire_owned()).await {
            Ok(Ok(turn)) => {
                self.turn = Some(turn);
                Turn::Ours
            }
            Ok(Err(_closed)) => Turn::Over,
            Err(_elapsed) => Turn::TooLong,
        }
    }

    /// Lets everybody go who waits: there is an answer, or there will be none to share.
    pub(crate) fn end(self) {
        let mut part = self.flights.lock(&self.name);
        let Some(flight) = &self.flight else { return };
        if part.get(&self.name).is_some_and(|known| Arc::ptr_eq(known, flight)) {
            part.remove(&self.name);
        }
        drop(part);
        flight.close();
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // The turn goes to whoever waits; with nobody left the entry goes, too.
        self.turn = None;
        let mut part = self.flights.lock(&self.name);
        let flight = self.flight.take();
        let is_last = flight.is_some_and(|flight| {
            let is_known = part.get(&self.name).is_some_and(|known| Arc::ptr_eq(known, &flight));
            // The table's and this one's.
            is_known && Arc::strong_count(&flight) == 2
        });
        if is_last {
            part.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::task::JoinSet;

    use super::super::name::AnswerName;
    use super::{Flights, Turn};

    const LONG: Duration = Duration::from_secs(600);

    fn name() -> AnswerName {
        AnswerName::of_test(7)
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_asks_and_all_others_go_when_there_is_an_answer() {
        let flights = Arc::new(Flights::default());
        let mut first = flights.seat(name());
        assert_eq!(first.try_turn(), Turn::Ours);
        let mut others = JoinSet::new();
        for _ in 0..1000 {
            let mut seat = flights.seat(name());
            assert_eq!(seat.try_turn(), Turn::TooLong);
            others.spawn(async move { seat.wait(LONG).await });
        }
        tokio::task::yield_now().await;
        first.end();
        let ends: Vec<Turn> = others.join_all().await;
        assert!(ends.len() == 1000 && ends.iter().all(|end| *end == Turn::Over));
        assert_eq!(flights.len(), 0);
        // Whoever comes later asks anew.
        assert_eq!(flights.seat(name()).try_turn(), Turn::Ours);
        assert_eq!(flights.len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_fails_passes_the_turn_on_to_one_only() {
        let flights = Arc::new(Flights::default());
        let mut first = flights.seat(name());
        assert_eq!(first.try_turn(), Turn::Ours);
        let (mut second, mut third) = (flights.seat(name()), flights.seat(name()));
        drop(first);
        assert_eq!(second.wait(LONG).await, Turn::Ours);
        assert_eq!(third.wait(Duration::from_secs(1)).await, Turn::TooLong);
        drop((second, third));
        assert_eq!(flights.len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_leaves_while_he_waits_takes_no_turn_with_him() {
        let flights = Arc::new(Flights::default());
        let mut first = flights.seat(name());
        assert_eq!(first.try_turn(), Turn::Ours);
        let mut leaving = flights.seat(name());
        let waiting = tokio::time::timeout(Duration::from_millis(5), leaving.wait(LONG)).await;
        assert!(waiting.is_err());
        drop(leaving);
        drop(first);
        assert_eq!(flights.len(), 0);
        assert_eq!(flights.seat(name()).try_turn(), Turn::Ours);
    }
}
