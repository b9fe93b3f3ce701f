//! Looking through the entries, the newest first, a page at a time; and the holds that are open. What memory knows and the
//! database does not yet is not there.

use domain::{CallId, Currency, Money, Timestamp};
use ledger::{
    Customer, Entry, EntryKey, EntryKind, GrantNumber, Lsn, OpenHold, PaidCall, Place, PostedEntry, Purse,
    Transfer,
};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::query::{EntryCursor, EntryQuery};
use super::statements::{hours, numbers};
use super::wish::{Conditions, conditions_of_calls, conditions_of_entries};
use crate::database::Database;
use crate::error::StoreError;
use crate::ledger::applier::{begin_of, call_of, gifts_of, hold_of, hour_of};

/// Records of one page.
pub const ENTRIES_PER_PAGE_MAX: u32 = 500;
/// Hours that are looked through for the calls of a customer, of those that have some: a page may end early.
const HOURS_PER_PAGE_MAX: usize = 24;
/// Open holds that are told of one purse, the oldest first.
pub const HOLDS_TOLD_MAX: u32 = 1000;

/// An entry as it is told. The terms of a gift that began with it are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundEntry {
    /// Whose journal it came from.
    pub node: u32,
    /// The entry, with its record, its prices, and whether a start after a crash made it.
    pub posted: PostedEntry,
}

/// A page of entries, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryPage {
    /// The entries.
    pub entries: Vec<FoundEntry>,
    /// Where to look on: there may be more. A page may end early, or be empty, where much had to be looked through.
    pub next_after: Option<EntryCursor>,
}

impl FoundEntry {
    fn cursor(&self) -> EntryCursor {
        EntryCursor { at: self.posted.at, node: self.node, lsn: self.posted.lsn }
    }
}

/// A page of entries.
pub async fn find_entries(database: &Database, query: &EntryQuery) -> Result<EntryPage, StoreError> {
    let limit = query.limit.clamp(1, ENTRIES_PER_PAGE_MAX) as usize;
    let mut found = Vec::new();
    let mut reached = None;
    if let Some(conditions) = conditions_of_calls(query) {
        match query.customer {
            Some(customer) => {
                reached = of_customer(database, conditions, (customer, query), limit, &mut found).await?;
            }
            None => found.extend(of_calls(database, &conditions, limit).await?),
        }
    }
    if let Some(conditions) = conditions_of_entries(query) {
        found.extend(others(database, conditions, limit).await?);
    }
    // Within a record they stay as they are.
    found.sort_by_key(|it| std::cmp::Reverse(it.cursor()));
    let mut records: Vec<EntryCursor> = found.iter().map(FoundEntry::cursor).collect();
    records.dedup();
    // What was not looked through is older than where looking ended.
    let next_after = records.get(limit - 1).copied().max(reached);
    if let Some(last) = next_after {
        found.retain(|it| it.cursor() >= last);
    }
    Ok(EntryPage { entries: found, next_after })
}

/// The holds of a purse that are open, the oldest first.
pub async fn open_holds(database: &Database, purse: Purse) -> Result<Vec<OpenHold>, StoreError> {
    let rows = sqlx::query(
        "SELECT call_id, customer, currency, amount, slices, progress, opened_at_ms FROM ledger_holds
         WHERE customer = $1 AND currency = $2 ORDER BY opened_at_ms, call_id LIMIT $3",
    )
    .bind(purse.customer.0.cast_signed())
    .bind(purse.currency.code())
    .bind(i64::from(HOLDS_TOLD_MAX))
    .fetch_all(&database.pool)
    .await
    .map_err(StoreError::database("look for open holds"))?;
    rows.iter().map(hold_of).collect()
}

/// Hour by hour, the newest first, those that have calls of him; gives where it ended if that is before the last.
async fn of_customer(
    database: &Database,
    conditions: Conditions,
    (customer, query): (Customer, &EntryQuery),
    limit: usize,
    found: &mut Vec<FoundEntry>,
) -> Result<Option<EntryCursor>, StoreError> {
    let hours = hours_of(database, customer, query).await?;
    for (looked, hour) in hours.iter().enumerate() {
        if looked == HOURS_PER_PAGE_MAX {
            return Ok(Some(EntryCursor { at: begin_of(hour + 1), node: 0, lsn: Lsn(0) }));
        }
        let mut within = conditions.clone();
        within.between(begin_of(*hour), begin_of(hour + 1));
        found.extend(of_calls(database, &within, limit).await?);
        if found.len() >= limit {
            break;
        }
    }
    Ok(None)
}

/// The hours in question that have calls of a customer, the newest first: one more than are looked through.
async fn hours_of(
    database: &Database,
    customer: Customer,
    query: &EntryQuery,
) -> Result<Vec<i64>, StoreError> {
    let failed = StoreError::database;
    let first = query.call_id.map(CallId::received_at).into_iter().chain(query.from).max();
    let last = query.to.into_iter().chain(query.after.map(|after| after.at)).min();
    let (first, last) = (first.map_or(i64::MIN, hour_of), last.map_or(i64::MAX, hour_of));
    let mut connection = database.pool.acquire().await.map_err(failed("look for hours"))?;
    let hours = hours(&mut connection, first, last).await.map_err(failed("look for hours"))?;
    let statement = format!(
        "SELECT DISTINCT hour FROM ledger_hours WHERE customer = $1 AND hour IN ({}) ORDER BY hour DESC LIMIT {}",
        numbers(database.kind, 2),
        HOURS_PER_PAGE_MAX + 1
    );
    let rows = sqlx::query(AssertSqlSafe(statement))
        .bind(customer.0.cast_signed())
        .bind(hours)
        .fetch_all(&mut *connection)
        .await;
    rows.map_err(failed("look for hours"))?.iter().map(|row| number(row, "hour")).collect()
}

async fn of_calls(
    database: &Database,
    conditions: &Conditions,
    limit: usize,
) -> Result<Vec<FoundEntry>, StoreError> {
    let statement = format!(
        "SELECT at_ms, node, lsn, call_id, customer, currency, amount, beyond, gifts, price_version, is_after_crash
         FROM ledger_calls WHERE {} ORDER BY at_ms DESC, node DESC, lsn DESC LIMIT {limit}",
        conditions.text()
    );
    let rows = conditions.bind(sqlx::query(AssertSqlSafe(statement))).fetch_all(&database.pool).await;
    let mut found = Vec::new();
    for row in &rows.map_err(StoreError::database("look through the calls"))? {
        let node = small(row, "node")?;
        let kind = |it: &PostedEntry| conditions.wants(&it.entry);
        found.extend(
            paid_call(row)?.entries().into_iter().filter(kind).map(|posted| FoundEntry { node, posted }),
        );
    }
    Ok(found)
}

fn paid_call(row: &AnyRow) -> Result<PaidCall, StoreError> {
    let gifts: Option<String> = row.try_get("gifts").map_err(StoreError::database("read an entry"))?;
    let gifts: Vec<(GrantNumber, Money)> = match gifts {
        None => Vec::new(),
        Some(text) => gifts_of(&text).ok_or(StoreError::Damaged { what: "gifts of a call", found: text })?,
    };
    let customer = Customer(number(row, "customer")?.cast_unsigned());
    Ok(PaidCall {
        lsn: Lsn(number(row, "lsn")?.cast_unsigned()),
        at: Timestamp(number(row, "at_ms")?),
        call: call_of(row)?,
        purse: Purse { customer, currency: currency(row)? },
        cost: Money::from_nano(number(row, "amount")?),
        beyond: Money::from_nano(number(row, "beyond")?),
        gifts,
        price_version: small(row, "price_version")?,
        is_after_crash: number(row, "is_after_crash")? != 0,
    })
}

async fn others(
    database: &Database,
    conditions: Conditions,
    limit: usize,
) -> Result<Vec<FoundEntry>, StoreError> {
    let statement = format!(
        "SELECT entries.* FROM ledger_entries AS entries JOIN (
             SELECT DISTINCT at_ms, node, lsn FROM ledger_entries WHERE {}
             ORDER BY at_ms DESC, node DESC, lsn DESC LIMIT {limit}
         ) AS picked ON entries.node = picked.node AND entries.lsn = picked.lsn
         ORDER BY entries.at_ms DESC, entries.node DESC, entries.lsn DESC, entries.part",
        conditions.text()
    );
    let rows = conditions.bind(sqlx::query(AssertSqlSafe(statement))).fetch_all(&database.pool).await;
    let mut found: Vec<FoundEntry> = Vec::new();
    for row in &rows.map_err(StoreError::database("look through the entries"))? {
        let (key, transfer) = (key(text(row, "entry_key")?)?, transfer(row)?);
        match found.last_mut().filter(|it| it.posted.entry.key == key) {
            Some(same) => same.posted.entry.transfers.push(transfer),
            None => found.push(FoundEntry { node: small(row, "node")?, posted: posted(row, key, transfer)? }),
        }
    }
    Ok(found)
}

fn posted(row: &AnyRow, key: EntryKey, transfer: Transfer) -> Result<PostedEntry, StoreError> {
    let kind = text(row, "kind")?;
    let linked: Option<String> = row.try_get("linked_key").map_err(StoreError::database("read an entry"))?;
    let entry = Entry {
        key,
        kind: EntryKind::of_name(&kind)
            .ok_or(StoreError::Damaged { what: "kind of an entry", found: kind })?,
        transfers: vec![transfer],
        may_overdraw: number(row, "may_overdraw")? != 0,
        linked: linked.map(self::key).transpose()?,
        grant: None,
        note: text(row, "note")?,
    };
    Ok(PostedEntry {
        lsn: Lsn(number(row, "lsn")?.cast_unsigned()),
        at: Timestamp(number(row, "at_ms")?),
        entry,
        price_version: small(row, "price_version")?,
        is_after_crash: number(row, "is_after_crash")? != 0,
    })
}

fn transfer(row: &AnyRow) -> Result<Transfer, StoreError> {
    let place = |column| {
        let found = text(row, column)?;
        Place::parse(&found).ok_or(StoreError::Damaged { what: "account", found })
    };
    let amount = Money::from_nano(number(row, "amount")?);
    Ok(Transfer { currency: currency(row)?, debit: place("debit")?, credit: place("credit")?, amount })
}

fn key(found: String) -> Result<EntryKey, StoreError> {
    EntryKey::parse(&found).map_err(|_| StoreError::Damaged { what: "key of an entry", found })
}

fn currency(row: &AnyRow) -> Result<Currency, StoreError> {
    let code = text(row, "currency")?;
    Currency::parse(&code).ok_or(StoreError::Damaged { what: "currency", found: code })
}

fn small(row: &AnyRow, column: &'static str) -> Result<u32, StoreError> {
    let found = number(row, column)?;
    u32::try_from(found).map_err(|_| StoreError::Damaged { what: column, found: found.to_string() })
}

fn number(row: &AnyRow, column: &str) -> Result<i64, StoreError> {
    row.try_get(column).map_err(StoreError::database("read an entry"))
}

fn text(row: &AnyRow, column: &str) -> Result<String, StoreError> {
    row.try_get(column).map_err(StoreError::database("read an entry"))
}
