//! What end users have used lately. Their names come from callers: so many are remembered, those who are idle are forgotten first,
//! and then those of the organisation that has most of them. So whoever floods us with names loses his own.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{OrganisationId, ProjectId};
use limits::Tick;
use limits::rate::{Cell, Terms, Whose};

/// Parts of the table, so that workers seldom wait for each other. An organisation has as many of its users in each.
const SHARDS: usize = 16;
/// Most that are remembered in each part.
const USERS_PER_SHARD_MAX: usize = 6_250;
/// Longest name of one that is told; what is longer is cut.
const NAME_CHARS_TOLD: usize = 64;

/// How often the idle are looked for at most: where all are busy, every new name would look through all of them.
const SWEEP_PAUSE: Duration = Duration::from_secs(1);

/// All end users that are remembered.
#[derive(Debug, Default)]
pub(super) struct EndUsers {
    shards: [Mutex<Shard>; SHARDS],
    hashes: RandomState,
}

#[derive(Debug, Default)]
struct Shard {
    /// By their organisations.
    tenants: HashMap<u64, HashMap<u64, EndUser>>,
    /// All of them.
    count: usize,
    /// When the idle were looked for last.
    swept: Option<Tick>,
}

#[derive(Debug)]
struct EndUser {
    /// What they were made of.
    terms: Arc<Terms>,
    cells: Arc<[Arc<Cell>]>,
}

impl EndUsers {
    /// The limits of one end user of a project. Where they say something else by now, what was taken stays taken.
    pub(super) fn cells(
        &self,
        (organisation, project): (&OrganisationId, &ProjectId),
        name: &str,
        terms: &Arc<Terms>,
        now: Tick,
    ) -> Arc<[Arc<Cell>]> {
        let hash = self.hashes.hash_one((project, name));
        let tenant = self.hashes.hash_one(organisation);
        let mut shard = self.shards[hash as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = shard.tenants.get_mut(&tenant).and_then(|users| users.get_mut(&hash)) {
            if !Arc::ptr_eq(&known.terms, terms) {
                *known = EndUser::new(name, terms, &known.cells);
            }
            return Arc::clone(&known.cells);
        }
        shard.make_room(now);
        let user = EndUser::new(name, terms, &[]);
        let cells = Arc::clone(&user.cells);
        shard.tenants.entry(tenant).or_default().insert(hash, user);
        shard.count += 1;
        cells
    }

    /// Begins anew: no limits hold for them.
    pub(super) fn forget(&self) {
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            *shard = Shard { swept: shard.swept, ..Shard::default() };
        }
    }
}

impl EndUser {
    fn new(name: &str, terms: &Arc<Terms>, before: &[Arc<Cell>]) -> Self {
        let told: String = name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_TOLD).collect();
        let whose = Arc::new(Whose::EndUser(told.into()));
        let cells = Cell::all(&whose, (terms, "configuration"), before).into();
        Self { terms: Arc::clone(terms), cells }
    }

    fn is_idle(&self, now: Tick) -> bool {
        self.cells.iter().all(|cell| cell.is_idle(now))
    }
}

impl Shard {
    fn make_room(&mut self, now: Tick) {
        if self.count < USERS_PER_SHARD_MAX {
            return;
        }
        if self.swept.is_none_or(|at| now.since(at) >= SWEEP_PAUSE) {
            self.sweep(now);
        }
        if self.count >= USERS_PER_SHARD_MAX {
            self.forget_one_of_the_most();
        }
    }

    fn sweep(&mut self, now: Tick) {
        self.tenants.retain(|_, users| {
            users.retain(|_, user| !user.is_idle(now));
            !users.is_empty()
        });
        self.count = self.tenants.values().map(HashMap::len).sum();
        self.swept = Some(now);
    }

    /// All are busy: one begins anew, which is better than no end. An organisation with few of them loses none by another's many.
    fn forget_one_of_the_most(&mut self) {
        let Some(users) = self.tenants.values_mut().max_by_key(|users| users.len()) else { return };
        if let Some(some) = users.keys().next().copied() {
            users.remove(&some);
            self.count -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::{OrganisationId, ProjectId};
    use limits::Tick;
    use limits::rate::{Measure, Terms, WhenReached};

    use super::{EndUsers, SHARDS, USERS_PER_SHARD_MAX};

    const NOW: Tick = Tick(1);

    fn terms(per_minute: u64) -> Arc<Terms> {
        let amounts = [(Measure::RequestsPerMinute, per_minute)];
        Arc::new(Terms::of(amounts, None, (WhenReached::Refuse, None)).unwrap())
    }

    #[test]
    fn those_of_two_projects_are_two() {
        let (users, organisation, terms) = (EndUsers::default(), OrganisationId::implicit(), terms(1));
        let (project, other) = (ProjectId::implicit(), ProjectId::parse("proj_other").unwrap());
        let of = |project: &ProjectId| users.cells((&organisation, project), "bob", &terms, NOW);
        assert!(Arc::ptr_eq(&of(&project), &of(&project)));
        assert!(!Arc::ptr_eq(&of(&project), &of(&other)));
    }

    #[test]
    fn a_flood_of_names_is_bounded_and_makes_nobody_of_another_organisation_begin_anew() {
        let (users, terms) = (EndUsers::default(), terms(1));
        let (quiet, loud) = (OrganisationId::implicit(), OrganisationId::parse("org_loud").unwrap());
        let (project, other) = (ProjectId::implicit(), ProjectId::parse("proj_loud").unwrap());
        let quiet_names: Vec<_> = (0..100).map(|number| format!("quiet {number}")).collect();
        let of_quiet = |name: &str| users.cells((&quiet, &project), name, &terms, NOW);
        for name in &quiet_names {
            of_quiet(name)[0].take(1, NOW).unwrap();
        }
        for number in 0..2 * SHARDS * USERS_PER_SHARD_MAX {
            let cells = users.cells((&loud, &other), &format!("user {number}"), &terms, NOW);
            cells[0].take(1, NOW).unwrap();
        }
        let known: usize = users.shards.iter().map(|shard| shard.lock().unwrap().count).sum();
        assert_eq!(known, SHARDS * USERS_PER_SHARD_MAX);
        for name in &quiet_names {
            of_quiet(name)[0].take(1, NOW).expect_err("what was taken stays taken");
        }
    }

    #[test]
    fn other_terms_keep_what_was_taken_whoever_of_two_comes_with_the_old_ones() {
        let (users, organisation, project) =
            (EndUsers::default(), OrganisationId::implicit(), ProjectId::implicit());
        let (old, new) = (terms(2), terms(4));
        let of = |terms: &Arc<Terms>| users.cells((&organisation, &project), "bob", terms, NOW);
        of(&old)[0].take(1, NOW).unwrap();
        assert_eq!(of(&new)[0].amount, 4);
        of(&new)[0].take(1, NOW).unwrap();
        of(&new)[0].take(1, NOW).unwrap_err();
        // A call that began before the change looks them up behind it.
        assert_eq!(of(&old)[0].amount, 2);
        of(&old)[0].take(1, NOW).unwrap_err();
        assert_eq!(of(&new)[0].amount, 4);
        of(&new)[0].take(1, NOW).unwrap_err();
    }
}
