//! Filling an empty database from a backup. The whole file is read before anything is written, and once more while it is: what was
//! changed in between is not taken.

use std::io::{self, BufRead};
use std::path::PathBuf;

use sqlx::{AssertSqlSafe, Row};

use super::beside::Beside;
use super::cells::{Column, Known, bind, columns};
use super::error::BackupError;
use super::format::{BackupReport, Progress, TableLine};
use super::reader::{Line, Reader};
use super::sums::{SumsPlace, sums_table};
use super::tables::TABLES;
use crate::audit::{AuditFault, AuditRecords, NewAuditEntry};
use crate::database::{
    AnyConnection, AnyPool, Database, DatabasePlace, Kind, close_empty, open_empty, take_layouts,
};
use crate::keys::KeyHasher;
use crate::requests::REQUESTS_FILE;

/// Opens the file from its beginning.
pub type Source<'a> = &'a dyn Fn() -> io::Result<Box<dyn BufRead>>;

/// Rows between two words of progress.
const ROWS_PER_WORD: u64 = 10_000;

/// What was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What the backup held.
    pub report: BackupReport,
    /// What is wrong with the audit in it: it was so when the backup was made.
    pub audit: Option<AuditFault>,
    /// Whether sums of calls were there already: those of the backup were left out then.
    pub has_other_sums: bool,
}

/// Restores everything, or nothing. `entry` is what the audit is told; what was restored is added to it.
pub async fn restore(
    place: &DatabasePlace,
    hasher: &KeyHasher,
    source: Source<'_>,
    entry: NewAuditEntry,
    progress: Progress<'_>,
) -> Result<Restored, BackupError> {
    let report = read_all(source, hasher)?;
    let DatabasePlace::File(path) = place else {
        return fill(place, None, hasher, source, entry, report, progress)
            .await
            .map(|(restored, _)| restored);
    };
    // Beside its place, and put there when it is whole: a crash leaves an empty place and a file that the next try removes.
    if path.metadata().is_ok_and(|found| found.len() > 0) {
        return Err(BackupError::NotEmpty(place.to_string()));
    }
    let beside = Beside::new(path)?;
    let sums_file = Some(path.with_file_name(REQUESTS_FILE));
    let filling = DatabasePlace::File(beside.path.clone());
    let (restored, sums) = fill(&filling, sums_file, hasher, source, entry, report, progress).await?;
    // Before the database: whoever finds that finds all of it.
    sums.put_in_place()?;
    beside.put_in_place(path)?;
    Ok(restored)
}

/// Reads the file to its end: after that, all of it is known to be good.
fn read_all(source: Source<'_>, hasher: &KeyHasher) -> Result<BackupReport, BackupError> {
    let mut reader = open(source, hasher)?;
    let mut tables: Vec<(String, u64)> = Vec::new();
    loop {
        match reader.next()? {
            Line::Table(line) => tables.push((line.table, 0)),
            Line::Row(_) => match tables.last_mut() {
                Some((_, rows)) => *rows += 1,
                None => return Err(reader.damaged("a row stands before any table".to_owned())),
            },
            Line::End => return Ok(reader.header.report(tables)),
        }
    }
}

fn open(source: Source<'_>, hasher: &KeyHasher) -> Result<Reader, BackupError> {
    Reader::open(source().map_err(BackupError::file("open the backup"))?, hasher)
}

/// `sums_file`: where sums of calls go, if not into the database itself.
async fn fill(
    place: &DatabasePlace,
    sums_file: Option<PathBuf>,
    hasher: &KeyHasher,
    source: Source<'_>,
    mut entry: NewAuditEntry,
    report: BackupReport,
    progress: Progress<'_>,
) -> Result<(Restored, SumsPlace), BackupError> {
    let (pool, kind) = open_empty(place).await?;
    if has_tables(&pool, kind).await.map_err(BackupError::database("look into the database"))? {
        return Err(BackupError::NotEmpty(place.to_string()));
    }
    take_layouts(report.layout, &pool, kind, place).await?;
    let mut sums = match sums_file {
        Some(file) => SumsPlace::file(file)?,
        None => SumsPlace::within(&pool, kind)
            .await
            .map_err(BackupError::database("make room for sums of calls"))?,
    };
    let mut reader = open(source, hasher)?;
    let mut transaction = pool.begin().await.map_err(BackupError::database("write a backup's rows"))?;
    let tables = empty(&mut transaction, kind).await;
    let tables = tables.map_err(BackupError::database("make room for a backup's rows"))?;
    let mut room = Room { connection: &mut transaction, kind, sums: &mut sums };
    rows(&mut room, tables, &mut reader, progress).await?;
    if kind == Kind::Postgres {
        go_on_counting(&mut transaction).await.map_err(BackupError::database("go on counting"))?;
    }
    transaction.commit().await.map_err(BackupError::database("keep a backup's rows"))?;
    sums.keep().await.map_err(BackupError::database("keep a backup's sums of calls"))?;
    close_empty(&pool, kind).await;
    // As any start does: brings an older layout up to date, and finds the master key to be the one.
    let database = Database::open(place, hasher).await?;
    let audit = database.verify(None).await?.fault;
    if audit.is_none() {
        entry.after = serde_json::json!({
            "made_at": report.created_at.rfc3339(), "by_version": report.version, "rows": report.rows(),
        })
        .to_string();
        database.note(&entry).await?;
    }
    database.close().await;
    Ok((Restored { report, audit, has_other_sums: sums.has_passed }, sums))
}

async fn has_tables(pool: &AnyPool, kind: Kind) -> Result<bool, sqlx::Error> {
    let asked = match kind {
        Kind::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table'",
        Kind::Postgres => {
            "SELECT table_name::TEXT AS name FROM information_schema.tables WHERE table_schema = current_schema()"
        }
    };
    let rows = sqlx::query(asked).fetch_all(pool).await?;
    for row in &rows {
        let name: String = row.try_get("name")?;
        if name == "_sqlx_migrations" || TABLES.iter().any(|table| table.name == name) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes out what the layouts put in by themselves, and says which tables there are. Those that are only added to have nothing.
async fn empty(connection: &mut AnyConnection, kind: Kind) -> Result<Vec<Known>, sqlx::Error> {
    let mut tables = Vec::with_capacity(TABLES.len());
    for table in TABLES.iter().rev() {
        let columns = columns(connection, kind, table.name).await?;
        // Of a later layout than the backup.
        if columns.is_empty() {
            continue;
        }
        tables.push((table.name, columns));
        let has_rows = sqlx::query(AssertSqlSafe(format!("SELECT 1 AS one FROM {} LIMIT 1", table.name)))
            .fetch_optional(&mut *connection)
            .await?
            .is_some();
        if has_rows {
            sqlx::query(AssertSqlSafe(format!("DELETE FROM {}", table.name)))
                .execute(&mut *connection)
                .await?;
        }
    }
    // It waits for the first opening, which would have no use for it.
    sqlx::query("DROP TABLE IF EXISTS audit_unchained").execute(connection).await?;
    Ok(tables)
}

/// What is being filled.
struct Room<'r> {
    connection: &'r mut AnyConnection,
    kind: Kind,
    sums: &'r mut SumsPlace,
}

async fn rows(
    room: &mut Room<'_>,
    mut left: Vec<Known>,
    reader: &mut Reader,
    progress: Progress<'_>,
) -> Result<(), BackupError> {
    let mut target: Option<Target> = None;
    loop {
        match reader.next()? {
            Line::Table(line) => {
                if let Some(done) = target.take() {
                    progress(done.table, done.count);
                }
                let sums = sums_table(&line.table);
                let is_of_sums = sums.is_some();
                let place = left.iter().position(|(name, _)| *name == line.table);
                let unexpected = || reader.damaged(format!("no table {:?} is expected", line.table));
                let known = sums.or_else(|| place.map(|place| left.swap_remove(place)));
                let (name, known) = known.ok_or_else(unexpected)?;
                let found = Target::new((name, is_of_sums), &line, &known, room.kind);
                target = Some(found.ok_or_else(|| {
                    reader.damaged(format!("the columns of {name} are not those of its layout"))
                })?);
            }
            Line::Row(cells) => {
                let no_table = || reader.damaged("a row stands before any table".to_owned());
                let target = target.as_mut().ok_or_else(no_table)?;
                let query = target.insertion(&cells);
                let query =
                    query.ok_or_else(|| reader.damaged(format!("it is no row of {}", target.table)))?;
                let connection = match target.is_of_sums {
                    true => room.sums.connection(room.connection).await?,
                    false => Some(&mut *room.connection),
                };
                if let Some(connection) = connection {
                    let done = query.execute(connection).await;
                    done.map_err(BackupError::database("write a backup's rows"))?;
                }
                target.count += 1;
                if target.count % ROWS_PER_WORD == 0 {
                    progress(target.table, target.count);
                }
            }
            Line::End if left.is_empty() => {
                if let Some(done) = target {
                    progress(done.table, done.count);
                }
                return Ok(());
            }
            Line::End => return Err(reader.damaged(format!("the table {} is missing", left[0].0))),
        }
    }
}

/// The table that is being filled.
struct Target {
    table: &'static str,
    is_of_sums: bool,
    columns: Vec<Column>,
    statement: String,
    count: u64,
}

impl Target {
    /// Names go into a statement: only those that the database itself has.
    fn new(
        (table, is_of_sums): (&'static str, bool),
        line: &TableLine,
        known: &[Column],
        kind: Kind,
    ) -> Option<Self> {
        let is_same =
            line.columns.len() == known.len() && line.columns.iter().all(|told| known.contains(told));
        let names: Vec<&str> = line.columns.iter().map(|(name, _)| name.as_str()).collect();
        let places: Vec<String> = (1..=names.len()).map(|place| format!("${place}")).collect();
        // Numbers that the database counts itself are those of the backup.
        let numbers = if kind == Kind::Postgres { "OVERRIDING SYSTEM VALUE " } else { "" };
        let statement =
            format!("INSERT INTO {table} ({}) {numbers}VALUES ({})", names.join(", "), places.join(", "));
        is_same.then(|| Self { table, is_of_sums, columns: line.columns.clone(), statement, count: 0 })
    }

    fn insertion(
        &self,
        cells: &[serde_json::Value],
    ) -> Option<sqlx::query::Query<'static, sqlx::Any, sqlx::any::AnyArguments>> {
        if cells.len() != self.columns.len() {
            return None;
        }
        let query = sqlx::query(AssertSqlSafe(self.statement.clone()));
        self.columns.iter().zip(cells).try_fold(query, |query, ((_, kind), cell)| bind(query, cell, *kind))
    }
}

/// What PostgreSQL counts itself goes on behind the last number; SQLite sees that by itself.
async fn go_on_counting(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let asked = "SELECT table_name::TEXT AS place, column_name::TEXT AS name FROM information_schema.columns
                 WHERE table_schema = current_schema() AND is_identity = 'YES'";
    for row in sqlx::query(asked).fetch_all(&mut *connection).await? {
        let (table, column): (String, String) = (row.try_get("place")?, row.try_get("name")?);
        if !TABLES.iter().any(|known| known.name == table) {
            continue;
        }
        let statement = format!(
            "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), COALESCE(MAX({column}), 0) + 1, false) FROM {table}"
        );
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *connection).await?;
    }
    Ok(())
}
