//! `bellwether config`: what is in force and what was, on the running server or, without one, in the data directory.

mod command;
mod local;
mod shown;

pub(crate) use command::run;
