//! Whose a key or a project is, for what is set for them, and which keys follow each other.

use std::collections::HashMap;

use domain::{KeyId, OrganisationId};
use limits::budget::Scope;
use sqlx::any::AnyRow;
use sqlx::query;

use crate::columns::parsed;
use crate::database::AnyConnection;
use crate::tenancy::Reach;

/// Keys that follow each other are looked for so far.
const FOLLOWERS_MAX: usize = 1_000;

/// Whose it is, if it is there and within reach.
pub(crate) async fn owner(
    from: &mut AnyConnection,
    scope: &Scope,
    reach: &Reach,
) -> Result<Option<OrganisationId>, sqlx::Error> {
    let text = match scope {
        Scope::Key(_) => {
            "SELECT p.organisation_id AS owner FROM caller_keys k JOIN projects p ON p.id = k.project_id
             WHERE k.id = $1"
        }
        Scope::Project(_) => "SELECT organisation_id AS owner FROM projects WHERE id = $1",
        Scope::Organisation(_) => "SELECT id AS owner FROM organisations WHERE id = $1",
    };
    let row = query(text).bind(scope.id()).fetch_optional(from).await?;
    let owner = row.map(|row| parsed(&row, "owner", OrganisationId::parse)).transpose()?;
    Ok(owner.filter(|owner| reach.holds(owner)))
}

/// The keys that follow the one that something is for, one after the other.
pub(crate) async fn followers(from: &mut AnyConnection, scope: &Scope) -> Result<Vec<KeyId>, sqlx::Error> {
    let Scope::Key(key) = scope else { return Ok(Vec::new()) };
    let mut line = vec![key.clone()];
    while let Some(last) = line.last().filter(|_| line.len() <= FOLLOWERS_MAX) {
        let row = query("SELECT rotated_to FROM caller_keys WHERE id = $1 AND rotated_to IS NOT NULL")
            .bind(last.as_str())
            .fetch_optional(&mut *from)
            .await?;
        let Some(row) = row else { break };
        line.push(parsed(&row, "rotated_to", KeyId::parse)?);
    }
    Ok(line.split_off(1))
}

/// Which key follows which.
pub(crate) async fn successors(from: &mut AnyConnection) -> Result<HashMap<KeyId, KeyId>, sqlx::Error> {
    let rows =
        query("SELECT id, rotated_to FROM caller_keys WHERE rotated_to IS NOT NULL").fetch_all(from).await?;
    let pair =
        |row: &AnyRow| Ok((parsed(row, "id", KeyId::parse)?, parsed(row, "rotated_to", KeyId::parse)?));
    rows.iter().map(pair).collect()
}

/// The same, where it is known which key follows which.
pub(crate) fn line_of(scope: &Scope, successors: &HashMap<KeyId, KeyId>) -> Vec<KeyId> {
    let Scope::Key(key) = scope else { return Vec::new() };
    let line = std::iter::successors(successors.get(key), |key| successors.get(*key));
    // No key follows itself; a damaged table must not keep us here.
    line.take(successors.len()).cloned().collect()
}
