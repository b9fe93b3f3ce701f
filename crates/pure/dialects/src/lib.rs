//! Wire formats. Today: the framings, a lazy scan of JSON bodies, and the OpenAI chat dialect as far as a
//! same-dialect pass-through needs it. Bytes are read, never rebuilt.

pub mod framing;
pub mod json;
pub mod openai_chat;
