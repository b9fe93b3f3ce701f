//! `bellwether whatif`: what calls would have cost elsewhere.

mod command;
mod shown;

pub(crate) use command::run;
