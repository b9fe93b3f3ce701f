//! `bellwether provider`: taking providers out of service and putting them back, by whoever has the admin key or the data
//! directory.

mod command;
mod local;
mod shown;

pub(crate) use command::run;
