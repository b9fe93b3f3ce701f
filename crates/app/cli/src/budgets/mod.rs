//! `bellwether budgets`: what may be spent in each day or month.

mod command;
mod shown;

pub(crate) use command::run;
