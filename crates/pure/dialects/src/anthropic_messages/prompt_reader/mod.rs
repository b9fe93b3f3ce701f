//! A Messages request, read into the canonical form: one file for the request as a whole, the turns, their blocks, the
//! settings, and the tools.

mod blocks;
mod extras;
mod settings;
mod tools;
mod top;
mod turns;

pub(super) use top::read;
