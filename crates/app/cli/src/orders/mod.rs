//! `bellwether orders`: transfers that are waited for.

mod command;
mod shown;

pub(crate) use command::run;
