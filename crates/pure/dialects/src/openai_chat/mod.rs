//! OpenAI's chat dialect: which paths exist, what a request decides, what an answer tells while its bytes pass, how a
//! failure is worded, and the translation into the canonical form and from it.

mod answer;
mod call_fragments;
mod choices;
mod details;
mod end_user;
mod ending;
mod failure;
mod finish;
mod form;
mod limits;
mod marks;
mod prompt_reader;
mod prompt_writer;
mod reading;
mod reply;
mod request;
mod stream_reader;
mod stream_writer;
mod translator;
mod usage;

pub use failure::{ErrorCodes, error_body, stream_error_event};
pub use form::FormScan;
pub(crate) use limits::LIMIT_HEADERS;
pub(crate) use reading::ChatReading;
pub use request::{Deciding, MODEL_BYTES_MAX, RequestFlaw, RequestScan, stream_options_with_usage};
pub use translator::Chat;

/// Headers of a caller that a provider needs.
pub(crate) const REQUEST_HEADERS: &[&str] = &["openai-beta"];
/// Headers of a provider that tell a caller about his answer, and nothing about the operator's account.
pub(crate) const REPLY_HEADERS: &[&str] = &["openai-processing-ms", "openai-version"];
