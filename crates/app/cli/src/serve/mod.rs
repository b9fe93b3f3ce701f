//! `bellwether serve`: from the command to a running gateway, and back.

mod alerting;
mod banner;
mod budget_keeper;
mod cache_desk;
mod configuration;
mod control_plane;
mod demo;
mod first_key;
mod keepers;
mod key_checks;
mod key_uses;
mod lapses;
mod money;
mod nofile;
mod notify;
mod provider_desk;
mod row_writer;
mod slots_place;
mod start;
mod state_desk;
mod stored;
mod taken_port;

pub(crate) use money::{options as ledger_options, sign_up_terms};
pub(crate) use start::serve;
