//! Anthropic's Messages, read into the canonical form and written from it.

mod translator;

pub use translator::Messages;
