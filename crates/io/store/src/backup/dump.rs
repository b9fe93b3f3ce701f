//! Making a backup: all tables of one moment, row by row, on a connection of its own. A gateway that runs on the database goes on
//! meanwhile, and changes what it likes.

use std::io::Write;

use domain::Timestamp;
use futures_util::TryStreamExt;
use serde::Serialize;
use sqlx::{AssertSqlSafe, Row};

use super::cells::{columns, row};
use super::error::BackupError;
use super::format::{BackupReport, Checksum, FORM, Header, Progress, TableLine};
use super::sums::{each_sum, has_sums, sums_table};
use super::tables::{TABLES, Table};
use crate::database::{AnyConnection, DatabasePlace, Kind, known_layouts, open_beside};
use crate::hex::hex;
use crate::keys::KeyHasher;
use crate::reports::{MARKS, SUMS};
use crate::requests::REQUESTS_FILE;

/// Rows between two words of progress.
const ROWS_PER_WORD: u64 = 10_000;

/// Writes everything that the database holds.
pub async fn back_up(
    place: &DatabasePlace,
    hasher: &KeyHasher,
    now: Timestamp,
    out: &mut dyn Write,
    progress: Progress<'_>,
) -> Result<BackupReport, BackupError> {
    if let DatabasePlace::File(path) = place
        && !path.exists()
    {
        return Err(BackupError::NoDatabase(place.to_string()));
    }
    let (mut connection, kind) = open_beside(place).await?;
    let header = header(&mut connection, kind, hasher, now).await?;
    let sums_beside = open_sums(place).await?;
    let mut dump = Dump { connection, kind, out, checksum: Checksum::new(hasher) };
    dump.line(&header)?;
    let mut tables = Vec::with_capacity(TABLES.len() + 2);
    for table in TABLES {
        tables.push((table.name.to_owned(), dump.table(table, progress).await?));
    }
    if let Some(beside) = sums_beside {
        dump.connection = beside;
    }
    tables.extend(dump.sums(progress).await?);
    let report = header.report(tables);
    let end = dump.checksum.end(report.rows());
    dump.line(&end)?;
    dump.out.flush().map_err(BackupError::file("write the backup"))?;
    Ok(report)
}

/// The file with sums of calls at this moment, where they have one.
async fn open_sums(place: &DatabasePlace) -> Result<Option<AnyConnection>, BackupError> {
    let failed = || BackupError::database("begin a backup of sums of calls");
    let DatabasePlace::File(path) = place else { return Ok(None) };
    let path = path.with_file_name(REQUESTS_FILE);
    if !path.exists() {
        return Ok(None);
    }
    let (mut connection, kind) = open_beside(&DatabasePlace::File(path)).await?;
    sqlx::query("BEGIN").execute(&mut connection).await.map_err(failed())?;
    has_sums(&mut connection, kind).await.map_err(failed())?;
    Ok(Some(connection))
}

/// The moment that is backed up begins here: what a gateway changes from now on is not in it.
async fn header(
    connection: &mut AnyConnection,
    kind: Kind,
    hasher: &KeyHasher,
    now: Timestamp,
) -> Result<Header, BackupError> {
    let read = async {
        let begin = match kind {
            Kind::Sqlite => "BEGIN",
            Kind::Postgres => "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        sqlx::query(begin).execute(&mut *connection).await?;
        let layouts = sqlx::query("SELECT version FROM _sqlx_migrations ORDER BY version")
            .fetch_all(&mut *connection)
            .await?;
        let layouts: Vec<i64> = layouts.iter().map(|row| row.try_get("version")).collect::<Result<_, _>>()?;
        let check = sqlx::query("SELECT key_check FROM meta").fetch_one(&mut *connection).await?;
        Ok((layouts, check.try_get::<Option<Vec<u8>>, _>("key_check")?))
    };
    let (layouts, check) = read.await.map_err(BackupError::database("begin a backup"))?;
    if layouts != known_layouts() {
        let last = |layouts: &[i64]| layouts.last().copied().unwrap_or_default();
        return Err(BackupError::OtherLayout { found: last(&layouts), known: last(&known_layouts()) });
    }
    let ours = hasher.key_check();
    if check.is_none_or(|check| check != ours.0) {
        return Err(BackupError::OtherMasterKey);
    }
    Ok(Header {
        bellwether_backup: FORM,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        created_at_ms: now.unix_ms(),
        database: kind.name().to_owned(),
        layouts,
        key_check: hex(&ours.0),
    })
}

/// A backup that is being written.
struct Dump<'a> {
    connection: AnyConnection,
    kind: Kind,
    out: &'a mut dyn Write,
    checksum: Checksum,
}

impl Dump<'_> {
    /// Writes a table, and says how many rows it has.
    async fn table(&mut self, table: &Table, progress: Progress<'_>) -> Result<u64, BackupError> {
        let failed = || BackupError::database("read a table for the backup");
        let columns = columns(&mut self.connection, self.kind, table.name).await.map_err(failed())?;
        self.line(&TableLine { table: table.name.to_owned(), columns: columns.clone() })?;
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let asked = format!("SELECT {} FROM {} ORDER BY {}", names.join(", "), table.name, table.order);
        let mut rows = sqlx::query(AssertSqlSafe(asked)).fetch(&mut self.connection);
        let mut count = 0;
        while let Some(found) = rows.try_next().await.map_err(failed())? {
            let line = row(&found, &columns).map_err(failed())?;
            write(self.out, &mut self.checksum, &line)?;
            count += 1;
            if count % ROWS_PER_WORD == 0 {
                progress(table.name, count);
            }
        }
        progress(table.name, count);
        Ok(count)
    }

    /// Writes sums of calls, and says how many rows there are; nothing where nobody has made any.
    async fn sums(&mut self, progress: Progress<'_>) -> Result<Vec<(String, u64)>, BackupError> {
        let failed = || BackupError::database("look for sums of calls");
        if !has_sums(&mut self.connection, self.kind).await.map_err(failed())? {
            return Ok(Vec::new());
        }
        let marks = self.table(&Table { name: MARKS, order: "name" }, progress).await?;
        let columns = sums_table(SUMS).map(|(_, columns)| columns).unwrap_or_default();
        self.line(&TableLine { table: SUMS.to_owned(), columns })?;
        let (out, checksum, mut count) = (&mut *self.out, &mut self.checksum, 0);
        let sum = |(tier, period, packed): (i64, i64, Vec<u8>)| {
            count += 1;
            if count % ROWS_PER_WORD == 0 {
                progress(SUMS, count);
            }
            write(out, checksum, &(tier, period, hex(&packed)))
        };
        each_sum(&mut self.connection, sum).await?;
        progress(SUMS, count);
        Ok(vec![(MARKS.to_owned(), marks), (SUMS.to_owned(), count)])
    }

    fn line(&mut self, line: &impl Serialize) -> Result<(), BackupError> {
        write(self.out, &mut self.checksum, line)
    }
}

fn write(out: &mut dyn Write, checksum: &mut Checksum, line: &impl Serialize) -> Result<(), BackupError> {
    let mut text = serde_json::to_vec(line).expect("what a backup holds is JSON");
    text.push(b'\n');
    checksum.take(&text);
    out.write_all(&text).map_err(BackupError::file("write the backup"))
}
