//! A request written for a provider of this dialect.

mod items;
mod members;
mod options;
mod parts;
mod request;
#[cfg(test)]
mod tests;
mod tools;
mod writing;

pub(super) use request::write_prompt;
