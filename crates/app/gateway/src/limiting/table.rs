//! All limits of one generation, by whose they are. Immutable: a change of any puts another in its place, which goes on with what
//! was taken of each.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;

use config::{PLAN_DEFAULT, Plan, Rates};
use domain::{KeyId, OrganisationId, ProjectId};
use limits::budget::Scope;
use limits::rate::{Cell, FOLLOWED_MAX, OnLimit, Resolved, Terms, Whose};
use store::{KeyEntry, LimitEntry, LimitRows, PLAN_NONE, Says};

use crate::serving::ServedProvider;

/// What a limit says of who has set it.
const BY_OPERATOR: &str = "operator";

/// All limits.
#[derive(Debug, Default)]
pub(super) struct LimitTable {
    /// Never 0.
    generation: u64,
    of_keys: HashMap<KeyId, ScopeCells>,
    of_projects: HashMap<ProjectId, ScopeCells>,
    of_organisations: HashMap<OrganisationId, ScopeCells>,
    of_models: HashMap<String, Vec<Arc<Cell>>>,
    /// Of each credential of a provider, in their order.
    of_credentials: HashMap<String, Vec<Vec<Arc<Cell>>>>,
    plans: HashMap<String, Plan>,
    /// The same as long as it says the same.
    pub(super) end_users: Option<Arc<Terms>>,
    turns: RandomState,
}

/// Limits of one key, project or organisation.
#[derive(Clone, Debug, Default)]
struct ScopeCells {
    cells: Vec<Arc<Cell>>,
    /// Of a key: those of the keys that it has followed, and how many turns ago each was.
    followed: Vec<(usize, Arc<Cell>)>,
    is_batch: bool,
}

impl ScopeCells {
    /// Whether it is in the place of the usual plan. What only warns lets everything through, and what an organisation sets is
    /// beside the operator's: nobody leaves that plan by himself.
    fn replaces_usual(&self) -> bool {
        let followed = self.followed.iter().map(|(_, cell)| cell);
        self.cells
            .iter()
            .chain(followed)
            .any(|cell| cell.set_by == BY_OPERATOR && !matches!(cell.on_limit, OnLimit::Warn))
    }
}

impl LimitTable {
    /// What the store and the configuration say, after what was said before.
    pub(super) fn of(
        generation: u64,
        rows: &LimitRows,
        (rates, credentials): (&Rates, &[(String, usize)]),
        before: &Self,
    ) -> Self {
        let plans: HashMap<String, Plan> =
            rates.plans.iter().map(|plan| (plan.name.clone(), plan.clone())).collect();
        let mut table = Self {
            generation,
            plans,
            end_users: said_again(rates.end_users.as_ref(), before.end_users.as_ref()),
            turns: before.turns.clone(),
            ..Self::default()
        };
        for entry in rows.iter() {
            table.add(entry, before);
        }
        for (key, scope) in table.of_keys.clone() {
            for (nth, follower) in rows.followers(&key).iter().enumerate() {
                // Both go on with the same.
                let cells = scope.cells.iter().map(|cell| (nth, Arc::clone(cell)));
                table.of_keys.entry(follower.clone()).or_default().followed.extend(cells);
            }
        }
        for (model, terms) in &rates.models {
            let whose = Arc::new(Whose::Model(model.as_str().into()));
            let known = before.of_models.get(model).map_or(&[][..], Vec::as_slice);
            table.of_models.insert(model.clone(), Cell::all(&whose, (terms, "configuration"), known));
        }
        for (id, terms) in &rates.credentials {
            let count = credentials.iter().find(|(known, _)| known == id).map_or(0, |(_, count)| *count);
            let known = before.of_credentials.get(id).map_or(&[][..], Vec::as_slice);
            let cells = (0..count).map(|place| {
                let whose = Whose::Credential { provider: id.as_str().into(), number: place + 1 };
                let known = known.get(place).map_or(&[][..], Vec::as_slice);
                Cell::all(&Arc::new(whose), (terms, "configuration"), known)
            });
            table.of_credentials.insert(id.clone(), cells.collect());
        }
        table
    }

    fn add(&mut self, entry: &LimitEntry, before: &Self) {
        let (said, set_by, is_batch) = match &entry.says {
            Says::Limits(terms) => {
                (terms.clone(), if entry.is_operators { BY_OPERATOR } else { "organisation" }, false)
            }
            Says::Plan(plan) => {
                let Some(plan) = self.plan(plan.as_str()) else { return };
                (plan.terms.clone(), "plan", plan.is_batch)
            }
        };
        let said = (&said, set_by);
        match &entry.scope {
            Scope::Key(id) => {
                let whose = Whose::Key(id.clone());
                add(&mut self.of_keys, id, whose, (said, is_batch), &before.of_keys);
            }
            Scope::Project(id) => {
                let whose = Whose::Project(id.clone());
                add(&mut self.of_projects, id, whose, (said, is_batch), &before.of_projects);
            }
            Scope::Organisation(id) => {
                let whose = Whose::Organisation(id.clone());
                add(&mut self.of_organisations, id, whose, (said, is_batch), &before.of_organisations);
            }
        }
    }

    /// A plan by its name; one that was taken out of the configuration is the usual one, nobody is on none by that.
    fn plan(&self, name: &str) -> Option<&Plan> {
        if name == PLAN_NONE {
            return None;
        }
        self.plans.get(name).or_else(|| self.plans.get(PLAN_DEFAULT))
    }

    /// All that a key's calls count for: found once, and kept with the key. Who finds it tells of what there is no room for.
    pub(super) fn resolve(&self, key: &KeyEntry, tell_left_out: impl FnOnce(&[Arc<Cell>])) -> Arc<Resolved> {
        let place = &key.counters().limits;
        let known = place.load();
        if let Some(found) = known.as_ref().filter(|found| found.generation == self.generation) {
            return Arc::clone(found);
        }
        let (found, left_out) = self.found(key, known.as_deref());
        let found = Arc::new(found);
        if !left_out.is_empty() {
            tell_left_out(&left_out);
        }
        let was = place.compare_and_swap(&known, Some(Arc::clone(&found)));
        // Somebody else may have found it meanwhile: all go on with his.
        match was.as_ref().filter(|was| was.generation == self.generation) {
            Some(his) => Arc::clone(his),
            None => found,
        }
    }

    /// What is found for a key, and those limits for which there is no room.
    fn found(&self, key: &KeyEntry, known: Option<&Resolved>) -> (Resolved, Vec<Arc<Cell>>) {
        let explicit = self.of_keys.get(&key.id);
        let plan = match key.plan() {
            Some(named) => self.plan(named.as_str()),
            // What the operator says of the key itself is in the place of what is usual.
            None if explicit.is_some_and(ScopeCells::replaces_usual) => None,
            None => self.plan(PLAN_DEFAULT),
        };
        let own = plan.map_or_else(Vec::new, |plan| {
            let whose = Arc::new(Whose::Key(key.id.clone()));
            Cell::all(&whose, (&plan.terms, "plan"), known.map_or(&[], |known| &known.own))
        });
        let shared = [self.of_organisations.get(key.organisation()), self.of_projects.get(key.project())];
        let shared = || shared.iter().flatten().copied();
        let cells = shared().flat_map(|scope| &scope.cells).chain(&own);
        let all = cells.chain(explicit.iter().flat_map(|scope| &scope.cells)).map(Arc::clone).collect();
        let mut followed = explicit.map_or_else(Vec::new, |scope| scope.followed.clone());
        followed.sort_by_key(|(ago, _)| *ago);
        let mut followed: Vec<_> = followed.into_iter().map(|(_, cell)| cell).collect();
        let left_out = followed.split_off(followed.len().min(FOLLOWED_MAX));
        let is_batch =
            plan.is_some_and(|plan| plan.is_batch) || shared().chain(explicit).any(|scope| scope.is_batch);
        let turn = self.turns.hash_one(&key.id);
        (Resolved { generation: self.generation, own, all, followed, turn, is_batch }, left_out)
    }

    /// Those that are said of a key itself.
    pub(super) fn of_key(&self, id: &KeyId) -> &[Arc<Cell>] {
        self.of_keys.get(id).map_or(&[], |scope| &scope.cells)
    }

    /// Those of a project.
    pub(super) fn of_project(&self, id: &ProjectId) -> &[Arc<Cell>] {
        self.of_projects.get(id).map_or(&[], |scope| &scope.cells)
    }

    /// Those of an organisation.
    pub(super) fn of_organisation(&self, id: &OrganisationId) -> &[Arc<Cell>] {
        self.of_organisations.get(id).map_or(&[], |scope| &scope.cells)
    }

    /// Whether any credential is limited.
    pub(super) fn has_credentials(&self) -> bool {
        !self.of_credentials.is_empty()
    }

    /// Those of the credential that a provider is asked with by one of its lines.
    pub(super) fn of_credential(&self, provider: &ServedProvider, line: u16) -> &[Arc<Cell>] {
        let place = usize::from(line) / provider.line_count();
        self.of_credentials.get(provider.id()).and_then(|all| all.get(place)).map_or(&[], Vec::as_slice)
    }

    /// Those of all calls for a model.
    pub(super) fn of_model(&self, model: &str) -> &[Arc<Cell>] {
        if self.of_models.is_empty() {
            return &[];
        }
        self.of_models.get(model).map_or(&[], Vec::as_slice)
    }
}

/// What was said before, where the same is said again.
fn said_again(said: Option<&Terms>, before: Option<&Arc<Terms>>) -> Option<Arc<Terms>> {
    let said = said?;
    Some(before.filter(|before| ***before == *said).map_or_else(|| Arc::new(said.clone()), Arc::clone))
}

fn add<K: Clone + Eq + Hash>(
    all: &mut HashMap<K, ScopeCells>,
    id: &K,
    whose: Whose,
    (said, is_batch): ((&Terms, &'static str), bool),
    before: &HashMap<K, ScopeCells>,
) {
    let known = before.get(id).map_or(&[][..], |scope| &scope.cells);
    let scope = all.entry(id.clone()).or_default();
    scope.cells.extend(Cell::all(&Arc::new(whose), said, known));
    scope.is_batch |= is_batch;
}
