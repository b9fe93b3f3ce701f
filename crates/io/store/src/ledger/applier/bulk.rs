//! Many rows in one statement, as one text of JSON: both databases unpack it, each with its own words.

use serde_json::Value;
use sqlx::AssertSqlSafe;

use crate::database::{Kind, Transaction};

/// Most rows of one statement.
const ROWS_MAX: usize = 2000;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Number(&'static str),
    Text(&'static str),
}

/// A table that rows are put into, and what happens to those that are there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) table: &'static str,
    pub(crate) columns: &'static [Column],
    /// What follows the rows: `ON CONFLICT …`, or nothing.
    pub(crate) conflict: &'static str,
}

impl Target {
    fn statement(&self, kind: Kind) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name()).collect();
        let values: Vec<String> =
            self.columns.iter().enumerate().map(|(at, column)| column.value(at, kind)).collect();
        let from = match kind {
            Kind::Sqlite => "json_each($1)",
            Kind::Postgres => "json_array_elements($1::json) AS row(value)",
        };
        let Self { table, conflict, .. } = self;
        let (names, values) = (names.join(", "), values.join(", "));
        // `WHERE true` keeps SQLite from reading the conflict's ON as a join's.
        format!("INSERT INTO {table} ({names}) SELECT {values} FROM {from} WHERE true {conflict}")
    }

    /// Puts the rows in.
    pub(crate) async fn put(
        &self,
        transaction: &mut Transaction,
        kind: Kind,
        rows: &[Value],
    ) -> Result<(), sqlx::Error> {
        let statement = self.statement(kind);
        for part in rows.chunks(ROWS_MAX) {
            let text = serde_json::to_string(part).expect("rows are numbers and texts");
            sqlx::query(AssertSqlSafe(statement.clone())).bind(text).execute(&mut **transaction).await?;
        }
        Ok(())
    }
}

impl Column {
    const fn name(self) -> &'static str {
        match self {
            Self::Number(name) | Self::Text(name) => name,
        }
    }

    fn value(self, at: usize, kind: Kind) -> String {
        match (self, kind) {
            (Self::Number(_), Kind::Postgres) => format!("(value ->> {at})::BIGINT"),
            _ => format!("value ->> {at}"),
        }
    }
}

/// The texts of a JSON list, as rows of one column.
pub(crate) const fn texts(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => "SELECT value FROM json_each($1)",
        Kind::Postgres => "SELECT json_array_elements_text($1::json)",
    }
}
