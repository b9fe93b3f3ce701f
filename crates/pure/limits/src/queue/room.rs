//! All who wait at limits, whichever these are: so many in all, and so many of one organisation. Where it is full, who has less
//! than an equal share of it gets the place of who has most: of organisations in all, of keys within one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};

use domain::OrganisationId;

use super::bell::Bell;

/// How many may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomSize {
    /// In all.
    pub all: usize,
    /// Of one organisation.
    pub organisation: usize,
}

/// What is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomFull {
    /// The whole of it.
    All,
    /// What one organisation may have of it.
    Organisation,
}

/// Those who wait.
#[derive(Debug, Default)]
pub struct Room {
    waiting: AtomicUsize,
    state: Mutex<State>,
}

/// A place in the room. Dropping it gives it up.
#[derive(Debug)]
pub struct Seat {
    room: Arc<Room>,
    organisation: OrganisationId,
    key: u64,
    chair: Arc<Chair>,
}

/// What tells one who waits that another has his place.
#[derive(Debug, Default)]
struct Chair {
    /// What was full then.
    taken_for: OnceLock<RoomFull>,
    bell: Bell,
}

#[derive(Debug, Default)]
struct State {
    count: usize,
    organisations: HashMap<OrganisationId, Group>,
}

/// Those of one organisation, by their keys; the newest of each last.
#[derive(Debug, Default)]
struct Group {
    count: usize,
    keys: HashMap<u64, Vec<Arc<Chair>>>,
}

impl Room {
    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// One more who waits, of a key of an organisation; or what is full.
    pub fn enter(
        self: &Arc<Self>,
        organisation: &OrganisationId,
        key: u64,
        size: RoomSize,
    ) -> Result<Seat, RoomFull> {
        let mut state = self.state();
        state.make_room(organisation, key, size)?;
        let chair = Arc::<Chair>::default();
        state.add(organisation, key, Arc::clone(&chair));
        self.waiting.store(state.count, Ordering::Relaxed);
        drop(state);
        Ok(Seat { room: Arc::clone(self), organisation: organisation.clone(), key, chair })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is whole: whoever panicked beside one has left it sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// What was full when another got his place, if one did.
    pub fn taken_for(&self) -> Option<RoomFull> {
        self.chair.taken_for.get().copied()
    }

    /// Ready once another has his place.
    pub fn poll_taken(&self, cx: &Context<'_>) -> Poll<()> {
        self.chair.bell.wakes(cx.waker());
        if self.taken_for().is_some() { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.room.state();
        state.leave(&self.organisation, self.key, &self.chair);
        self.room.waiting.store(state.count, Ordering::Relaxed);
    }
}

impl State {
    /// Sends somebody away if that is what it takes.
    fn make_room(&mut self, organisation: &OrganisationId, key: u64, size: RoomSize) -> Result<(), RoomFull> {
        let own = self.organisations.get(organisation).map_or(0, |group| group.count);
        if own >= size.organisation {
            let full = RoomFull::Organisation;
            let group = self.organisations.get(organisation).ok_or(full)?;
            let of_key = group.keys.get(&key).map_or(0, Vec::len);
            let most = who_has_most(group.of_keys(), group.count, of_key).ok_or(full)?;
            self.send_away(organisation, most, full);
        } else if self.count >= size.all {
            let full = RoomFull::All;
            let counts = self.organisations.iter().map(|(id, group)| (id, group.count));
            let from = who_has_most(counts, self.count, own).ok_or(full)?.clone();
            let keys = self.organisations.get(&from).into_iter().flat_map(Group::of_keys);
            let (most, _) = keys.max_by_key(|(_, count)| *count).ok_or(full)?;
            self.send_away(&from, most, full);
        }
        Ok(())
    }

    fn add(&mut self, organisation: &OrganisationId, key: u64, chair: Arc<Chair>) {
        let group = self.organisations.entry(organisation.clone()).or_default();
        group.keys.entry(key).or_default().push(chair);
        group.count += 1;
        self.count += 1;
    }

    /// The newest of a key goes.
    fn send_away(&mut self, organisation: &OrganisationId, key: u64, full: RoomFull) {
        if let Some(chair) = self.remove(organisation, key, |chairs| chairs.len().checked_sub(1)) {
            chair.take_for(full);
        }
    }

    /// Who was sent away is not there any more.
    fn leave(&mut self, organisation: &OrganisationId, key: u64, chair: &Arc<Chair>) {
        self.remove(organisation, key, |chairs| chairs.iter().position(|known| Arc::ptr_eq(known, chair)));
    }

    fn remove(
        &mut self,
        organisation: &OrganisationId,
        key: u64,
        place: impl FnOnce(&[Arc<Chair>]) -> Option<usize>,
    ) -> Option<Arc<Chair>> {
        let group = self.organisations.get_mut(organisation)?;
        let chairs = group.keys.get_mut(&key)?;
        let chair = chairs.remove(place(chairs)?);
        if chairs.is_empty() {
            group.keys.remove(&key);
        }
        group.count -= 1;
        if group.count == 0 {
            self.organisations.remove(organisation);
        }
        self.count -= 1;
        Some(chair)
    }
}

impl Group {
    fn of_keys(&self) -> impl ExactSizeIterator<Item = (u64, usize)> {
        self.keys.iter().map(|(key, chairs)| (*key, chairs.len()))
    }
}

impl Chair {
    fn take_for(&self, full: RoomFull) {
        let _ = self.taken_for.set(full);
        self.bell.ring();
    }
}

/// Who of these has most of `all`, where one who has `own` has less than an equal share and two less than he. Who floods has more
/// than that: he is told so without a look at all.
fn who_has_most<T>(counts: impl ExactSizeIterator<Item = (T, usize)>, all: usize, own: usize) -> Option<T> {
    if own > 0 && own.saturating_mul(counts.len()) >= all {
        return None;
    }
    let (most, count) = counts.max_by_key(|(_, count)| *count)?;
    (count > own + 1).then_some(most)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::{Context, Waker};

    use domain::OrganisationId;

    use super::{Room, RoomFull, RoomSize, Seat};

    const SIZE: RoomSize = RoomSize { all: 8, organisation: 4 };

    fn enter(room: &Arc<Room>, organisation: &str, key: u64) -> Result<Seat, RoomFull> {
        room.enter(&OrganisationId::parse(organisation).unwrap(), key, SIZE)
    }

    fn many(room: &Arc<Room>, organisation: &str, keys: &[u64]) -> Vec<Seat> {
        keys.iter().map(|key| enter(room, organisation, *key).unwrap()).collect()
    }

    fn is_called(seat: &Seat) -> bool {
        seat.poll_taken(&Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn whoever_leaves_makes_room() {
        let room = Arc::default();
        let mut seats = many(&room, "org_a", &[1, 1, 1, 1]);
        assert_eq!(enter(&room, "org_a", 1).unwrap_err(), RoomFull::Organisation);
        seats.extend(many(&room, "org_b", &[2, 2, 2, 2]));
        assert_eq!(room.waiting(), 8);
        seats.remove(0);
        assert_eq!(room.waiting(), 7);
        seats.push(enter(&room, "org_a", 1).unwrap());
        drop(seats);
        assert_eq!(room.waiting(), 0);
        assert!(room.state().organisations.is_empty(), "nothing is kept of who is gone");
    }

    #[test]
    fn within_an_organisation_the_newest_of_the_key_with_most_goes_for_another_key() {
        let room = Arc::default();
        let seats = many(&room, "org_a", &[1, 1, 1, 1]);
        let other = enter(&room, "org_a", 2).unwrap();
        let taken: Vec<_> = seats.iter().map(Seat::taken_for).collect();
        assert_eq!(taken, [None, None, None, Some(RoomFull::Organisation)]);
        assert!(is_called(&seats[3]) && !is_called(&seats[2]) && !is_called(&other));
        assert_eq!(room.waiting(), 4);
        let second = enter(&room, "org_a", 2).unwrap();
        assert_eq!(seats[2].taken_for(), Some(RoomFull::Organisation));
        assert_eq!(enter(&room, "org_a", 2).unwrap_err(), RoomFull::Organisation, "both have two");
        assert_eq!(enter(&room, "org_a", 1).unwrap_err(), RoomFull::Organisation);
        drop(seats);
        assert_eq!(room.waiting(), 2, "who was sent away takes nothing along");
        drop((other, second));
    }

    #[test]
    fn among_organisations_the_one_with_most_makes_room_for_one_with_less_than_its_share() {
        let room = Arc::default();
        let (first, second) = (many(&room, "org_a", &[1, 2, 3, 4]), many(&room, "org_b", &[5, 5, 5]));
        let third = many(&room, "org_c", &[6]);
        assert_eq!(room.waiting(), 8);
        let late = many(&room, "org_c", &[6]);
        let taken = first.iter().chain(&second).filter_map(Seat::taken_for);
        assert_eq!(taken.collect::<Vec<_>>(), [RoomFull::All]);
        assert_eq!((room.waiting(), late[0].taken_for()), (8, None));
        assert_eq!(enter(&room, "org_c", 6).unwrap_err(), RoomFull::All, "nobody has two more than it");
        assert_eq!(enter(&room, "org_d", 7).unwrap().taken_for(), None);
        drop((first, second, third, late));
        assert_eq!(room.waiting(), 0);
    }

    #[test]
    fn where_nobody_may_wait_nobody_does() {
        let room = Arc::<Room>::default();
        let id = OrganisationId::parse("org_a").unwrap();
        let none = |all, organisation| room.enter(&id, 1, RoomSize { all, organisation }).unwrap_err();
        assert_eq!(none(0, 4), RoomFull::All);
        assert_eq!(none(4, 0), RoomFull::Organisation);
        assert_eq!(room.waiting(), 0);
    }
}
