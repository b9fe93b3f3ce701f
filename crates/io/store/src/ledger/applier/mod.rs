//! The database as a projection of the journal: batches of its records become entries, balances and open holds.

mod bulk;
mod hours;
mod loading;
mod payment;
mod project;
mod received;
mod rows;
mod sql;
#[cfg(test)]
mod suite;

pub(crate) use bulk::{Value, calls, texts};
pub(crate) use hours::{begin_of, hour_of};
pub(crate) use loading::{call_of, hold_of, load, settled_calls};
pub(crate) use payment::{PaymentFacts, payment_facts};
pub(crate) use project::load_used_keys;
pub use project::{Applied, Applier, ApplyError};
pub(crate) use received::QUARTER_MS;
pub(crate) use rows::{gifts_of, joined};
pub(crate) use sql::{applied, key_is_used, take_fence, used_keys};
