//! `bellwether report`: what calls came to.

mod command;
mod shown;

pub(crate) use command::run;
