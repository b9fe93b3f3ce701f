//! OpenAI's Responses, read into the canonical form and written from it.

mod citation;
mod echo;
mod failure;
mod names;
mod prompt_reader;
mod prompt_writer;
mod reply;
mod seals;
mod stream_reader;
mod stream_writer;
mod translator;
mod usage;

pub use translator::Responses;

/// Stands between the pieces of a thought that were told apart.
const PARAGRAPH: &str = "\n\n";
