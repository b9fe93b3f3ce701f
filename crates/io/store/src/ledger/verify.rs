//! Proving the ledger: everything that is left of the journal and everything that the database has, held against each other
//! and against what must always hold. Changes nothing; needs no server.

use std::collections::BTreeMap;
use std::path::Path;

use domain::{Currency, Timestamp};
use ledger::{
    Account, Books, Changes, EntryKey, HoldWatch, Invariant, Lsn, Movement, Place, Recorded, Violation,
    check_books,
};
use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::applier::{applied, joined, load, texts};
use super::journal::{AppliedTo, BatchReader, JournalError, Next, find, node_folder};
use crate::database::Database;
use crate::error::StoreError;

/// A hold that is open for longer was forgotten: a day, in milliseconds.
pub const HOLD_AGE_MAX_MS: i64 = 24 * 60 * 60 * 1000;
/// Violations that are told one by one.
pub const VIOLATIONS_TOLD_MAX: usize = 20;
/// Records that are looked up in the database at once.
const RECORDS_AT_ONCE: usize = 4_000;

/// What was looked at, and what does not hold.
#[derive(Debug, Default)]
pub struct VerifyReport {
    /// The first record that is left of the journal; none if nothing is.
    pub first: Option<Lsn>,
    /// The last record of the journal.
    pub last: Lsn,
    /// The last that the database has.
    pub applied: Lsn,
    /// Records that were read.
    pub records: u64,
    /// Entries in the database.
    pub entries: u64,
    /// Accounts in the database.
    pub accounts: u64,
    /// Holds that are open at the journal's end.
    pub open_holds: u64,
    /// Bytes behind the journal's end that a crash left.
    pub torn_bytes: u64,
    /// What does not hold, the first of them.
    pub violations: Vec<Violation>,
    /// How many violations there are.
    pub violations_count: u64,
}

/// Why nothing could be proved.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal's files cannot be read.
    #[error(transparent)]
    Journal(JournalError),
}

impl VerifyReport {
    /// Those of one invariant that are told.
    pub fn of(&self, invariant: Invariant) -> impl Iterator<Item = &Violation> {
        self.violations.iter().filter(move |violation| violation.invariant == invariant)
    }

    fn found(&mut self, violation: Violation) {
        self.violations_count += 1;
        if self.violations.len() < VIOLATIONS_TOLD_MAX {
            self.violations.push(violation);
        }
    }
}

/// Walks the journal of a node and the database. A hold that is open since before `opened_min` is too old.
pub async fn verify(
    folder: &Path,
    node: u32,
    database: &Database,
    opened_min: Timestamp,
) -> Result<VerifyReport, VerifyError> {
    let folder = node_folder(folder, node);
    let applied = applied(database, node).await?;
    let mut report = VerifyReport { applied: applied.lsn, ..VerifyReport::default() };
    let books = load(database).await?;
    report.accounts = books.accounts().count() as u64;
    balances_are_entries(database, &books, &mut report).await?;
    check_books(&books, opened_min).into_iter().for_each(|violation| report.found(violation));
    if !folder.exists() {
        return Ok(report);
    }
    walk(&folder, node, database, &mut report).await?;
    fold_tail(&folder, applied, books, opened_min, &mut report)?;
    Ok(report)
}

/// I2: what each account has is what its entries come to.
async fn balances_are_entries(
    database: &Database,
    books: &Books,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    // Whole units and nano-units apart: the sum of many amounts is beyond 64 bits of the latter.
    let statement = "SELECT account, currency, CAST(SUM(units) AS BIGINT) AS units, CAST(SUM(nano) AS BIGINT) AS nano,
            CAST(SUM(entries) AS BIGINT) AS entries FROM (
                SELECT credit AS account, currency, amount / 1000000000 AS units, amount % 1000000000 AS nano, 0 AS entries
                FROM ledger_entries
                UNION ALL
                SELECT debit, currency, -(amount / 1000000000), -(amount % 1000000000), 1 FROM ledger_entries
            ) AS sides GROUP BY account, currency";
    let rows = sqlx::query(statement)
        .fetch_all(&database.pool)
        .await
        .map_err(StoreError::database("sum up the entries"))?;
    let mut sums: BTreeMap<Account, i128> = books.accounts().map(|(account, _)| (account, 0)).collect();
    for row in &rows {
        let (account, currency) = (text(row, "account")?, text(row, "currency")?);
        let known = Place::parse(&account).zip(Currency::parse(&currency));
        let Some((place, currency)) = known else {
            report
                .found(Invariant::EntriesBalance.violated(format!("{account} in {currency} is no account")));
            continue;
        };
        report.entries += number(row, "entries")?.cast_unsigned();
        sums.insert(Account { place, currency }, joined(number(row, "units")?, number(row, "nano")?));
    }
    for (account, sum) in sums {
        let balance = books.balance(account);
        if balance != sum {
            let what = format!("{account} is {balance} nano-units, its entries come to {sum}");
            report.found(Invariant::BalancesAreEntries.violated(what));
        }
    }
    Ok(())
}

/// I8 and I4 over everything that is left of the journal, and each of its records in the database.
async fn walk(
    folder: &Path,
    node: u32,
    database: &Database,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    let Some(mut reader) = BatchReader::from_oldest(folder).map_err(VerifyError::Journal)? else {
        return Ok(());
    };
    report.first = Some(reader.next_lsn());
    let (mut watch, mut waiting, mut entries) = (HoldWatch::default(), Vec::new(), 0);
    // Whether the end is one is judged by who reads on from the database.
    while let Next::Batch(batch) = reader.next().map_err(VerifyError::Journal)? {
        report.records += batch.records.len() as u64;
        for recorded in &batch.records {
            if let Err(violation) = watch.see(recorded) {
                report.found(violation);
            }
        }
        let is_applied = |it: &Recorded| it.lsn <= report.applied;
        waiting.extend(batch.records.into_iter().filter(is_applied));
        if waiting.len() >= RECORDS_AT_ONCE {
            entries += records_are_entries(database, &waiting, report).await?;
            waiting.clear();
        }
    }
    entries += records_are_entries(database, &waiting, report).await?;
    report.last = Lsn(reader.next_lsn().0 - 1);
    let first = report.first.unwrap_or_default();
    let known = entries_between(database, node, first, report.applied.min(report.last)).await?;
    if known != entries {
        let what = format!(
            "records {} to {} come to {entries} entries, the database has {known} of them",
            first.0, report.applied.0
        );
        report.found(Invariant::BalancesAreEntries.violated(what));
    }
    Ok(())
}

/// What each record must have come to in the database. Gives how many entries that is.
async fn records_are_entries(
    database: &Database,
    records: &[Recorded],
    report: &mut VerifyReport,
) -> Result<u64, VerifyError> {
    let mut expected: BTreeMap<EntryKey, i128> = BTreeMap::new();
    let mut entries = 0;
    for recorded in records {
        match &recorded.movement {
            Movement::Settle { call, cost, .. } => {
                expected.insert(EntryKey::settle(*call), i128::from(cost.nano()));
                entries += 1;
            }
            Movement::Post(entry) => {
                let sum = entry.transfers.iter().map(|transfer| i128::from(transfer.amount.nano())).sum();
                expected.insert(entry.key.clone(), sum);
                entries += 1;
            }
            _ => {}
        }
    }
    if expected.is_empty() {
        return Ok(0);
    }
    let overage = |key: &EntryKey| key.as_str().strip_suffix(":s").map(|call| format!("{call}:o"));
    let keys: Vec<Value> = expected
        .keys()
        .flat_map(|key| [Some(key.to_string()), overage(key)].into_iter().flatten().map(Value::from))
        .collect();
    let statement = format!(
        "SELECT entry_key, CAST(SUM(amount) AS BIGINT) AS amount FROM ledger_entries
         WHERE entry_key IN ({}) GROUP BY entry_key",
        texts(database.kind)
    );
    let rows = sqlx::query(AssertSqlSafe(statement))
        .bind(Value::from(keys).to_string())
        .fetch_all(&database.pool)
        .await
        .map_err(StoreError::database("look up entries"))?;
    let mut found: BTreeMap<String, i128> = BTreeMap::new();
    for row in &rows {
        found.insert(text(row, "entry_key")?, i128::from(number(row, "amount")?));
    }
    for (key, amount) in expected {
        let beyond = overage(&key).and_then(|key| found.get(&key).copied()).unwrap_or(0);
        let sum = found.get(key.as_str()).copied().unwrap_or(0) + beyond;
        if sum != amount {
            let what = format!("entry {key} is {amount} nano-units in the journal, {sum} in the database");
            report.found(Invariant::BalancesAreEntries.violated(what));
        }
    }
    Ok(entries)
}

/// How many records have entries; a gift that lapsed may have had nothing left, and is not counted.
async fn entries_between(database: &Database, node: u32, first: Lsn, last: Lsn) -> Result<u64, VerifyError> {
    let row = sqlx::query(
        "SELECT COUNT(DISTINCT lsn) AS entries FROM ledger_entries
         WHERE node = $1 AND lsn BETWEEN $2 AND $3 AND kind <> 'expiry'",
    )
    .bind(i64::from(node))
    .bind(first.0.cast_signed())
    .bind(last.0.cast_signed())
    .fetch_one(&database.pool)
    .await
    .map_err(StoreError::database("count entries"))?;
    Ok(number(&row, "entries")?.cast_unsigned())
}

/// The books as a start would find them: what the database has, and the records that it has not.
fn fold_tail(
    folder: &Path,
    applied: AppliedTo,
    mut books: Books,
    opened_min: Timestamp,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    let mut changes = Changes::default();
    let tail = find(folder, applied, false, |recorded| {
        books.apply(&recorded, &mut changes);
        changes.clear();
    });
    match tail {
        Ok(tail) => {
            (report.last, report.torn_bytes) = (tail.last.max(report.last), tail.torn_bytes);
            if tail.last > applied.lsn {
                check_books(&books, opened_min).into_iter().for_each(|violation| report.found(violation));
            }
            report.open_holds = books.holds().count() as u64;
            Ok(())
        }
        Err(error @ (JournalError::Io { .. } | JournalError::InUse { .. })) => {
            Err(VerifyError::Journal(error))
        }
        Err(error) => {
            report.found(Invariant::JournalIsWhole.violated(error.to_string()));
            Ok(())
        }
    }
}

fn number(row: &AnyRow, column: &str) -> Result<i64, StoreError> {
    row.try_get(column).map_err(StoreError::database("read the ledger"))
}

fn text(row: &AnyRow, column: &str) -> Result<String, StoreError> {
    row.try_get(column).map_err(StoreError::database("read the ledger"))
}
