//! The way to whoever knows how everything is: the gateway itself, its lines, its targets.

use serde_json::Value;

/// How everything is in the process this API lives in.
pub struct StateDesk {
    /// Its own state, with that of the targets which are wanted; `Err` says what to ask instead.
    pub health: Box<dyn Fn(TargetChoice) -> Result<Value, String> + Send + Sync>,
    /// Regions and providers in figures.
    pub stats: Box<dyn Fn() -> Value + Send + Sync>,
}

/// Which targets are wanted; all where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetChoice {
    /// Of this provider.
    pub provider: Option<String>,
    /// Of this region.
    pub region: Option<String>,
    /// Of this model.
    pub model: Option<String>,
    /// With the samples of each.
    pub has_samples: bool,
}
