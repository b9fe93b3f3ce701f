//! I8 and I4 over everything that is left of the journal, and I2 of each of its records: it is in the database with its amount.

use std::collections::BTreeMap;
use std::path::Path;

use domain::CallId;
use ledger::{EntryKey, HoldWatch, Invariant, Lsn, Movement, Recorded};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::image::Image;
use super::report::{VerifyError, VerifyReport};
use crate::database::Database;
use crate::error::StoreError;
use crate::ledger::applier::{call_of, calls, texts};
use crate::ledger::journal::{BatchReader, JournalError, Next, SegmentFile, Stop};

/// Records that are looked up in the database at once.
const RECORDS_AT_ONCE: usize = 4_000;

/// See the module; what is applied is also folded into `image`.
pub(super) async fn journal(
    (folder, node): (&Path, u32),
    database: &Database,
    until: Option<Lsn>,
    image: &mut Image,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    let Some(mut reader) = BatchReader::from_oldest(folder).map_err(VerifyError::Journal)? else {
        return Ok(());
    };
    let first = reader.next_lsn();
    report.first = Some(first);
    image.begins_at(first);
    let (mut watch, mut waiting, mut entries) = (HoldWatch::default(), Vec::new(), 0);
    let is_within = |next: Lsn| until.is_none_or(|until| next <= until);
    let mut stopped = None;
    while is_within(reader.next_lsn()) {
        let batch = match reader.next().map_err(VerifyError::Journal)? {
            Next::Batch(batch) => batch,
            Next::End => break,
            Next::Stop(stop) => {
                stopped = Some(stop);
                break;
            }
        };
        report.records += batch.records.len() as u64;
        for recorded in &batch.records {
            if let Err(violation) = watch.see(recorded) {
                report.found(violation);
            }
            image.take_in(recorded);
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
    if report.last < until.map_or(report.applied, |until| until.min(report.applied)) {
        let broken = broken(folder, &reader, stopped, report.applied).map_err(VerifyError::Journal)?;
        broken.into_iter().for_each(|what| report.found(Invariant::JournalIsWhole.violated(what)));
    }
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

/// Where the journal breaks off before the file that the database is in. None if it does so in that one: whoever reads on from
/// the database begins there, and tells it.
fn broken(
    folder: &Path,
    reader: &BatchReader,
    stopped: Option<Stop>,
    applied: Lsn,
) -> Result<Option<String>, JournalError> {
    let next = reader.next_lsn();
    let files = SegmentFile::all(folder).map_err(JournalError::io("list", folder))?;
    let is_between = |file: &SegmentFile| file.first > next && file.first <= applied.next();
    let Some(behind) = files.into_iter().find(is_between) else { return Ok(None) };
    Ok(Some(match (stopped, reader.place()) {
        (Some(stop), _) => stop.damaged(next).to_string(),
        (None, Some((file, _, offset))) => format!(
            "a file is missing behind record {}: {} ends with it at byte {offset}, and the next one, {}, begins with record {}",
            next.0 - 1,
            file.path.display(),
            behind.path.display(),
            behind.first.0
        ),
        (None, None) => format!("a file is missing behind record {}", next.0 - 1),
    }))
}

/// What each record must have come to in the database. Gives how many entries that is.
async fn records_are_entries(
    database: &Database,
    records: &[Recorded],
    report: &mut VerifyReport,
) -> Result<u64, VerifyError> {
    let (mut posted, mut settled) = (BTreeMap::new(), BTreeMap::new());
    for recorded in records {
        match &recorded.movement {
            Movement::Settle { call, cost, .. } => {
                settled.insert(*call, i128::from(cost.nano()));
            }
            Movement::Post(entry) => {
                let sum: i128 =
                    entry.transfers.iter().map(|transfer| i128::from(transfer.amount.nano())).sum();
                posted.insert(entry.key.clone(), sum);
            }
            _ => {}
        }
    }
    let known = calls_in_database(database, &settled).await?;
    for (call, amount) in &settled {
        let sum = known.get(call).copied().unwrap_or(0);
        tell(&EntryKey::settle(*call), *amount, sum, report);
    }
    let known = entries_in_database(database, &posted).await?;
    for (key, amount) in &posted {
        tell(key, *amount, known.get(key.as_str()).copied().unwrap_or(0), report);
    }
    Ok((posted.len() + settled.len()) as u64)
}

fn tell(key: &EntryKey, amount: i128, sum: i128, report: &mut VerifyReport) {
    if sum != amount {
        let what = format!("entry {key} is {amount} nano-units in the journal, {sum} in the database");
        report.found(Invariant::BalancesAreEntries.violated(what));
    }
}

async fn calls_in_database(
    database: &Database,
    settled: &BTreeMap<CallId, i128>,
) -> Result<BTreeMap<CallId, i128>, StoreError> {
    let statement =
        format!("SELECT call_id, amount FROM ledger_calls WHERE call_id IN ({})", calls(database.kind));
    let ids: Vec<String> = settled.keys().map(CallId::to_string).collect();
    let rows = looked_up(database, statement, &ids).await?;
    rows.iter().map(|row| Ok((call_of(row)?, i128::from(number(row, "amount")?)))).collect()
}

async fn entries_in_database(
    database: &Database,
    posted: &BTreeMap<EntryKey, i128>,
) -> Result<BTreeMap<String, i128>, StoreError> {
    let statement =
        format!("SELECT entry_key, amount FROM ledger_entries WHERE entry_key IN ({})", texts(database.kind));
    let keys: Vec<String> = posted.keys().map(EntryKey::to_string).collect();
    let mut sums: BTreeMap<String, i128> = BTreeMap::new();
    for row in &looked_up(database, statement, &keys).await? {
        let key = row.try_get("entry_key").map_err(StoreError::database("read the ledger"))?;
        *sums.entry(key).or_default() += i128::from(number(row, "amount")?);
    }
    Ok(sums)
}

async fn looked_up(
    database: &Database,
    statement: String,
    list: &[String],
) -> Result<Vec<AnyRow>, StoreError> {
    if list.is_empty() {
        return Ok(Vec::new());
    }
    sqlx::query(AssertSqlSafe(statement))
        .bind(serde_json::to_string(list).expect("texts"))
        .fetch_all(&database.pool)
        .await
        .map_err(StoreError::database("look up entries"))
}

/// How many records have entries; a gift that lapsed may have had nothing left, and is not counted.
async fn entries_between(database: &Database, node: u32, first: Lsn, last: Lsn) -> Result<u64, VerifyError> {
    let row = sqlx::query(
        "SELECT (SELECT COUNT(DISTINCT lsn) FROM ledger_entries
                 WHERE node = $1 AND lsn BETWEEN $2 AND $3 AND kind <> 'expiry')
              + (SELECT COUNT(*) FROM ledger_calls WHERE node = $1 AND lsn BETWEEN $2 AND $3) AS entries",
    )
    .bind(i64::from(node))
    .bind(first.0.cast_signed())
    .bind(last.0.cast_signed())
    .fetch_one(&database.pool)
    .await
    .map_err(StoreError::database("count entries"))?;
    Ok(number(&row, "entries")?.cast_unsigned())
}

fn number(row: &AnyRow, column: &str) -> Result<i64, StoreError> {
    row.try_get(column).map_err(StoreError::database("read the ledger"))
}
