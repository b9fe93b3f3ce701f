//! The rows of a new-api or one-api database: channels become providers and models; users, keys and balances become
//! records for the accounts that are to come.
//!
//! `tables` takes rows, from a database or from JSON; `row` reads a value out of one; `channel` and `providers` make
//! providers, `routes` models; `options` is the console's settings; `accounts` is what is carried in a file of its own.

mod accounts;
mod channel;
mod options;
mod others;
mod plan;
mod providers;
mod routes;
pub(crate) mod row;
mod tables;

pub use accounts::{ACCOUNTS_FORMAT, ACCOUNTS_VERSION, Accounts, Seal};
pub use plan::{NewApiImport, layout_of, plan};
pub use tables::{NewApiTables, Row};
