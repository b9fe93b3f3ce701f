//! A chat request, written from the canonical form: one file for the request as a whole, the settings, the form of the answer,
//! the messages, their parts, and the tools.

mod format;
mod messages;
mod parts;
mod settings;
mod tools;
mod top;

pub(super) use top::write;
