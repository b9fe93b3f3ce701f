//! `bellwether keys`: callers' keys, by whoever has the admin key or the data directory.

mod balances;
mod balances_told;
mod command;
mod import;
mod local;
mod named;
mod place;
mod table;
mod wish;

pub(crate) use command::run;
