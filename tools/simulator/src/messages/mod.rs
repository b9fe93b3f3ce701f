//! Anthropic's Messages: `POST /messages` whole and streamed, `POST /messages/count_tokens`, `GET /models`.
//!
//! Shapes from Anthropic's API reference, "Messages", "Streaming messages" and "Errors" (docs.anthropic.com/en/api),
//! written by hand from that text. Requests are checked as closely as that text describes. Server tools, citations,
//! files and containers are taken and not simulated.

mod answer;
mod block;
mod check;
mod read;
mod refuse;
mod usage;
mod write;

pub(crate) use answer::{answer, count, models};
