//! The vendors we know: where each is, what it speaks, how it signs, and which variables its users already have set.
//! Data only: nothing here opens a connection or reads a variable.

mod anthropic;
mod auth;
mod balance;
mod catalog;
pub mod foreign;
mod key_check;
mod key_lookalikes;
pub mod models;
mod openai;
mod provider;
pub mod quirk;

use std::sync::LazyLock;

pub use auth::Auth;
pub use balance::{BalanceAsk, Left};
pub use dialects::Dialect;
pub use dialects::surface::Operation;
pub use key_check::{KeyCheck, KeyVerdict, key_verdict};
pub use key_lookalikes::KEY_LOOKALIKES;
pub use provider::{COMPATIBLE, Provider};
pub use quirk::{Deviations, Quirk, Quirks, ReasoningForm, Replay, SpeakerNames, ToolChoices, Word};

/// Vendors with a file of their own, in the order in which they are tried.
static OWN: &[&Provider] = &[&openai::OPENAI, &anthropic::ANTHROPIC];

static ALL: LazyLock<Vec<&'static Provider>> =
    LazyLock::new(|| OWN.iter().copied().chain(catalog::compatible()).collect());

/// Every known vendor in documented order: those with a file of their own, then `catalog/compatible.toml` from the
/// top. When several providers take any model name, the first of this order is asked first.
pub fn all() -> &'static [&'static Provider] {
    &ALL
}

/// The vendor, or the generic [`COMPATIBLE`], of that name.
pub fn find(name: &str) -> Option<&'static Provider> {
    std::iter::once(&COMPATIBLE).chain(all().iter().copied()).find(|provider| provider.name == name)
}
