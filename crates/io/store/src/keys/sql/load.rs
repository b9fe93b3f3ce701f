//! Reading every key at a start. A row for each would cost more than all the rest of a start: the database packs many
//! keys into one text, and it is taken apart here.

use std::collections::HashMap;

use domain::{KeyId, OrganisationId, ProjectId, Timestamp};
use sqlx::Row;

use super::row::{self, OF_KEY, digest_of, scopes};
use crate::columns::{damaged, parsed};
use crate::database::{Database, Kind};
use crate::hex::thirty_two_from_hex;
use crate::keys::contract::{LoadedKey, TakeKey};
use crate::keys::digest::KeyDigest;
use crate::keys::plan::{PLAN_DEFAULT, PlanName};
use crate::keys::scopes::KeyScopes;
use crate::keys::tags::KeyTags;

/// Keys in one text: enough to make little of each question, few enough to be a small text.
const KEYS_PER_TEXT: i64 = 4000;
/// The last two fields of a key that is for everything.
const EVERYTHING: &str = "\t";
/// In the packed text between the lines of tags: those of keys have line feeds between them.
const BETWEEN_TAGS: &str = "\u{1e}";
/// So many different scopes are remembered while reading; more are read anew.
const SCOPES_KNOWN_MAX: usize = 10_000;

/// Fields with tabs between them, keys with line feeds: no field has either. What most keys do not have is left out where
/// a key has none of it: that halves the work of the database.
const SQLITE: &str = "SELECT group_concat(line, char(10)) AS packed FROM (
    SELECT id || char(9) || project_id || char(9) || hex(digest) || char(9) || COALESCE(expires_at_ms, '')
        || CASE WHEN revoked_at_ms IS NULL AND is_strict = 0 AND digest_of = 'key' AND models IS NULL AND scopes IS NULL
                AND plan IS NULL AND tags = ''
            THEN ''
            ELSE char(9) || digest_of || char(9) || (revoked_at_ms IS NOT NULL) || char(9) || is_strict || char(9)
                || COALESCE(plan, '') || char(9) || replace(tags, char(10), char(30)) || char(9)
                || COALESCE(models, '') || char(9) || COALESCE(scopes, '') END AS line
    FROM caller_keys WHERE id > $1 ORDER BY id LIMIT $2)";
const POSTGRES: &str = "SELECT string_agg(line, chr(10) ORDER BY id) AS packed FROM (
    SELECT id, id || chr(9) || project_id || chr(9) || encode(digest, 'hex') || chr(9) || COALESCE(expires_at_ms::TEXT, '')
        || CASE WHEN revoked_at_ms IS NULL AND is_strict = 0 AND digest_of = 'key' AND models IS NULL AND scopes IS NULL
                AND plan IS NULL AND tags = ''
            THEN ''
            ELSE chr(9) || digest_of || chr(9) || (revoked_at_ms IS NOT NULL)::INT || chr(9) || is_strict || chr(9)
                || COALESCE(plan, '') || chr(9) || replace(tags, chr(10), chr(30)) || chr(9)
                || COALESCE(models, '') || chr(9) || COALESCE(scopes, '') END AS line
    FROM caller_keys WHERE id > $1 ORDER BY id LIMIT $2) AS lines";

pub(super) async fn every_key(store: &Database, take: TakeKey<'_>) -> Result<(), sqlx::Error> {
    let owners = owners(store).await?;
    let (plan, tags) = (PlanName::usual(), KeyTags::default());
    let mut reader = Reader { owners, scopes: HashMap::new(), plan, tags };
    let statement = match store.kind {
        Kind::Sqlite => SQLITE,
        Kind::Postgres => POSTGRES,
    };
    let text = async |after: String| {
        let row = sqlx::query(statement).bind(after).bind(KEYS_PER_TEXT).fetch_one(&store.pool).await?;
        row.try_get::<Option<String>, _>("packed")
    };
    let mut next = text(String::new()).await?;
    while let Some(packed) = next {
        let last = packed.rsplit('\n').next().and_then(|line| line.split('\t').next()).unwrap_or_default();
        // The database packs the next text, on a thread of its own, while this one is taken apart.
        let (following, taken) = tokio::join!(text(last.to_owned()), async {
            packed.split('\n').try_for_each(|line| reader.read(line, &mut *take))
        });
        taken?;
        next = following?;
    }
    Ok(())
}

struct Reader {
    owners: HashMap<String, (OrganisationId, ProjectId)>,
    /// By the texts of both columns.
    scopes: HashMap<String, KeyScopes>,
    /// That of the key before: mostly it is the same.
    plan: PlanName,
    /// Those of the key that is read.
    tags: KeyTags,
}

impl Reader {
    /// Gives one key to `take`.
    fn read(&mut self, line: &str, take: TakeKey<'_>) -> Result<(), sqlx::Error> {
        let mut fields = line.splitn(10, '\t');
        let mut next = || fields.next().ok_or_else(|| damaged("keys", line));
        let (written, project, digest, expires) = (next()?, next()?, next()?, next()?);
        let of = next().unwrap_or(OF_KEY);
        let (revoked, strict, plan, tags, narrowed) = (
            next().unwrap_or_default(),
            next().unwrap_or_default(),
            next().unwrap_or_default(),
            next().unwrap_or_default(),
            next().unwrap_or(EVERYTHING),
        );
        if self.plan.as_str() != said(plan).unwrap_or(PLAN_DEFAULT) {
            self.plan = row::plan(said(plan))?;
        }
        if !(tags.is_empty() && self.tags.is_empty()) {
            let lines = tags.replace(BETWEEN_TAGS, "\n");
            self.tags = KeyTags::read(&lines).ok_or_else(|| damaged("tags", tags))?;
        }
        let id = KeyId::parse(written).ok_or_else(|| damaged("id", written))?;
        let (organisation, project) =
            self.owners.get(project).ok_or_else(|| damaged("project_id", project))?;
        let expires_at = match expires {
            "" => None,
            ms => Some(Timestamp(ms.parse().map_err(|_| damaged("expires_at_ms", ms))?)),
        };
        if narrowed != EVERYTHING && !self.scopes.contains_key(narrowed) {
            let (models, others) = narrowed.split_once('\t').ok_or_else(|| damaged("scopes", narrowed))?;
            if self.scopes.len() == SCOPES_KNOWN_MAX {
                self.scopes.clear();
            }
            self.scopes.insert(narrowed.to_owned(), scopes(said(models), said(others))?);
        }
        take(LoadedKey {
            id,
            digest: KeyDigest(thirty_two_from_hex(digest).ok_or_else(|| damaged("digest", "not 32 bytes"))?),
            digest_of: digest_of(of).ok_or_else(|| damaged("digest_of", of))?,
            expires_at,
            is_revoked: revoked == "1",
            is_strict: strict == "1",
            plan: &self.plan,
            tags: &self.tags,
            scopes: if narrowed == EVERYTHING { &KeyScopes::ANY } else { &self.scopes[narrowed] },
            organisation,
            project,
        });
        Ok(())
    }
}

fn said(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Every project, and whose it is.
async fn owners(store: &Database) -> Result<HashMap<String, (OrganisationId, ProjectId)>, sqlx::Error> {
    let rows = sqlx::query("SELECT id, organisation_id FROM projects").fetch_all(&store.pool).await?;
    let owner = |row: &sqlx::any::AnyRow| {
        let project = parsed(row, "id", ProjectId::parse)?;
        Ok((project.to_string(), (parsed(row, "organisation_id", OrganisationId::parse)?, project)))
    };
    rows.iter().map(owner).collect()
}
