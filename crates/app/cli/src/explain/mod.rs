//! `bellwether explain`: what would become of a request, from the running server. Nobody is asked for it.

mod command;
mod table;

pub(crate) use command::run;
