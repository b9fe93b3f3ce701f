//! Alerts as they outlast a restart: how each stands and what was told of it, what operators silenced, and the messages on their
//! way to channels with what became of them.

mod deliveries;
mod delivery;
mod desk;
mod error;
mod keys;
mod silences;
mod sizes;
mod sql;
#[cfg(test)]
mod suite;

pub use delivery::{
    Attempted, DELIVERIES_KEPT, DELIVERIES_PER_PAGE_MAX, Delivery, DeliveryState, WAITING_MAX,
};
pub use desk::AlertDesk;
pub use error::AlertError;
pub use keys::{KeyTimes, KeysEnding};
pub use silences::NewSilence;
pub use sizes::SILENCES_MAX;
