//! Putting switches in force: each way of a provider gets what holds for it.

use std::sync::Arc;

use routing::health::Switch;
use store::{ProviderSwitch, SwitchPosition, SwitchScope};

use crate::serving::{ServedLine, ServedProvider, Serving};

/// Sets every way as these switches say; what they do not name is on. Calls under way see it before their next attempt.
pub(crate) fn put_in_force(serving: &Serving, switches: &[ProviderSwitch]) {
    for provider in &serving.providers {
        for line in &provider.lines {
            let own = || switches.iter().filter(|switch| concerns(&switch.scope, provider, line));
            let all = own().filter(|switch| switch.scope.model.is_none()).map(position);
            let models = own().filter_map(|switch| {
                switch.scope.model.as_deref().map(|model| (Arc::from(model), position(switch)))
            });
            // A model may be switched here, and everywhere.
            let mut strictest: Vec<(Arc<str>, Switch)> = Vec::new();
            for (model, switch) in models {
                match strictest.iter_mut().find(|(known, _)| *known == model) {
                    Some((_, known)) => *known = known.and(switch),
                    None => strictest.push((model, switch)),
                }
            }
            line.health.set_switches(all.fold(Switch::On, Switch::and), strictest);
        }
    }
}

/// Whether a switch of this scope is for this way.
pub(super) fn concerns(scope: &SwitchScope, provider: &ServedProvider, line: &ServedLine) -> bool {
    scope.provider == provider.id() && scope.region.as_ref().is_none_or(|region| line.region == **region)
}

const fn position(switch: &ProviderSwitch) -> Switch {
    match switch.position {
        SwitchPosition::Draining => Switch::Draining,
        SwitchPosition::Off => Switch::Off,
    }
}
