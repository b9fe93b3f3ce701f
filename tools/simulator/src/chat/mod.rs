//! `POST /chat/completions`, whole and streamed, with tool calls.
//!
//! Shapes from OpenAI's API reference, "The chat completion object" and "The chat completion chunk object"
//! (platform.openai.com/docs/api-reference/chat), written by hand from that text. Log probabilities, audio and
//! structured output are not simulated. Requests are checked closely only where a node is told to.

mod answer;
mod check;
mod deviate;
mod read;
mod usage;
mod write;

pub(crate) use answer::answer;
pub(crate) use usage::usage;
