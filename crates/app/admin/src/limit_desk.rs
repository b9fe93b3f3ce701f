//! The way to whoever counts by limits: which plans there are, and what is left of what.

use serde_json::Value;
use store::LimitEntry;

/// What the process this API lives in knows of limits.
pub struct LimitView {
    /// Every plan: its name and what it says.
    pub plans: Box<dyn Fn() -> Vec<(String, Value)> + Send + Sync>,
    /// What is left of a bundle now, by its measures; nothing where nobody counts.
    pub rooms: Box<dyn Fn(&LimitEntry) -> Value + Send + Sync>,
}

impl LimitView {
    /// Where nobody counts.
    pub fn without_rooms(plans: Vec<(String, Value)>) -> Self {
        Self { plans: Box::new(move || plans.clone()), rooms: Box::new(|_| Value::Null) }
    }
}
