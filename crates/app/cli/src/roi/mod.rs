//! `bellwether roi`: what a change of models is worth. Needs no server; one that runs is asked for its list prices.

mod command;
mod shown;

pub(crate) use command::run;
