//! Which budgets a key's calls count for, found in memory. Immutable: a change puts another in its place.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{KeyId, OrganisationId, ProjectId};
use limits::budget::{RuleId, Scope};

use super::cell::BudgetCell;
use crate::keys::KeyEntry;

/// Every budget, by whose calls it is for.
#[derive(Debug, Default)]
pub struct Budgets {
    /// In the order of their numbers.
    all: Vec<Arc<BudgetCell>>,
    of_keys: HashMap<KeyId, Vec<Arc<BudgetCell>>>,
    of_projects: HashMap<ProjectId, Vec<Arc<BudgetCell>>>,
    of_organisations: HashMap<OrganisationId, Vec<Arc<BudgetCell>>>,
}

impl Budgets {
    pub(super) fn of_cells(mut all: Vec<Arc<BudgetCell>>) -> Self {
        all.sort_by_key(|cell| cell.entry.rule.id);
        let mut budgets = Self::default();
        for cell in &all {
            match &cell.entry.rule.scope {
                Scope::Key(_) => {
                    for key in &cell.keys {
                        budgets.of_keys.entry(key.clone()).or_default().push(Arc::clone(cell));
                    }
                }
                Scope::Project(project) => {
                    budgets.of_projects.entry(project.clone()).or_default().push(Arc::clone(cell));
                }
                Scope::Organisation(organisation) => {
                    budgets.of_organisations.entry(organisation.clone()).or_default().push(Arc::clone(cell));
                }
            }
        }
        Self { all, ..budgets }
    }

    /// Those that a key's calls count for: its own, its project's and its organisation's. One branch where there are none at all.
    pub fn of(&self, key: &KeyEntry) -> Vec<Arc<BudgetCell>> {
        if self.all.is_empty() {
            return Vec::new();
        }
        let found = [
            self.of_keys.get(&key.id),
            self.of_projects.get(key.project()),
            self.of_organisations.get(key.organisation()),
        ];
        found.into_iter().flatten().flatten().map(Arc::clone).collect()
    }

    /// Every one, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<BudgetCell>> {
        self.all.iter()
    }

    /// One, by its number.
    pub fn find(&self, number: RuleId) -> Option<&Arc<BudgetCell>> {
        let at = self.all.binary_search_by_key(&number, |cell| cell.entry.rule.id).ok()?;
        self.all.get(at)
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The same with one more, or in the place of the one with its number.
    pub(super) fn with(&self, cell: BudgetCell) -> Self {
        let others = self.all.iter().filter(|it| it.entry.rule.id != cell.entry.rule.id).map(Arc::clone);
        let mut all: Vec<_> = others.collect();
        all.push(Arc::new(cell));
        Self::of_cells(all)
    }

    /// The same with more, whose numbers are new.
    pub(super) fn with_more(&self, more: impl Iterator<Item = BudgetCell>) -> Self {
        Self::of_cells(self.all.iter().map(Arc::clone).chain(more.map(Arc::new)).collect())
    }

    /// The same without one.
    pub(super) fn without(&self, number: RuleId) -> Self {
        Self::of_cells(self.all.iter().filter(|it| it.entry.rule.id != number).map(Arc::clone).collect())
    }
}
