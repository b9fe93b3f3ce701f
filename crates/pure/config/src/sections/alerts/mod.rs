//! `alerts`: what is watched, from where on it is told, and to whom. Watching and telling is done elsewhere.

mod channel;
mod fields;
mod rules;
mod settings;

pub use channel::{ChannelSettings, ShownField};
pub use settings::AlertSettings;
pub(crate) use settings::{AlertsSection, check};
