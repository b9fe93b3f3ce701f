//! Filling an empty database from a backup. The whole file is read before anything is written, and once more while it is: what was
//! changed in between is not taken.

use std::fs;
use std::io::{self, BufRead, ErrorKind};
use std::path::{Path, PathBuf};

use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, Connection, Row};

use super::cells::{Column, bind, columns};
use super::error::BackupError;
use super::format::{BackupReport, Progress, TableLine};
use super::reader::{Line, Reader};
use super::tables::TABLES;
use crate::audit::{AuditFault, AuditRecords, NewAuditEntry};
use crate::database::{Database, DatabasePlace, Kind, close_empty, layouts_of, open_empty};
use crate::keys::KeyHasher;

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
        return fill(place, hasher, source, entry, report, progress).await;
    };
    // Beside its place, and put there when it is whole: a crash leaves an empty place and a file that the next try removes.
    if path.metadata().is_ok_and(|found| found.len() > 0) {
        return Err(BackupError::NotEmpty(place.to_string()));
    }
    let beside = Beside::new(path)?;
    let restored =
        fill(&DatabasePlace::File(beside.path.clone()), hasher, source, entry, report, progress).await?;
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

async fn fill(
    place: &DatabasePlace,
    hasher: &KeyHasher,
    source: Source<'_>,
    mut entry: NewAuditEntry,
    report: BackupReport,
    progress: Progress<'_>,
) -> Result<Restored, BackupError> {
    let (pool, kind) = open_empty(place).await?;
    if has_tables(&pool, kind).await.map_err(BackupError::database("look into the database"))? {
        return Err(BackupError::NotEmpty(place.to_string()));
    }
    layouts_of(report.layout, kind).run(&pool).await.map_err(crate::error::StoreError::Layout)?;
    let mut reader = open(source, hasher)?;
    let mut connection = pool.acquire().await.map_err(BackupError::database("write a backup's rows"))?;
    let mut transaction = connection.begin().await.map_err(BackupError::database("write a backup's rows"))?;
    let tables = empty(&mut transaction, kind).await;
    let tables = tables.map_err(BackupError::database("make room for a backup's rows"))?;
    rows(&mut transaction, kind, tables, &mut reader, progress).await?;
    if kind == Kind::Postgres {
        go_on_counting(&mut transaction).await.map_err(BackupError::database("go on counting"))?;
    }
    transaction.commit().await.map_err(BackupError::database("keep a backup's rows"))?;
    drop(connection);
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
    Ok(Restored { report, audit })
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

/// A table of the layout that is being filled.
type Known = (&'static str, Vec<Column>);

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

async fn rows(
    connection: &mut AnyConnection,
    kind: Kind,
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
                let place = left.iter().position(|(name, _)| *name == line.table);
                let unexpected = || reader.damaged(format!("no table {:?} is expected", line.table));
                let (name, known) = left.swap_remove(place.ok_or_else(unexpected)?);
                target = Some(Target::new(name, &line, &known, kind).ok_or_else(|| {
                    reader.damaged(format!("the columns of {name} are not those of its layout"))
                })?);
            }
            Line::Row(cells) => {
                let no_table = || reader.damaged("a row stands before any table".to_owned());
                let target = target.as_mut().ok_or_else(no_table)?;
                let query = target.insertion(&cells);
                let query =
                    query.ok_or_else(|| reader.damaged(format!("it is no row of {}", target.table)))?;
                let done = query.execute(&mut *connection).await;
                done.map_err(BackupError::database("write a backup's rows"))?;
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
    columns: Vec<Column>,
    statement: String,
    count: u64,
}

impl Target {
    /// Names go into a statement: only those that the database itself has.
    fn new(table: &'static str, line: &TableLine, known: &[Column], kind: Kind) -> Option<Self> {
        let is_same =
            line.columns.len() == known.len() && line.columns.iter().all(|told| known.contains(told));
        let names: Vec<&str> = line.columns.iter().map(|(name, _)| name.as_str()).collect();
        let places: Vec<String> = (1..=names.len()).map(|place| format!("${place}")).collect();
        // Numbers that the database counts itself are those of the backup.
        let numbers = if kind == Kind::Postgres { "OVERRIDING SYSTEM VALUE " } else { "" };
        let statement =
            format!("INSERT INTO {table} ({}) {numbers}VALUES ({})", names.join(", "), places.join(", "));
        is_same.then(|| Self { table, columns: line.columns.clone(), statement, count: 0 })
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

/// A database file that is not in its place yet; what is left of it goes with this.
struct Beside {
    path: PathBuf,
}

impl Beside {
    fn new(place: &Path) -> Result<Self, BackupError> {
        let mut name = place.file_name().unwrap_or_default().to_owned();
        name.push(".restoring");
        let beside = Self { path: place.with_file_name(name) };
        // Of a restore that crashed.
        beside.clear().map_err(BackupError::file("remove what an earlier restore has left"))?;
        Ok(beside)
    }

    fn put_in_place(&self, place: &Path) -> Result<(), BackupError> {
        let put = fs::rename(&self.path, place).and_then(|()| {
            let directory = place.parent().unwrap_or(Path::new("."));
            fs::File::open(directory)?.sync_all()
        });
        put.map_err(BackupError::file("put the database in its place"))
    }

    fn clear(&self) -> io::Result<()> {
        for ending in ["", "-wal", "-shm"] {
            let mut path = self.path.clone().into_os_string();
            path.push(ending);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Where it is in its place, there is nothing left; else the next try removes it.
        let _ = self.clear();
    }
}
