//! What the admin API is told.

use serde_json::{Value, json};

use super::lines::lines;
use super::rows::rows;
use super::stats::stats;
use super::targets::{Choice, targets};
use crate::gateway::Gateway;

impl Gateway {
    /// Its own state and that of every line and target; `Err` says what to ask instead.
    pub fn health_in_full(&self, choice: &Choice) -> Result<Value, String> {
        let (serving, now, uptime) = (self.serving(), self.moment(), self.started.elapsed());
        let rows = rows(&serving, now);
        let targets = targets(&rows, choice, uptime, now)?;
        let mut health = self.health_for_operators();
        health["calls"] = self.calls(&serving);
        health["lines"] = lines(&serving, &rows, now).into();
        health["targets"] = targets.into();
        Ok(health)
    }

    /// Regions and providers in figures.
    pub fn stats(&self) -> Value {
        let (serving, now) = (self.serving(), self.moment());
        stats(&serving, &rows(&serving, now), self.started.elapsed(), now)
    }

    /// How full it is itself.
    fn calls(&self, serving: &crate::serving::Serving) -> Value {
        let (entrance, room) = (&self.admission.entrance, &self.admission.room);
        json!({
            "inside": entrance.active(),
            "inside_peak": entrance.peak(),
            "inside_max": self.admission.concurrent_max(serving),
            "waiting": room.waiting(),
            "waiting_peak": room.peak(),
        })
    }
}
