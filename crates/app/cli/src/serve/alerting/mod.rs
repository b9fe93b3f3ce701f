//! Alerts of a running server: it looks, keeps what it sees, and tells whoever is to be told. All of it beside the calls, on the
//! control plane; nothing a call waits for is touched.

mod answers;
mod balances;
mod deliver;
mod gauges;
mod keeper;
mod look;
mod parts;
mod send;

pub(super) use keeper::{Surroundings, run};
pub(super) use parts::{Alerting, SettingsSender};
