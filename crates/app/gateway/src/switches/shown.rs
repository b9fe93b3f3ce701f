//! Switches as operators and dashboards see them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use store::{ProviderSwitch, SwitchPosition, SwitchScope};

use super::force::concerns;
use super::scope::regions;
use crate::serving::{ServedProvider, Serving};

impl Serving {
    /// Every provider with what of it is switched off, and the switches of what is no longer there.
    pub fn providers_shown(&self, switches: &[ProviderSwitch]) -> Value {
        json(self, switches)
    }
}

fn json(serving: &Serving, switches: &[ProviderSwitch]) -> Value {
    let providers = serving.providers.iter().enumerate().map(|(place, provider)| {
        let own = switches.iter().filter(|switch| switch.scope.provider == provider.id());
        let own: Vec<Value> = own
            .map(|switch| {
                let mut shown = switch.json();
                shown["running"] = running(serving, &switch.scope).into();
                shown
            })
            .collect();
        let all = 0..provider.lines.len();
        let health = &serving.health.providers[place];
        json!({
            "id": provider.id(),
            "state": state(provider, switches),
            "regions": regions(provider),
            "running": all.map(|way| health.running(way, None)).sum::<u32>(),
            "switches": own,
        })
    });
    let strays = switches.iter().filter(|switch| !is_there(serving, switch)).map(ProviderSwitch::json);
    json!({ "providers": providers.collect::<Vec<_>>(), "without_effect": strays.collect::<Vec<_>>() })
}

/// Attempts and answers under way within the scope of a switch.
pub(crate) fn running(serving: &Serving, scope: &SwitchScope) -> u32 {
    let providers = serving.providers.iter().zip(&serving.health.providers);
    let ways = providers.flat_map(|(provider, health)| {
        let own = provider.lines.iter().enumerate().filter(move |(_, line)| concerns(scope, provider, line));
        own.map(move |(way, _)| health.running(way, scope.model.as_deref()))
    });
    ways.sum()
}

/// `on`, `draining` or `off` where that holds for all of it, else `partly_off`.
fn state(provider: &ServedProvider, switches: &[ProviderSwitch]) -> &'static str {
    let own = || switches.iter().filter(|switch| switch.scope.provider == provider.id());
    let whole = |line: &crate::serving::ServedLine| {
        let holds =
            own().filter(|switch| switch.scope.model.is_none() && concerns(&switch.scope, provider, line));
        holds.map(|switch| switch.position).max_by_key(|position| *position == SwitchPosition::Off)
    };
    let mut lines = provider.lines.iter().map(whole);
    let first = lines.next().flatten();
    match first {
        Some(position) if lines.all(|other| other == first) => position.name(),
        _ if own()
            .any(|switch| provider.lines.iter().any(|line| concerns(&switch.scope, provider, line))) =>
        {
            "partly_off"
        }
        _ => "on",
    }
}

fn is_there(serving: &Serving, switch: &ProviderSwitch) -> bool {
    let mut lines = serving.providers.iter().flat_map(|it| it.lines.iter().map(move |line| (it, line)));
    lines.any(|(provider, line)| concerns(&switch.scope, provider, line))
}

/// Labels and value of the gauge: one row for each switch, and for each provider one that says 0 while nothing is off.
pub(crate) fn gauge_rows(
    serving: &Serving,
    switches: &[ProviderSwitch],
) -> Vec<(Vec<(&'static str, String)>, bool)> {
    // Providers that share one label in the metrics share their rows.
    let mut rows: BTreeMap<[String; 4], bool> = BTreeMap::new();
    for provider in &serving.providers {
        let label = serving.label_of(provider.id()).to_owned();
        let usual = [label, String::new(), String::new(), SwitchPosition::Off.name().to_owned()];
        rows.entry(usual).or_insert(false);
    }
    for switch in switches.iter().filter(|switch| is_there(serving, switch)) {
        let label = serving.label_of(&switch.scope.provider).to_owned();
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        let (region, model) = (part(&switch.scope.region), part(&switch.scope.model));
        rows.insert([label, region, model, switch.position.name().to_owned()], true);
    }
    const NAMES: [&str; 4] = ["provider", "region", "model", "position"];
    rows.into_iter().map(|(values, is_on)| (NAMES.into_iter().zip(values).collect(), is_on)).collect()
}
