//! Wire formats: the framings, lazy and ordered readers of JSON, the canonical form of conversations, and one folder for
//! each dialect that is read into it and written from it. Bytes that need no translation are read, never rebuilt.

pub mod anthropic_messages;
mod base64url;
pub mod canonical;
mod dialect;
pub mod envelope;
pub mod framing;
pub mod json;
mod limit_headers;
pub mod listing;
pub mod openai_chat;
pub mod openai_responses;
pub mod rate_limits;
pub mod retouch;
pub mod retry_after;
pub mod stored;
pub mod surface;
pub mod translation;
mod translator;
mod translators;
pub mod watch;

pub use dialect::Dialect;
pub use limit_headers::{LimitHeaders, LimitNames};
pub use translator::{CUSTOM_TOOL_ARGUMENT, StreamReader, StreamWriter, Target, Translator, Voice, Written};
