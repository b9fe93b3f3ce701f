//! `bellwether top`: how everybody is doing, on one screen, as the running server tells it.

mod columns;
mod command;
mod farewell;
mod live;
mod look;
mod order;
mod screen;
mod words;

pub(crate) use command::run;
