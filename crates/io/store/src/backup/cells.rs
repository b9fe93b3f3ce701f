//! Cells of either database as JSON, and back. What a column holds is asked of the database's own catalogue.

use serde_json::Value;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, Row};

use super::format::CellKind;
use crate::database::{AnyConnection, Kind};
use crate::hex::{from_hex, hex};

/// A column of a table.
pub(super) type Column = (String, CellKind);
/// A table of the layout that is being filled.
pub(super) type Known = (&'static str, Vec<Column>);

/// The columns of a table in its order; none if there is no such table.
pub(super) async fn columns(
    connection: &mut AnyConnection,
    kind: Kind,
    table: &str,
) -> Result<Vec<Column>, sqlx::Error> {
    let asked = match kind {
        Kind::Sqlite => "SELECT name, type AS kind FROM pragma_table_info($1) ORDER BY cid",
        Kind::Postgres => {
            "SELECT column_name::TEXT AS name, data_type::TEXT AS kind FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position"
        }
    };
    let rows = sqlx::query(asked).bind(table.to_owned()).fetch_all(connection).await?;
    rows.iter().map(column).collect()
}

fn column(row: &AnyRow) -> Result<Column, sqlx::Error> {
    let (name, kind): (String, String) = (row.try_get("name")?, row.try_get("kind")?);
    let kind = match kind.to_ascii_lowercase().as_str() {
        "integer" | "bigint" => CellKind::Number,
        "text" => CellKind::Text,
        "blob" | "bytea" => CellKind::Bytes,
        other => {
            let message = format!("the column {name} holds {other}, which no backup knows");
            return Err(sqlx::Error::Protocol(message));
        }
    };
    Ok((name, kind))
}

/// A row as a backup has it.
pub(super) fn row(row: &AnyRow, columns: &[Column]) -> Result<Value, sqlx::Error> {
    let cell = |(place, (_, kind)): (usize, &Column)| {
        Ok(match kind {
            CellKind::Number => row.try_get::<Option<i64>, _>(place)?.map_or(Value::Null, Value::from),
            CellKind::Text => row.try_get::<Option<String>, _>(place)?.map_or(Value::Null, Value::from),
            CellKind::Bytes => {
                row.try_get::<Option<Vec<u8>>, _>(place)?.map_or(Value::Null, |bytes| hex(&bytes).into())
            }
        })
    };
    columns.iter().enumerate().map(cell).collect()
}

/// Binds the next cell of a backup's row; `None` if it is none of this kind.
pub(super) fn bind<'q>(
    query: Query<'q, Any, AnyArguments>,
    cell: &Value,
    kind: CellKind,
) -> Option<Query<'q, Any, AnyArguments>> {
    // NULL has a kind, too: PostgreSQL takes none of another.
    Some(match (kind, cell) {
        (CellKind::Number, Value::Null) => query.bind(None::<i64>),
        (CellKind::Number, number) => query.bind(number.as_i64()?),
        (CellKind::Text, Value::Null) => query.bind(None::<String>),
        (CellKind::Text, text) => query.bind(text.as_str()?.to_owned()),
        (CellKind::Bytes, Value::Null) => query.bind(None::<Vec<u8>>),
        (CellKind::Bytes, text) => query.bind(from_hex(text.as_str()?)?),
    })
}
