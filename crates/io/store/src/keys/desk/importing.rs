//! Taking keys over from elsewhere: all of them or none, and every problem at once.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::{KeyId, OrganisationId, Timestamp};

use super::{KeyDesk, checked_expiry, checked_name, hint};
use crate::budgets::{BudgetDesk, BudgetError, KeyBudget, TakingIn};
use crate::hex::hex;
use crate::keys::contract::{Asker, CallerKey, ImportFlaw, Importing, KeyImport, KeyToStore};
use crate::keys::desk::error::KeyError;
use crate::keys::desk::wish::{ForeignKey, ForeignSecret, RowProblem};
use crate::keys::digest::{DigestOf, KeyDigest, KeyHasher};
use crate::keys::entry::KeyEntry;
use crate::random::entropy;
use crate::tenancy::Reach;

/// Shown for a key of which only a digest is known.
const HINT_OF_DIGEST: &str = "sha256:";

impl KeyDesk {
    /// Takes keys over that have no budgets. They open what they are for when this returns, unless it was only tried.
    pub async fn import(
        &self,
        keys: Vec<ForeignKey>,
        (source, is_dry): (&str, bool),
        by: &Asker,
        now: Timestamp,
    ) -> Result<Vec<CallerKey>, KeyError> {
        self.take_over(keys, (source, is_dry), by, (now, None)).await
    }

    /// The same of keys that may have budgets, which are the operator's and hold before any of the keys is open.
    pub async fn import_with_budgets(
        &self,
        keys: Vec<ForeignKey>,
        (source, is_dry): (&str, bool),
        by: &Asker,
        (now, budgets): (Timestamp, &BudgetDesk),
    ) -> Result<Vec<CallerKey>, KeyError> {
        let more = keys.iter().filter(|key| key.budget.is_some()).count();
        let taking_in = if more == 0 { None } else { Some(budgets.taking_in(more).await?) };
        self.take_over(keys, (source, is_dry), by, (now, taking_in)).await
    }

    async fn take_over(
        &self,
        keys: Vec<ForeignKey>,
        (source, is_dry): (&str, bool),
        by: &Asker,
        (now, mut taking_in): (Timestamp, Option<TakingIn<'_>>),
    ) -> Result<Vec<CallerKey>, KeyError> {
        let (mut problems, mut rows) = (Vec::new(), Vec::with_capacity(keys.len()));
        let mut known: HashMap<[u8; 32], usize> = HashMap::with_capacity(keys.len());
        let mut import = KeyImport {
            keys: Vec::with_capacity(keys.len()),
            source: source.to_owned(),
            at: now,
            is_dry,
            budgets: BTreeMap::new(),
        };
        for mut key in keys {
            let (row, budget) = (key.row, key.budget.take());
            let same = known.insert(*self.sameness(&key.known), row);
            let checked = checked_budget(budget.as_ref(), taking_in.is_some());
            match (same, checked.and_then(|()| self.to_store(key, now))) {
                (Some(before), _) => {
                    problems.push(RowProblem { row, message: format!("it is the same key as row {before}") });
                }
                (None, Err(error)) => problems.push(RowProblem { row, message: error.to_string() }),
                (None, Ok(key)) => {
                    if let Some((budget, taking_in)) = budget.zip(taking_in.as_mut()) {
                        import.budgets.insert(rows.len(), taking_in.rule(&key.key.id, budget));
                    }
                    rows.push(row);
                    import.keys.push(key);
                }
            }
        }
        let _alone = self.changing.lock().await;
        // Asked also where some are wrong already: whoever mends his file wants to know all of it.
        let tried = KeyImport { is_dry: is_dry || !problems.is_empty(), ..import };
        match self.records.import(&tried, by).await? {
            Importing::Stored(stored) if problems.is_empty() => {
                if !is_dry {
                    if let Some(taking_in) = taking_in {
                        taking_in.in_force(tried.budgets_of(&stored), now);
                    }
                    self.directory.insert_all(&stored);
                }
                Ok(stored)
            }
            Importing::Stored(_) => Err(KeyError::Rows(problems)),
            Importing::Refused(flaws) => {
                let told = |(place, flaw): (usize, ImportFlaw)| RowProblem {
                    row: rows[place],
                    message: worded(&flaw, &tried.keys[place].key.name),
                };
                problems.extend(flaws.into_iter().map(told));
                problems.sort_by_key(|problem| problem.row);
                Err(KeyError::Rows(problems))
            }
        }
    }

    /// The key that one from elsewhere is here already, if whoever asks may know of it.
    pub fn known(&self, secret: &ForeignSecret, reach: &Reach) -> Option<Arc<KeyEntry>> {
        let by_hash = |hash: &[u8; 32]| self.directory.find(&self.hasher.digest_of_sha256(hash));
        let found = match secret {
            ForeignSecret::Key(key) => {
                let found = self.directory.find(&self.hasher.digest(key.expose()));
                found.or_else(|| by_hash(&KeyHasher::sha256(key.expose())))
            }
            ForeignSecret::Sha256(hash) => by_hash(hash),
        };
        found.filter(|entry| reach.holds(entry.organisation()))
    }

    /// What two rows of the same key have alike.
    fn sameness(&self, known: &ForeignSecret) -> Box<[u8; 32]> {
        Box::new(match known {
            ForeignSecret::Key(key) => KeyHasher::sha256(key.expose()),
            ForeignSecret::Sha256(hash) => *hash,
        })
    }

    fn to_store(&self, key: ForeignKey, now: Timestamp) -> Result<KeyToStore, KeyError> {
        let ForeignKey { known, wish, .. } = key;
        let name = checked_name(&wish.name)?;
        let expires_at = checked_expiry(wish.expires_at, now)?;
        let by_hash = |hash: &[u8; 32]| self.hasher.digest_of_sha256(hash);
        let (digest, digest_of, hint, also): (KeyDigest, _, _, _) = match &known {
            ForeignSecret::Key(key) if !domain::is_key_text(key.expose()) => return Err(KeyError::BadKey),
            ForeignSecret::Key(key) => {
                let also = by_hash(&KeyHasher::sha256(key.expose()));
                (self.hasher.digest(key.expose()), DigestOf::Key, hint(key.expose()), Some(also))
            }
            ForeignSecret::Sha256(hash) => {
                let hint = format!("{HINT_OF_DIGEST}{}…", hex(&hash[..4]));
                (by_hash(hash), DigestOf::Sha256, hint, None)
            }
        };
        let key = CallerKey {
            id: KeyId::new(now, entropy()),
            name,
            hint,
            digest,
            digest_of,
            created_at: now,
            expires_at,
            revoked_at: None,
            last_used_at: None,
            is_strict: wish.is_strict,
            plan: wish.plan,
            scopes: wish.scopes,
            tags: wish.tags,
            rotated_from: None,
            rotated_to: None,
            organisation: OrganisationId::implicit(),
            project: wish.project,
        };
        Ok(KeyToStore { key, also })
    }
}

/// A key is not taken over without the budget that it should have.
fn checked_budget(budget: Option<&KeyBudget>, can_be_set: bool) -> Result<(), KeyError> {
    let Some(budget) = budget else { return Ok(()) };
    budget.terms.check().map_err(BudgetError::from)?;
    if can_be_set { Ok(()) } else { Err(KeyError::NoBudgets) }
}

fn worded(flaw: &ImportFlaw, name: &str) -> String {
    match flaw {
        ImportFlaw::SameKey(Some(id)) => format!("the key is here already as {id}"),
        ImportFlaw::SameKey(None) => "the key is here already".to_owned(),
        ImportFlaw::NameTaken(id) => {
            format!("the name {name:?} is that of {id}, which is here or in a row before")
        }
        ImportFlaw::UnknownProject(project) => format!("there is no project {project} that takes keys"),
    }
}
