//! One value of a row, or that it is none.

use sqlx::Row;
use sqlx::any::AnyRow;

pub(super) fn text<T>(row: &AnyRow, column: &str, parse: fn(&str) -> Option<T>) -> Result<T, sqlx::Error> {
    let found: &str = row.try_get(column)?;
    parse(found).ok_or_else(|| damaged(column, found))
}

pub(super) fn damaged(column: &str, found: &str) -> sqlx::Error {
    let source = format!("not what this program writes: {found:?}");
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: source.into() }
}
