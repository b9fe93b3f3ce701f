//! `bellwether cache`: answers that are kept for whoever asks the same.

mod command;
mod shown;

pub(crate) use command::run;
