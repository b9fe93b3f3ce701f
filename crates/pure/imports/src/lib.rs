//! Moving in: what another gateway is configured to do, as a draft of our configuration, a report of what became of each
//! setting, and the secrets that go with it. Text and rows in; nothing is read or written here.
//!
//! A draft is held against the configuration's own check before anybody sees it. A report never holds a secret.

mod decimal;
mod draft;
mod ids;
mod imported;
mod report;

pub mod balances;
pub mod keys;
pub mod litellm;
pub mod litellm_prices;
pub mod new_api;

pub use draft::Draft;
pub use imported::{CarriedSecret, Imported};
pub use report::{Fate, Finding, Report, Spot};
