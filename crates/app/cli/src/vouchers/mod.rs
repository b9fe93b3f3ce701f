//! `bellwether vouchers`: codes that are worth money once.

mod command;
mod shown;

pub(crate) use command::run;
