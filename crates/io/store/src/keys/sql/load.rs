//! Reading every key at a start. A row for each would cost more than all the rest of a start: the database packs many
//! keys into one text, and it is taken apart here.

use std::collections::HashMap;

use domain::{KeyId, OrganisationId, ProjectId, Timestamp};
use sqlx::Row;

use super::cell::{damaged, text};
use super::row::{digest_of, scopes};
use crate::database::{Database, Kind};
use crate::keys::contract::{LoadedKey, TakeKey};
use crate::keys::digest::KeyDigest;
use crate::keys::scopes::KeyScopes;

/// Keys in one text: enough to make little of each question, few enough to be a small text.
const KEYS_PER_TEXT: i64 = 4000;
/// So many different scopes are remembered while reading; more are read anew.
const SCOPES_KNOWN_MAX: usize = 10_000;

/// Nine fields with tabs between them, keys with line feeds: no field has either.
const SQLITE: &str = "SELECT group_concat(line, char(10)) AS packed FROM (
    SELECT id || char(9) || project_id || char(9) || hex(digest) || char(9) || digest_of || char(9)
        || COALESCE(expires_at_ms, '') || char(9) || (revoked_at_ms IS NOT NULL) || char(9) || is_strict || char(9)
        || COALESCE(models, '') || char(9) || COALESCE(scopes, '') AS line
    FROM caller_keys WHERE id > $1 ORDER BY id LIMIT $2)";
const POSTGRES: &str = "SELECT string_agg(line, chr(10) ORDER BY id) AS packed FROM (
    SELECT id, id || chr(9) || project_id || chr(9) || encode(digest, 'hex') || chr(9) || digest_of || chr(9)
        || COALESCE(expires_at_ms::TEXT, '') || chr(9) || (revoked_at_ms IS NOT NULL)::INT || chr(9) || is_strict || chr(9)
        || COALESCE(models, '') || chr(9) || COALESCE(scopes, '') AS line
    FROM caller_keys WHERE id > $1 ORDER BY id LIMIT $2) AS lines";

pub(super) async fn every_key(store: &Database, take: TakeKey<'_>) -> Result<(), sqlx::Error> {
    let mut reader = Reader { owners: owners(store).await?, scopes: HashMap::new() };
    let statement = match store.kind {
        Kind::Sqlite => SQLITE,
        Kind::Postgres => POSTGRES,
    };
    let mut after = String::new();
    loop {
        let row = sqlx::query(statement).bind(&after).bind(KEYS_PER_TEXT).fetch_one(&store.pool).await?;
        let Some(packed) = row.try_get::<Option<&str>, _>("packed")? else { return Ok(()) };
        let mut count = 0;
        let mut last = "";
        for line in packed.split('\n') {
            last = reader.read(line, take)?;
            count += 1;
        }
        if count < KEYS_PER_TEXT {
            return Ok(());
        }
        after = last.to_owned();
    }
}

struct Reader {
    owners: HashMap<String, (OrganisationId, ProjectId)>,
    /// By the texts of both columns.
    scopes: HashMap<String, KeyScopes>,
}

impl Reader {
    /// Gives one key to `take`; which it was.
    fn read<'l>(&mut self, line: &'l str, take: TakeKey<'_>) -> Result<&'l str, sqlx::Error> {
        let mut fields = line.splitn(8, '\t');
        let mut next = || fields.next().ok_or_else(|| damaged("keys", line));
        let (written, project, digest, of) = (next()?, next()?, next()?, next()?);
        let (expires, revoked, strict, narrowed) = (next()?, next()?, next()?, next()?);
        let id = KeyId::parse(written).ok_or_else(|| damaged("id", written))?;
        let (organisation, project) =
            self.owners.get(project).ok_or_else(|| damaged("project_id", project))?;
        let expires_at = match expires {
            "" => None,
            ms => Some(Timestamp(ms.parse().map_err(|_| damaged("expires_at_ms", ms))?)),
        };
        if narrowed != "\t" && !self.scopes.contains_key(narrowed) {
            let (models, others) = narrowed.split_once('\t').ok_or_else(|| damaged("scopes", narrowed))?;
            let some = |text: &'l str| Some(text).filter(|text| !text.is_empty());
            if self.scopes.len() == SCOPES_KNOWN_MAX {
                self.scopes.clear();
            }
            self.scopes.insert(narrowed.to_owned(), scopes(some(models), some(others))?);
        }
        take(LoadedKey {
            id,
            digest: KeyDigest(unhexed(digest).ok_or_else(|| damaged("digest", "not 32 bytes"))?),
            digest_of: digest_of(of).ok_or_else(|| damaged("digest_of", of))?,
            expires_at,
            is_revoked: revoked == "1",
            is_strict: strict == "1",
            scopes: if narrowed == "\t" { &KeyScopes::ANY } else { &self.scopes[narrowed] },
            organisation,
            project,
        });
        Ok(written)
    }
}

/// Every project, and whose it is.
async fn owners(store: &Database) -> Result<HashMap<String, (OrganisationId, ProjectId)>, sqlx::Error> {
    let rows = sqlx::query("SELECT id, organisation_id FROM projects").fetch_all(&store.pool).await?;
    let owner = |row: &sqlx::any::AnyRow| {
        let project = text(row, "id", ProjectId::parse)?;
        Ok((project.to_string(), (text(row, "organisation_id", OrganisationId::parse)?, project)))
    };
    rows.iter().map(owner).collect()
}

fn unhexed(text: &str) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        *byte = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
    }
    Some(bytes)
}
