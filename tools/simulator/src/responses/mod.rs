//! OpenAI's Responses: `POST /responses` whole and streamed, and what is asked of stored ones later.
//!
//! Shapes from OpenAI's API reference, "Responses" and "Streaming events" (platform.openai.com/docs/api-reference),
//! written by hand from that text. Requests are checked as closely as that text describes. Built-in tools are taken and
//! never used; background, conversations and prompts of the dashboard are not simulated.

mod answer;
mod check;
mod conversation;
mod items;
mod read;
mod refuse;
mod response;
mod routes;
mod stream;

pub(crate) use routes::answer;
