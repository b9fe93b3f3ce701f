//! Many keys at once: all of them, or none and what is wrong with each.

use std::collections::{BTreeMap, HashMap};

use domain::{OrganisationId, ProjectId};
use serde_json::json;

use super::find::{by_digest, live_id_by_name, organisation_of};
use super::row;
use crate::audit::{self, NewAuditEntry};
use crate::budgets::store_new;
use crate::database::{Database, Transaction};
use crate::keys::contract::{Asker, CallerKey, ImportFlaw, Importing, KeyImport, KeyToStore};
use crate::tenancy::Deed;

/// So many of the keys are told to the audit one by one.
const KEYS_TOLD_MAX: usize = 100;

pub(super) async fn all_or_none(
    store: &Database,
    import: &KeyImport,
    by: &Asker,
) -> Result<Importing, sqlx::Error> {
    let mut transaction = store.begin().await?;
    let mut projects = HashMap::new();
    let (mut stored, mut flaws) = (Vec::with_capacity(import.keys.len()), Vec::new());
    for (place, wish) in import.keys.iter().enumerate() {
        match one(&mut transaction, wish, &mut projects, by).await? {
            Ok(key) => stored.push(key),
            Err(flaw) => flaws.push((place, flaw)),
        }
    }
    if !flaws.is_empty() {
        return Ok(Importing::Refused(flaws));
    }
    if !import.is_dry {
        note(&mut transaction, import, &stored, by).await?;
        let reason = import.source.clone();
        let deed = Deed { who: by.who.clone(), user: None, at: import.at, reason };
        store_new(&mut transaction, import.budgets_of(&stored), &deed).await?;
        transaction.commit().await?;
    }
    Ok(Importing::Stored(stored))
}

/// Stores one, for as long as the transaction lasts.
async fn one(
    transaction: &mut Transaction,
    wish: &KeyToStore,
    projects: &mut HashMap<ProjectId, Option<OrganisationId>>,
    by: &Asker,
) -> Result<Result<CallerKey, ImportFlaw>, sqlx::Error> {
    let mut key = wish.key.clone();
    let organisation = match projects.get(&key.project) {
        Some(known) => known.clone(),
        None => {
            let found = organisation_of(transaction, &key.project, &by.reach).await?;
            projects.insert(key.project.clone(), found.clone());
            found
        }
    };
    let Some(organisation) = organisation else { return Ok(Err(ImportFlaw::UnknownProject(key.project))) };
    key.organisation = organisation;
    if let Some(also) = &wish.also
        && let Some(found) = by_digest(transaction, also).await?
    {
        return Ok(Err(same(&found, by)));
    }
    if row::insert(transaction, &key).await? {
        return Ok(Ok(key));
    }
    // Asked only now: most keys of most imports are new.
    if let Some(found) = by_digest(transaction, &key.digest).await? {
        return Ok(Err(same(&found, by)));
    }
    let named = live_id_by_name(transaction, &key.project, &key.name).await?;
    Ok(Err(named.map_or(ImportFlaw::SameKey(None), ImportFlaw::NameTaken)))
}

fn same(found: &CallerKey, by: &Asker) -> ImportFlaw {
    ImportFlaw::SameKey(by.reach.holds(&found.organisation).then(|| found.id.clone()))
}

/// One entry for each organisation that got keys.
async fn note(
    transaction: &mut Transaction,
    import: &KeyImport,
    stored: &[CallerKey],
    by: &Asker,
) -> Result<(), sqlx::Error> {
    let mut by_organisation: BTreeMap<&OrganisationId, Vec<&CallerKey>> = BTreeMap::new();
    for key in stored {
        by_organisation.entry(&key.organisation).or_default().push(key);
    }
    for (organisation, keys) in by_organisation {
        let told: Vec<_> = keys.iter().take(KEYS_TOLD_MAX).map(|key| key.json(import.at)).collect();
        let ends = keys.first().zip(keys.last()).map(|(first, last)| (first.id.as_str(), last.id.as_str()));
        let entry = NewAuditEntry {
            at: import.at,
            actor: by.who.actor,
            by: by.who.by.clone(),
            action: "key.import",
            subject: format!("{} keys", keys.len()),
            organisation: Some(organisation.clone()),
            before: "null".to_owned(),
            after: json!({ "source": import.source, "first_and_last": ends, "keys": told }).to_string(),
            reason: String::new(),
            request_id: by.who.request_id.clone(),
        };
        audit::write(transaction, &entry).await?;
    }
    Ok(())
}
