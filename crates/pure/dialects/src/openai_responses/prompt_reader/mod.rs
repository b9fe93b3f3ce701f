//! A caller's request, read into the canonical form.

mod content;
mod extras;
mod items;
mod options;
mod request;
#[cfg(test)]
mod tests;
mod tools;

pub(super) use request::read_prompt;
