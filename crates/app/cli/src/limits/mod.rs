//! `bellwether limits`: how fast and how much at once, by whom.

mod command;
mod shown;

pub(crate) use command::run;
