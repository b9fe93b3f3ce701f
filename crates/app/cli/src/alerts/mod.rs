//! `bellwether alerts`: what is bad, what is silent, what was told, and whether channels work.

mod command;
mod shown;

pub(crate) use command::{run, test};
