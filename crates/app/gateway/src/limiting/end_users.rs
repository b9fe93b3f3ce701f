//! What end users have used lately. Their names come from callers: so many are remembered, and those who are idle are forgotten
//! first.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use domain::ProjectId;
use limits::Tick;
use limits::rate::{Cell, Terms, Whose};

/// Parts of the table, so that workers seldom wait for each other.
const SHARDS: usize = 16;
/// Most that are remembered in each part.
const USERS_PER_SHARD_MAX: usize = 6_250;
/// Longest name of one that is told; what is longer is cut.
const NAME_CHARS_TOLD: usize = 64;

type Shard = HashMap<u64, Arc<[Arc<Cell>]>>;

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
        if let Some(known) = shard.get(&hash) {
            return Arc::clone(known);
        }
        if shard.len() >= USERS_PER_SHARD_MAX {
            shard.retain(|_, cells| !cells.iter().all(|cell| cell.is_idle(now)));
        }
        if shard.len() >= USERS_PER_SHARD_MAX
            && let Some(some) = shard.keys().next().copied()
        {
            // All are busy: one of them begins anew, which is better than no end.
            shard.remove(&some);
        }
        let told: String = name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_TOLD).collect();
        let whose = Arc::new(Whose::EndUser(told.into()));
        let cells: Arc<[Arc<Cell>]> = Cell::all(&whose, (terms, "configuration"), &[]).into();
        shard.insert(hash, Arc::clone(&cells));
        cells
    }

    /// Begins anew, as other limits hold.
    pub(super) fn forget(&self) {
        for shard in &self.shards {
            shard.lock().unwrap_or_else(PoisonError::into_inner).clear();
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
        let known: usize = users.shards.iter().map(|shard| shard.lock().unwrap().len()).sum();
        assert!(known <= SHARDS * USERS_PER_SHARD_MAX, "{known}");
    }
}
