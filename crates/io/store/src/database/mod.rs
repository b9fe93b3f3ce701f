//! The one database: SQLite in the data directory, or a PostgreSQL server. Opened by one process at a time.

mod answered;
mod backend;
mod beside;
mod kind;
mod layouts;
mod opened;
mod place;
mod pool;
mod postgres;
mod reading;
mod server_url;
#[cfg(test)]
pub(crate) mod silent_way;
mod sqlite;
mod steps;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod throwaway;
mod transaction;

pub(crate) use answered::AnyConnection;
pub(crate) use beside::{close_empty, known_layouts, open_beside, open_empty, take_layouts};
pub(crate) use kind::Kind;
pub use opened::{DATABASE_FILE, Database};
pub use place::{DatabasePlace, PlaceError};
pub(crate) use pool::{AnyPool, Leased};
pub(crate) use sqlite::open_rows;
pub(crate) use transaction::Transaction;
