//! What is read of a new-api or one-api: the tables that are worth moving, as whole rows by the names of their columns.
//! What they mean is not known here.

use serde_json::{Map, Value};
use sqlx::AssertSqlSafe;

use super::error::ForeignError;

/// Most rows of one table.
const ROWS_MAX: usize = 1_000_000;

/// So many rows are asked for: one too many tells of a table that is too long.
pub(super) const ROWS_ASKED: i64 = ROWS_MAX as i64 + 1;

/// The tables that are read, with what reads them. The first must be there.
pub(super) const TABLES: [(&str, &str); 4] = [
    ("channels", "SELECT * FROM channels ORDER BY id LIMIT $1"),
    ("users", "SELECT * FROM users ORDER BY id LIMIT $1"),
    ("tokens", "SELECT * FROM tokens ORDER BY id LIMIT $1"),
    ("options", "SELECT * FROM options ORDER BY key LIMIT $1"),
];

/// A row: values by the names of their columns.
type Row = Map<String, Value>;

/// What was read, all of one moment.
#[derive(Clone, Default)]
pub struct ForeignTables {
    /// `channels`.
    pub channels: Vec<Row>,
    /// `users`.
    pub users: Vec<Row>,
    /// `tokens`.
    pub tokens: Vec<Row>,
    /// `options`.
    pub options: Vec<Row>,
    /// All other tables, and how many rows each has.
    pub others: Vec<(String, u64)>,
}

impl std::fmt::Debug for ForeignTables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Rows hold keys.
        write!(f, "ForeignTables({} channels)", self.channels.len())
    }
}

impl ForeignTables {
    /// Puts the number of a table's rows in its place.
    pub(super) fn put_count(&mut self, table: &str, count: i64) {
        self.others.push((table.to_owned(), count.unsigned_abs()));
    }

    /// Puts the rows of one of [`TABLES`] in their place.
    pub(super) fn put(&mut self, table: &'static str, rows: Vec<Row>) -> Result<(), ForeignError> {
        if rows.len() > ROWS_MAX {
            return Err(ForeignError::TooManyRows { table, count_max: ROWS_MAX });
        }
        match table {
            "channels" => self.channels = rows,
            "users" => self.users = rows,
            "tokens" => self.tokens = rows,
            _ => self.options = rows,
        }
        Ok(())
    }
}

/// The tables that must be there, among those that are.
pub(super) fn present(names: &[String]) -> Result<Vec<(&'static str, &'static str)>, ForeignError> {
    let is_there = |table: &str| names.iter().any(|name| name == table);
    let (first, _) = TABLES[0];
    if !is_there(first) {
        return Err(ForeignError::NoTable { table: first });
    }
    Ok(TABLES.into_iter().filter(|(table, _)| is_there(table)).collect())
}

/// The tables that are counted only, with what counts them.
pub(super) fn counted(names: &[String]) -> impl Iterator<Item = (&String, AssertSqlSafe<String>)> {
    let counted = names.iter().filter(|name| TABLES.iter().all(|(table, _)| table != name));
    counted.map(|name| (name, AssertSqlSafe(format!("SELECT count(*) FROM {}", quoted(name)))))
}

/// A name as SQL takes it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
