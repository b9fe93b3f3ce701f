//! Callers' keys in a database.

mod find;
mod import;
mod load;
mod row;

use domain::{KeyId, OrganisationId, ProjectId, Timestamp};
use limits::rate::Terms;
use serde_json::Value;

use self::find::{SELECT, WITHIN, by_digest, by_id, live_id_by_name, organisation_of};
use super::contract::{
    Answer, Asker, CallerKey, Changing, Creation, Importing, KEYS_PER_PAGE_MAX, KeyChange, KeyFilter,
    KeyImport, KeyRecords, KeyState, KeyToStore, Revocation, Rotation, Successor, TakeKey,
};
use super::digest::DigestOf;
use super::tags::KeyTags;
use crate::audit::{self, NewAuditEntry};
use crate::database::{Database, Transaction};
use crate::error::StoreError;
use crate::rates::{LimitEntry, store_with_key};
use crate::tenancy::Reach;

impl KeyRecords for Database {
    fn create<'a>(&'a self, key: &'a KeyToStore, by: &'a Asker) -> Answer<'a, Creation> {
        Box::pin(async move {
            let (creation, _) = create(self, key, None, by).await.map_err(told("store a key"))?;
            Ok(creation)
        })
    }

    fn create_limited<'a>(
        &'a self,
        key: &'a KeyToStore,
        terms: &'a Terms,
        by: &'a Asker,
    ) -> Answer<'a, (Creation, Option<LimitEntry>)> {
        Box::pin(async move { create(self, key, Some(terms), by).await.map_err(told("store a key")) })
    }

    fn import<'a>(&'a self, import: &'a KeyImport, by: &'a Asker) -> Answer<'a, Importing> {
        Box::pin(async move { import::all_or_none(self, import, by).await.map_err(told("store keys")) })
    }

    fn revoke<'a>(&'a self, id: &'a KeyId, now: Timestamp, by: &'a Asker) -> Answer<'a, Revocation> {
        Box::pin(async move { revoke(self, id, now, by).await.map_err(told("revoke a key")) })
    }

    fn change<'a>(
        &'a self,
        id: &'a KeyId,
        change: KeyChange,
        now: Timestamp,
        by: &'a Asker,
    ) -> Answer<'a, Changing> {
        Box::pin(async move { self::change(self, id, change, now, by).await.map_err(told("change a key")) })
    }

    fn rotate<'a>(&'a self, id: &'a KeyId, successor: &'a Successor, by: &'a Asker) -> Answer<'a, Rotation> {
        Box::pin(async move { rotate(self, id, successor, by).await.map_err(told("rotate a key")) })
    }

    fn keep_uses<'a>(&'a self, uses: &'a [(&'a KeyId, Timestamp)]) -> Answer<'a, ()> {
        Box::pin(async move { keep_uses(self, uses).await.map_err(told("keep when keys were used")) })
    }

    fn load<'a>(&'a self, take: TakeKey<'a>) -> Answer<'a, ()> {
        Box::pin(async move { load::every_key(self, take).await.map_err(told("read the keys")) })
    }

    fn find<'a>(&'a self, id: &'a KeyId, reach: &'a Reach) -> Answer<'a, Option<CallerKey>> {
        Box::pin(async move {
            let find = async { by_id(&mut *self.pool.acquire().await?, id, reach).await };
            find.await.map_err(told("find a key"))
        })
    }

    fn list<'a>(
        &'a self,
        filter: &'a KeyFilter,
        after: Option<&'a KeyId>,
        count: u32,
        reach: &'a Reach,
    ) -> Answer<'a, Vec<CallerKey>> {
        Box::pin(async move { list(self, filter, after, count, reach).await.map_err(told("list the keys")) })
    }
}

async fn create(
    store: &Database,
    wish: &KeyToStore,
    terms: Option<&Terms>,
    by: &Asker,
) -> Result<(Creation, Option<LimitEntry>), sqlx::Error> {
    let mut transaction = store.begin().await?;
    let mut key = wish.key.clone();
    for digest in std::iter::once(&key.digest).chain(&wish.also) {
        if let Some(found) = by_digest(&mut transaction, digest).await? {
            let is_within = by.reach.holds(&found.organisation);
            let creation = if is_within { Creation::SameKey(Box::new(found)) } else { Creation::Elsewhere };
            return Ok((creation, None));
        }
    }
    let Some(organisation) = organisation_of(&mut transaction, &key.project, &by.reach).await? else {
        return Ok((Creation::UnknownProject, None));
    };
    key.organisation = organisation;
    if let Some(id) = live_id_by_name(&mut transaction, &key.project, &key.name).await? {
        return Ok((Creation::NameTaken(id), None));
    }
    row::insert(&mut transaction, &key).await?;
    note(&mut transaction, by, "key.create", key.created_at, (None, &key)).await?;
    let limits = match terms {
        Some(terms) => Some(store_with_key(&mut transaction, &key, terms, by).await?),
        None => None,
    };
    transaction.commit().await?;
    Ok((Creation::Stored(Box::new(key)), limits))
}

async fn revoke(store: &Database, id: &KeyId, now: Timestamp, by: &Asker) -> Result<Revocation, sqlx::Error> {
    let mut transaction = store.begin().await?;
    let Some(before) = by_id(&mut transaction, id, &by.reach).await? else { return Ok(Revocation::Unknown) };
    if before.revoked_at.is_some() {
        return Ok(Revocation::Before(Box::new(before)));
    }
    let after = CallerKey { revoked_at: Some(now), ..before.clone() };
    row::update(&mut transaction, &after).await?;
    note(&mut transaction, by, "key.revoke", now, (Some(&before), &after)).await?;
    transaction.commit().await?;
    Ok(Revocation::Revoked(Box::new(after)))
}

async fn change(
    store: &Database,
    id: &KeyId,
    change: KeyChange,
    now: Timestamp,
    by: &Asker,
) -> Result<Changing, sqlx::Error> {
    let mut transaction = store.begin().await?;
    let Some(before) = by_id(&mut transaction, id, &by.reach).await? else { return Ok(Changing::Unknown) };
    if before.revoked_at.is_some() {
        return Ok(Changing::Revoked(Box::new(before)));
    }
    let after = change.apply(before.clone());
    if after == before {
        return Ok(Changing::Changed(Box::new(after)));
    }
    if after.name != before.name
        && after.rotated_to.is_none()
        && let Some(id) = live_id_by_name(&mut transaction, &after.project, &after.name).await?
    {
        return Ok(Changing::NameTaken(id));
    }
    row::update(&mut transaction, &after).await?;
    note(&mut transaction, by, "key.change", now, (Some(&before), &after)).await?;
    transaction.commit().await?;
    Ok(Changing::Changed(Box::new(after)))
}

async fn rotate(
    store: &Database,
    id: &KeyId,
    successor: &Successor,
    by: &Asker,
) -> Result<Rotation, sqlx::Error> {
    let mut transaction = store.begin().await?;
    let Some(before) = by_id(&mut transaction, id, &by.reach).await? else { return Ok(Rotation::Unknown) };
    if before.revoked_at.is_some() {
        return Ok(Rotation::Revoked(Box::new(before)));
    }
    if before.rotated_to.is_some() {
        return Ok(Rotation::Before(Box::new(before)));
    }
    let until = before.expires_at.map_or(successor.former_until, |end| end.min(successor.former_until));
    let former =
        CallerKey { expires_at: Some(until), rotated_to: Some(successor.id.clone()), ..before.clone() };
    let made = CallerKey {
        id: successor.id.clone(),
        hint: successor.hint.clone(),
        digest: successor.digest,
        digest_of: DigestOf::Key,
        created_at: successor.created_at,
        expires_at: successor.expires_at,
        last_used_at: None,
        rotated_from: Some(before.id.clone()),
        ..before.clone()
    };
    // In this order: the name is free once its key has a successor.
    row::update(&mut transaction, &former).await?;
    row::insert(&mut transaction, &made).await?;
    let now = successor.created_at;
    note(&mut transaction, by, "key.rotate", now, (Some(&before), &former)).await?;
    note(&mut transaction, by, "key.create", now, (None, &made)).await?;
    transaction.commit().await?;
    Ok(Rotation::Rotated(Box::new(former), Box::new(made)))
}

async fn keep_uses(store: &Database, uses: &[(&KeyId, Timestamp)]) -> Result<(), sqlx::Error> {
    let mut transaction = store.begin().await?;
    for (id, at) in uses {
        sqlx::query(
            "UPDATE caller_keys SET last_used_at_ms = $1
             WHERE id = $2 AND (last_used_at_ms IS NULL OR last_used_at_ms < $1)",
        )
        .bind(at.unix_ms())
        .bind(id.as_str())
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await
}

async fn list(
    store: &Database,
    filter: &KeyFilter,
    after: Option<&KeyId>,
    count: u32,
    reach: &Reach,
) -> Result<Vec<CallerKey>, sqlx::Error> {
    const FILTERS: &str = " AND k.id > $2
        AND ($3 = '' OR p.organisation_id = $3) AND ($4 = '' OR k.project_id = $4)
        AND ($5 = '' OR replace(k.tags, $5, '') <> k.tags)
        AND ($6 = '' OR $6 = CASE WHEN k.revoked_at_ms IS NOT NULL THEN 'revoked'
            WHEN k.expires_at_ms <= $7 THEN 'expired' ELSE 'active' END)
        ORDER BY k.id LIMIT $8";
    let tag = filter.tag.as_ref().map(|(name, value)| KeyTags::line(name, value)).unwrap_or_default();
    let (state, now) =
        filter.state.map_or(("", 0), |(state, now): (KeyState, _)| (state.name(), now.unix_ms()));
    let rows = sqlx::query(sqlx::AssertSqlSafe([SELECT, WITHIN, FILTERS].concat()))
        .bind(reach.listed())
        .bind(after.map_or("", KeyId::as_str))
        .bind(filter.organisation.as_ref().map_or("", OrganisationId::as_str))
        .bind(filter.project.as_ref().map_or("", ProjectId::as_str))
        .bind(tag)
        .bind(state)
        .bind(now)
        .bind(i64::from(count.min(KEYS_PER_PAGE_MAX)))
        .fetch_all(&store.pool)
        .await?;
    rows.iter().map(row::read).collect()
}

/// Tells the audit what became of a key.
async fn note(
    transaction: &mut Transaction,
    by: &Asker,
    action: &'static str,
    now: Timestamp,
    (before, after): (Option<&CallerKey>, &CallerKey),
) -> Result<(), sqlx::Error> {
    let told = |key: &CallerKey| key.json(now).to_string();
    let entry = NewAuditEntry {
        at: now,
        actor: by.who.actor,
        by: by.who.by.clone(),
        action,
        subject: after.id.to_string(),
        organisation: Some(after.organisation.clone()),
        before: before.map_or_else(|| Value::Null.to_string(), told),
        after: told(after),
        reason: String::new(),
        request_id: by.who.request_id.clone(),
    };
    audit::write(transaction, &entry).await.map(|_| ())
}

fn told(doing: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    StoreError::database(doing)
}

#[cfg(test)]
mod tests;
