//! Anthropic's Messages, read into the canonical form and written from it.

mod answer_block;
mod arguments;
mod citation;
mod counts;
mod event_text;
mod failure;
mod finish;
mod limits;
mod marks;
mod prompt_reader;
mod prompt_writer;
mod reply;
mod rounds;
mod seals;
mod stream_reader;
mod stream_writer;
mod translator;
mod usage;
mod waiting;

pub(crate) use limits::LIMIT_HEADERS;
pub use translator::Messages;

/// Only callers of this dialect send it.
pub(crate) const VERSION_HEADER: &str = "anthropic-version";
/// Headers of a caller that a provider needs.
pub(crate) const REQUEST_HEADERS: &[&str] = &["anthropic-beta", VERSION_HEADER];
/// What a provider is told where the caller, who may speak another dialect, says nothing.
pub(crate) const USUAL_HEADERS: &[(&str, &str)] = &[(VERSION_HEADER, "2023-06-01")];
