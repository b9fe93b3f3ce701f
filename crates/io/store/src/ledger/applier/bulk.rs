//! Many rows in one statement: a place for each value of so many rows at once that the statement is made once and kept.

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe};

use crate::database::{Kind, Transaction};

/// Rows of one statement. All but a few go with the first; the rest makes up every count.
const ROWS_AT_ONCE: [usize; 5] = [256, 64, 16, 4, 1];

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Number(i64),
    Text(String),
    Bytes([u8; 16]),
    NoNumber,
    NoText,
}

impl Value {
    /// Behind what is bound already.
    pub(crate) fn bound(self, query: Query<'_, Any, AnyArguments>) -> Query<'_, Any, AnyArguments> {
        match self {
            Self::Number(number) => query.bind(number),
            Self::Text(text) => query.bind(text),
            Self::Bytes(bytes) => query.bind(bytes.to_vec()),
            Self::NoNumber => query.bind(None::<i64>),
            Self::NoText => query.bind(None::<String>),
        }
    }
}

/// A table that rows are put into, and what happens to those that are there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) table: &'static str,
    pub(crate) columns: &'static [&'static str],
    /// What follows the rows: `ON CONFLICT …`, or nothing.
    pub(crate) conflict: &'static str,
}

impl Target {
    fn statement(&self, kind: Kind, rows: usize) -> String {
        let Self { table, columns, conflict } = self;
        let rows = places(kind, rows, columns.len());
        format!("INSERT INTO {table} ({}) VALUES {rows} {conflict}", columns.join(", "))
    }

    /// Puts rows in: their values, one row behind the other.
    pub(crate) async fn put(
        &self,
        transaction: &mut Transaction,
        kind: Kind,
        values: Vec<Value>,
    ) -> Result<(), sqlx::Error> {
        in_parts(transaction, values, self.columns.len(), |rows| self.statement(kind, rows)).await
    }
}

/// Removes the rows with these keys.
pub(crate) async fn remove(
    transaction: &mut Transaction,
    kind: Kind,
    (table, column): (&str, &str),
    keys: Vec<Value>,
) -> Result<(), sqlx::Error> {
    let statement =
        |rows| format!("DELETE FROM {table} WHERE {column} IN (VALUES {})", places(kind, rows, 1));
    in_parts(transaction, keys, 1, statement).await
}

async fn in_parts(
    transaction: &mut Transaction,
    values: Vec<Value>,
    width: usize,
    statement: impl Fn(usize) -> String,
) -> Result<(), sqlx::Error> {
    let mut left = values.len() / width;
    let mut values = values.into_iter();
    for rows in ROWS_AT_ONCE {
        if left < rows {
            continue;
        }
        let text = statement(rows);
        while left >= rows {
            let mut query = sqlx::query(AssertSqlSafe(text.clone()));
            for value in values.by_ref().take(rows * width) {
                query = value.bound(query);
            }
            query.execute(&mut **transaction).await?;
            left -= rows;
        }
    }
    Ok(())
}

/// `(?, ?), (?, ?)`; where SQLite has names for its places it looks each up among all.
fn places(kind: Kind, rows: usize, width: usize) -> String {
    let mut text = String::with_capacity(rows * width * 4);
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..width {
            text.push_str(if column == 0 { "" } else { ", " });
            match kind {
                Kind::Sqlite => text.push('?'),
                Kind::Postgres => {
                    text.push('$');
                    text.push_str(&(row * width + column + 1).to_string());
                }
            }
        }
        text.push(')');
    }
    text
}

/// The texts of a JSON list, as rows of one column.
pub(crate) const fn texts(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => "SELECT value FROM json_each($1)",
        Kind::Postgres => "SELECT json_array_elements_text($1::json)",
    }
}

/// The same of ids of calls, as bytes.
pub(crate) const fn calls(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => "SELECT unhex(value) FROM json_each($1)",
        Kind::Postgres => "SELECT decode(json_array_elements_text($1::json), 'hex')",
    }
}

#[cfg(test)]
mod tests {
    use super::places;
    use crate::database::Kind;

    #[test]
    fn every_value_has_a_place() {
        assert_eq!(places(Kind::Sqlite, 2, 2), "(?, ?), (?, ?)");
        assert_eq!(places(Kind::Postgres, 2, 2), "($1, $2), ($3, $4)");
    }
}
