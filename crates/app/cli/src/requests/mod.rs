//! `bellwether requests`: rows of calls.

mod command;
mod local;
mod shown;

pub(crate) use command::run;
