//! `bellwether preflight`: whether the running server is fit for callers, told by a table and the exit code.

mod command;
mod facts;
mod monitoring;
mod names;
mod report;
mod round_trip;
mod server;

pub(crate) use command::run;
