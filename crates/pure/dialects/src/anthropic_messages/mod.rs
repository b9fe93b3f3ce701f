//! Anthropic's Messages, read into the canonical form and written from it.

mod translator;

pub use translator::Messages;

/// Headers of a caller that a provider needs.
pub(crate) const REQUEST_HEADERS: &[&str] = &["anthropic-beta", "anthropic-version"];
