//! `bellwether accounts`: who pays for whose calls.

mod command;
mod shown;

pub(crate) use command::run;
