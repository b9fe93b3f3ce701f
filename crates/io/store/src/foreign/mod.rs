//! Databases of other gateways, read for moving in. They are never written to.

mod error;
mod new_api;
mod postgres;
mod sqlite;
mod tables;

pub use error::ForeignError;
pub use new_api::{ForeignDatabase, read_new_api};
pub use tables::ForeignTables;
