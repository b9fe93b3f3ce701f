//! `bellwether report`: what calls came to.

mod command;
mod margin;
mod shown;

pub(crate) use command::{run, say_notes};
