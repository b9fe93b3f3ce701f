//! Reading columns. What this program never writes is named, not skipped.

use domain::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

pub(crate) fn parsed<T>(
    row: &AnyRow,
    column: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, sqlx::Error> {
    let found: &str = row.try_get(column)?;
    parse(found).ok_or_else(|| damaged(column, found))
}

pub(crate) fn time(row: &AnyRow, column: &str) -> Result<Timestamp, sqlx::Error> {
    row.try_get(column).map(Timestamp)
}

pub(crate) fn time_if_any(row: &AnyRow, column: &str) -> Result<Option<Timestamp>, sqlx::Error> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp))
}

pub(crate) fn damaged(column: &str, found: &str) -> sqlx::Error {
    let source = format!("not what this program writes: {found:?}");
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: source.into() }
}
