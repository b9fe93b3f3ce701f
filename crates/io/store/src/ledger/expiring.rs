//! Gifts whose time is over: what is left of them is taken back. What running calls have put aside is left to them; what
//! they return is taken back the next time.

use std::collections::BTreeSet;

use domain::{Money, Timestamp};
use ledger::{EntryKey, GrantNumber, Lsn, Movement, Purse, payments};
use sqlx::{AssertSqlSafe, Row, query};

use super::applier::used_keys;
use super::journal::{AppendError, Level};
use super::live::Ledger;
use super::reserve::PostError;
use crate::columns::parsed;
use crate::database::Database;
use crate::error::StoreError;

/// Most that are taken back at once; the rest the next time.
pub const LAPSED_AT_ONCE_MAX: i64 = 1_000;
/// How often a gift is taken back in parts at most, since calls may hold some of it for a while.
const PARTS_MAX: u32 = 1_000;

/// Gifts that end and of which something is left.
const LEFT_OF_GIFTS: &str = "FROM ledger_grants g JOIN ledger_accounts a
           ON a.account = 'customer:' || g.customer || ':promo:' || g.grant_number AND a.currency = g.currency
         WHERE g.expires_at_ms IS NOT NULL AND (a.units > 0 OR (a.units = 0 AND a.nano > 0))";

/// A gift whose time is over and of which something is left, as the database has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lapsed {
    purse: Purse,
    grant: GrantNumber,
    left: Money,
}

impl Ledger {
    /// Takes back what is left of lapsed gifts, and returns how many when that is on the disk: all of them are recorded before
    /// the first is waited for.
    pub async fn expire_lapsed(&self, database: &Database, now: Timestamp) -> Result<u64, PostError> {
        let lapsed = lapsed(database, now).await?;
        let keys = next_keys(database, &lapsed).await?;
        let (mut expired, mut last, mut failed) = (0, None, None);
        for (lapsed, key) in lapsed.iter().zip(keys) {
            match key.map_or(Ok(None), |key| self.expire(key, lapsed, now)) {
                Ok(None) => {}
                Ok(Some(lsn)) => (expired, last) = (expired + 1, Some(lsn)),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        if let Some(last) = last {
            // Where a gift comes to less, the applier says so, and the rest returns.
            self.journal.wait(last, Level::Durable).await?;
        }
        failed.map_or(Ok(expired), |error| Err(error.into()))
    }

    /// When the first gift ends of which something is left; in the past where it could not be taken back yet.
    pub async fn next_lapse(&self, database: &Database) -> Result<Option<Timestamp>, StoreError> {
        let statement = format!("SELECT MIN(g.expires_at_ms) {LEFT_OF_GIFTS}");
        let found: Result<Option<i64>, sqlx::Error> =
            sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(&database.pool).await;
        let next = found.map_err(StoreError::database("find the next gift to end"))?;
        Ok(next.map(Timestamp))
    }

    /// Records that what is left of a gift is taken back, of what no call holds; nothing if there is nothing.
    fn expire(&self, key: EntryKey, lapsed: &Lapsed, now: Timestamp) -> Result<Option<Lsn>, AppendError> {
        let Lapsed { purse, grant, left } = *lapsed;
        // Until the database has the last part of it, the next would not know what is left.
        let Ok(mut begun) = self.postings.begin(&key) else { return Ok(None) };
        let cell = self.cells.cell(purse);
        // What may be owed is nobody's gift.
        let free = cell.available().nano().saturating_sub(cell.credit().nano().max(0));
        let at_most = Money::from_nano(left.nano().min(free));
        if at_most <= Money::ZERO || cell.take(at_most).is_err() {
            return Ok(None);
        }
        let recorded = self.journal.append(now, &Movement::Expire { key, purse, grant, at_most });
        if recorded.is_err() {
            cell.give(at_most);
        }
        let lsn = recorded?;
        begun.recorded(lsn);
        Ok(Some(lsn))
    }
}

/// The first of each gift's keys that is not used; none where all are. It is asked for all gifts at once, part by part.
async fn next_keys(database: &Database, lapsed: &[Lapsed]) -> Result<Vec<Option<EntryKey>>, StoreError> {
    let mut keys: Vec<_> = lapsed.iter().map(|it| Some(payments::expiry_key(it.grant, 0))).collect();
    let mut open: Vec<usize> = (0..lapsed.len()).collect();
    for part in 1..=PARTS_MAX {
        let asked: Vec<&str> =
            open.iter().filter_map(|at| keys[*at].as_ref()).map(EntryKey::as_str).collect();
        let used: BTreeSet<EntryKey> = used_keys(database, &asked).await?.into_iter().collect();
        open.retain(|at| keys[*at].as_ref().is_some_and(|key| used.contains(key)));
        if open.is_empty() {
            break;
        }
        for at in &open {
            keys[*at] = (part < PARTS_MAX).then(|| payments::expiry_key(lapsed[*at].grant, part));
        }
    }
    Ok(keys)
}

async fn lapsed(database: &Database, now: Timestamp) -> Result<Vec<Lapsed>, StoreError> {
    let failed = StoreError::database("find gifts whose time is over");
    let statement = format!(
        "SELECT g.grant_number, g.customer, g.currency, a.units, a.nano {LEFT_OF_GIFTS} AND g.expires_at_ms <= $1
         ORDER BY g.expires_at_ms LIMIT $2"
    );
    let found = async {
        let mut from = database.pool.acquire().await?;
        let rows = query(AssertSqlSafe(statement))
            .bind(now.unix_ms())
            .bind(LAPSED_AT_ONCE_MAX)
            .fetch_all(&mut *from)
            .await?;
        rows.iter().map(read).collect::<Result<Vec<_>, sqlx::Error>>()
    };
    found.await.map_err(failed)
}

fn read(row: &sqlx::any::AnyRow) -> Result<Lapsed, sqlx::Error> {
    let currency = parsed(row, "currency", domain::Currency::parse)?;
    let customer = ledger::Customer(row.try_get::<i64, _>("customer")?.unsigned_abs());
    let (units, nano): (i64, i64) = (row.try_get("units")?, row.try_get("nano")?);
    Ok(Lapsed {
        purse: Purse { customer, currency },
        grant: GrantNumber(row.try_get::<i64, _>("grant_number")?.unsigned_abs()),
        left: Money::from_nano(units.saturating_mul(domain::NANO).saturating_add(nano)),
    })
}
