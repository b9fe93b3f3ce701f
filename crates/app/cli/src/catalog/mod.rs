//! `bellwether catalog`: what is known of models, and the operator's own file over what is shipped.

mod command;
mod download;
mod own_file;
mod shown;

pub(crate) use command::run;
