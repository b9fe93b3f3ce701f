//! What many keys have alike is in memory once: whose they are, what they are for.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::{OrganisationId, ProjectId};

use super::entry::KeyOwner;
use super::plan::PlanName;
use super::scopes::KeyScopes;
use super::tags::KeyTags;

/// So many different scopes, plans or sets of tags are known again; keys with others have them for themselves.
const SHARED_SCOPES_MAX: usize = 10_000;

/// Values that are shared.
#[derive(Debug, Default)]
pub(super) struct Sharing {
    owners: HashMap<ProjectId, Arc<KeyOwner>>,
    scopes: HashSet<Arc<KeyScopes>>,
    plans: HashMap<PlanName, Arc<PlanName>>,
    tags: HashSet<Arc<KeyTags>>,
    /// Also of organisations without keys: one may be made.
    suspended: HashSet<OrganisationId>,
    archived: HashSet<ProjectId>,
}

impl Sharing {
    pub(super) fn owner(&mut self, organisation: &OrganisationId, project: &ProjectId) -> Arc<KeyOwner> {
        if let Some(known) = self.owners.get(project).filter(|known| known.organisation == *organisation) {
            return Arc::clone(known);
        }
        let made = Arc::new(KeyOwner {
            organisation: organisation.clone(),
            project: project.clone(),
            is_suspended: AtomicBool::new(self.rests(organisation, project)),
        });
        self.owners.insert(project.clone(), Arc::clone(&made));
        made
    }

    /// From this moment an organisation's keys are refused, or not any more.
    pub(super) fn suspend(&mut self, organisation: &OrganisationId, is_suspended: bool) {
        if is_suspended {
            self.suspended.insert(organisation.clone());
        } else {
            self.suspended.remove(organisation);
        }
        for owner in self.owners.values().filter(|owner| owner.organisation == *organisation) {
            owner.is_suspended.store(self.rests(organisation, &owner.project), Ordering::Relaxed);
        }
    }

    /// From this moment a project's keys are refused, also one that is being made.
    pub(super) fn archive(&mut self, project: &ProjectId) {
        self.archived.insert(project.clone());
        if let Some(owner) = self.owners.get(project) {
            owner.is_suspended.store(true, Ordering::Relaxed);
        }
    }

    fn rests(&self, organisation: &OrganisationId, project: &ProjectId) -> bool {
        self.suspended.contains(organisation) || self.archived.contains(project)
    }

    /// The usual one is nothing. Few others are ever named.
    pub(super) fn plan(&mut self, plan: &PlanName) -> Option<Arc<PlanName>> {
        if plan.is_usual() {
            return None;
        }
        if self.plans.len() >= SHARED_SCOPES_MAX {
            self.plans.retain(|_, plan| Arc::strong_count(plan) > 1);
        }
        Some(Arc::clone(self.plans.entry(plan.clone()).or_insert_with(|| Arc::new(plan.clone()))))
    }

    /// None are for everything.
    pub(super) fn scopes(&mut self, scopes: &KeyScopes) -> Option<Arc<KeyScopes>> {
        if scopes.are_any() {
            return None;
        }
        Some(shared(&mut self.scopes, scopes))
    }

    /// Most keys have none.
    pub(super) fn tags(&mut self, tags: &KeyTags) -> Option<Arc<KeyTags>> {
        (!tags.is_empty()).then(|| shared(&mut self.tags, tags))
    }
}

/// The value as it is known already, or from now on.
fn shared<T: Clone + Eq + Hash>(known: &mut HashSet<Arc<T>>, value: &T) -> Arc<T> {
    if let Some(known) = known.get(value) {
        return Arc::clone(known);
    }
    let made = Arc::new(value.clone());
    if known.len() >= SHARED_SCOPES_MAX {
        known.retain(|value| Arc::strong_count(value) > 1);
    }
    if known.len() < SHARED_SCOPES_MAX {
        known.insert(Arc::clone(&made));
    }
    made
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::{OrganisationId, ProjectId};

    use super::{SHARED_SCOPES_MAX, Sharing};
    use crate::keys::models::KeyModels;
    use crate::keys::scopes::KeyScopes;

    fn scopes(model: usize) -> KeyScopes {
        KeyScopes { models: KeyModels::only([format!("m{model}")]).unwrap(), ..KeyScopes::ANY }
    }

    #[test]
    fn what_is_alike_is_there_once() {
        let mut sharing = Sharing::default();
        let (organisation, project) = (OrganisationId::implicit(), ProjectId::implicit());
        let first = sharing.owner(&organisation, &project);
        assert!(Arc::ptr_eq(&first, &sharing.owner(&organisation, &project)));
        let (first, other) = (sharing.scopes(&scopes(1)).unwrap(), sharing.scopes(&scopes(2)).unwrap());
        assert!(Arc::ptr_eq(&first, &sharing.scopes(&scopes(1)).unwrap()));
        assert!(!Arc::ptr_eq(&first, &other));
        assert_eq!(sharing.scopes(&KeyScopes::ANY), None);
    }

    #[test]
    fn what_nobody_has_any_more_makes_room() {
        let mut sharing = Sharing::default();
        let kept = sharing.scopes(&scopes(0)).unwrap();
        for number in 1..=SHARED_SCOPES_MAX {
            drop(sharing.scopes(&scopes(number)));
        }
        assert_eq!(sharing.scopes.len(), 2);
        assert!(Arc::ptr_eq(&kept, &sharing.scopes(&scopes(0)).unwrap()));
    }
}
