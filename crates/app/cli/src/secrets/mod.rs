//! `bellwether secrets`: secrets that the configuration names, in the store of the running server or, without one, of the data
//! directory.

mod command;
mod given;
mod local;
mod shown;

pub(crate) use command::run;
