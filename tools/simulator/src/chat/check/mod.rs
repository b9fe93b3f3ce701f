//! Whether a chat is one that OpenAI's API takes.

mod messages;
mod refuse;
mod settings;
mod tools;

pub(super) use settings::check;
