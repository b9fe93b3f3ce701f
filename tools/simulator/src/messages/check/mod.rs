//! Whether a request is one that Anthropic's API takes.

mod content;
mod media;
mod pairing;
mod settings;
mod thinking;
mod tools;
mod whole;

pub(super) use whole::{check, check_counted};
