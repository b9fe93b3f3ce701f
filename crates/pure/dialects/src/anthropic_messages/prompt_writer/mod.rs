//! A Messages request, written from the canonical form: one file for the request as a whole, the turns, their blocks, media,
//! the tools and their schemas, the choice among them, the form of the answer, thinking, and the other settings.

mod blocks;
mod choice;
mod format;
mod media;
mod schema;
mod settings;
mod thinking;
mod tools;
mod top;
mod turns;

pub(super) use top::write;
