//! What is left of limits, as operators are shown it.

use limits::budget::Scope;
use limits::rate::Cell;
use serde_json::{Map, Value, json};
use store::{LimitEntry, Says};

use super::keeper::LimitKeeper;
use crate::gateway::Gateway;

impl Gateway {
    /// Every plan, and what it says.
    pub fn limit_plans(&self) -> Vec<(String, Value)> {
        let plans = &self.serving().limits.rates.plans;
        let shown = plans.iter().map(|plan| {
            let mut says = Says::Limits(plan.terms.clone()).json();
            says["priority"] = if plan.is_batch { "batch" } else { "interactive" }.into();
            (plan.name.clone(), says)
        });
        shown.collect()
    }

    /// What is left of a bundle now, by its measures.
    pub fn limit_rooms(&self, entry: &LimitEntry) -> Value {
        self.limits.rooms(entry, self.tick())
    }
}

impl LimitKeeper {
    fn rooms(&self, entry: &LimitEntry, now: limits::Tick) -> Value {
        let set_by = match &entry.says {
            Says::Plan(_) => "plan",
            Says::Limits(_) if entry.is_operators => "operator",
            Says::Limits(_) => "organisation",
        };
        let table = self.table.load();
        let cells = match &entry.scope {
            Scope::Key(id) => table.of_key(id),
            Scope::Project(id) => table.of_project(id),
            Scope::Organisation(id) => table.of_organisation(id),
        };
        let is_of_sort = |cell: &&std::sync::Arc<Cell>| match &entry.says {
            Says::Plan(_) => true,
            Says::Limits(terms) => cell.on_limit.when_reached() == terms.on_limit().when_reached(),
        };
        let shown = cells.iter().filter(|cell| cell.set_by == set_by).filter(is_of_sort).map(|cell| {
            let mut room = json!({ "remaining": cell.room(now).remaining });
            if let Some((active, peak)) = cell.running() {
                (room["active"], room["peak"]) = (active.into(), peak.into());
            }
            if cell.line().waiting() > 0 {
                room["waiting"] = cell.line().waiting().into();
            }
            (cell.measure.name().to_owned(), room)
        });
        Value::Object(shown.collect::<Map<_, _>>())
    }
}
