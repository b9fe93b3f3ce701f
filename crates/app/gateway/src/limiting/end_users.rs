//! What end users have used lately. Their names come from callers: so many are remembered, and those who are idle are forgotten
//! first.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::ProjectId;
use limits::Tick;
use limits::rate::{Cell, Terms, Whose};

/// Parts of the table, so that workers seldom wait for each other.
const SHARDS: usize = 16;
/// Most that are remembered in each part.
const USERS_PER_SHARD_MAX: usize = 6_250;
/// Longest name of one that is told; what is longer is cut.
const NAME_CHARS_TOLD: usize = 64;

/// How often the idle are looked for at most: where all are busy, every new name would look through all of them.
const SWEEP_PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
struct Shard {
    users: HashMap<u64, Arc<[Arc<Cell>]>>,
    /// When the idle were looked for last.
    swept: Option<Tick>,
}

/// All end users that are remembered.
#[derive(Debug, Default)]
pub(super) struct EndUsers {
    shards: [Mutex<Shard>; SHARDS],
    hashes: RandomState,
}

impl EndUsers {
    /// The limits of one end user of a project.
    pub(super) fn cells(
        &self,
        project: &ProjectId,
        name: &str,
        terms: &Terms,
        now: Tick,
    ) -> Arc<[Arc<Cell>]> {
        let hash = self.hashes.hash_one((project, name));
        let mut shard = self.shards[hash as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = shard.users.get(&hash) {
            return Arc::clone(known);
        }
        shard.make_room(now);
        let told: String = name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_TOLD).collect();
        let whose = Arc::new(Whose::EndUser(told.into()));
        let cells: Arc<[Arc<Cell>]> = Cell::all(&whose, (terms, "configuration"), &[]).into();
        shard.users.insert(hash, Arc::clone(&cells));
        cells
    }

    /// Begins anew, as other limits hold.
    pub(super) fn forget(&self) {
        for shard in &self.shards {
            shard.lock().unwrap_or_else(PoisonError::into_inner).users.clear();
        }
    }
}

impl Shard {
    fn make_room(&mut self, now: Tick) {
        if self.users.len() < USERS_PER_SHARD_MAX {
            return;
        }
        if self.swept.is_none_or(|at| now.since(at) >= SWEEP_PAUSE) {
            self.users.retain(|_, cells| !cells.iter().all(|cell| cell.is_idle(now)));
            self.swept = Some(now);
        }
        if self.users.len() >= USERS_PER_SHARD_MAX
            && let Some(some) = self.users.keys().next().copied()
        {
            // All are busy: one of them begins anew, which is better than no end.
            self.users.remove(&some);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::ProjectId;
    use limits::Tick;
    use limits::rate::{Measure, Terms, WhenReached};

    use super::{EndUsers, SHARDS, USERS_PER_SHARD_MAX};

    const NOW: Tick = Tick(1);

    #[test]
    fn a_flood_of_names_is_bounded_and_those_of_two_projects_are_two() {
        let (users, project) = (EndUsers::default(), ProjectId::implicit());
        let terms = Terms::of([(Measure::RequestsPerMinute, 1)], None, (WhenReached::Refuse, None)).unwrap();
        let bob = users.cells(&project, "bob", &terms, NOW);
        assert!(Arc::ptr_eq(&bob, &users.cells(&project, "bob", &terms, NOW)));
        let other = ProjectId::parse("proj_other").unwrap();
        assert!(!Arc::ptr_eq(&bob, &users.cells(&other, "bob", &terms, NOW)));
        for number in 0..2 * SHARDS * USERS_PER_SHARD_MAX {
            let cells = users.cells(&project, &format!("user {number}"), &terms, NOW);
            cells[0].take(1, NOW).unwrap();
        }
        let known: usize = users.shards.iter().map(|shard| shard.lock().unwrap().users.len()).sum();
        assert!(known <= SHARDS * USERS_PER_SHARD_MAX, "{known}");
    }
}
