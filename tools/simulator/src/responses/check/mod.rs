//! Whether a request is one that OpenAI's API takes.

mod items;
mod pairing;
mod reasoning;
mod tools;
mod whole;

pub(super) use tools::is_strict_form;
pub(super) use whole::{check, check_counted};
