//! A chat request, read into the canonical form: one file for the settings, the messages, their parts, the thoughts in them,
//! and the tools.

mod messages;
mod parts;
mod settings;
mod thoughts;
mod tools;
mod top;

pub(super) use top::read;
