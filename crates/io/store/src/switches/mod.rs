//! What operators have taken out of service: whole providers, regions of theirs, models. Outlasts a restart.

mod contract;
mod desk;
mod sql;
#[cfg(test)]
pub(crate) mod suite;

pub use contract::{ProviderSwitch, SwitchPosition, SwitchRecords, SwitchScope};
pub use desk::{
    SWITCH_NAME_CHARS_MAX, SWITCH_REASON_CHARS_MAX, SWITCHES_MAX, SwitchDesk, SwitchError, SwitchWish,
    Switched,
};
