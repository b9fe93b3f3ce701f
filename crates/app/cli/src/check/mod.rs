//! `bellwether check`: whether a start would succeed, and on demand whether the providers take their keys.

mod command;
mod live;

pub(crate) use command::run;
