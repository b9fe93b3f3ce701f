//! Versions of the configuration file: every text that was in force, so that any of them can be put back.

mod contract;
mod shelf;
mod sql;
#[cfg(test)]
mod suite;

pub use contract::{CONFIG_VERSIONS_MAX, ConfigRecords, ConfigVersion, NewConfigVersion};
pub(crate) use shelf::PURPOSE;
pub use shelf::{ConfigShelf, ConfigShelfError};
