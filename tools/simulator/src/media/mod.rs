//! What is not a conversation: sound, images, moderation and ranking.
//!
//! Shapes from OpenAI's API reference, "Audio", "Images" and "Moderations" (platform.openai.com/docs/api-reference), and
//! from Cohere's, "Rerank" (docs.cohere.com/reference/rerank), written by hand from those texts. Nothing is heard or
//! seen: an answer says what was received, so that a test can see whether it came through unharmed.

mod audio;
mod form;
mod images;
mod moderations;
mod receipt;
mod rerank;
mod routes;
mod sha256;
mod speech;

pub use images::EXPECTED_IMAGE;
pub use moderations::FLAG_MARKER;
pub use speech::expected_speech;

pub(crate) use routes::answer;
