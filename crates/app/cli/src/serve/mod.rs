//! `bellwether serve`: from the command to a running gateway, and back.

mod banner;
mod control_plane;
mod first_key;
mod nofile;
mod notify;
mod reload;
mod settings;
mod start;

pub(crate) use start::serve;
