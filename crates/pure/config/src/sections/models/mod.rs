//! `models`: names for callers to ask for, and who serves them. Choosing among those is `routing`'s.

mod caching;
mod chain;
mod condition;
mod entry;
mod hedge;
mod limits;
mod resume;
mod target;
mod word_or;

pub use chain::Fallback;
pub use entry::Model;
pub(crate) use entry::{ModelEntry, check};
pub use target::ModelTarget;
