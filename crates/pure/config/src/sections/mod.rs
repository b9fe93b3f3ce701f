//! The sections of the file, one module each: the raw struct that serde and the schema see, and the check that turns
//! it into its part of the snapshot.

pub(crate) mod accounts;
pub(crate) mod adaptive;
pub(crate) mod admin;
pub(crate) mod alerts;
mod base_url;
pub(crate) mod cache;
pub(crate) mod catalog;
mod credentials;
pub(crate) mod environment;
mod environment_proxy;
pub(crate) mod errors;
pub(crate) mod file;
pub(crate) mod health;
pub(crate) mod idempotency;
pub(crate) mod keys;
pub(crate) mod known_names;
mod label;
pub(crate) mod ledger;
pub(crate) mod limits;
pub(crate) mod listeners;
pub(crate) mod log;
pub(crate) mod metrics;
pub(crate) mod models;
pub(crate) mod networks;
mod no_proxy;
pub(crate) mod policy;
pub(crate) mod probes;
pub(crate) mod providers;
mod proxy_flaw;
pub(crate) mod rates;
pub(crate) mod reports;
pub(crate) mod requests;
pub(crate) mod retries;
mod spoken;
pub(crate) mod timeouts;
mod traits;
mod way_out;

pub(crate) use file::File;
