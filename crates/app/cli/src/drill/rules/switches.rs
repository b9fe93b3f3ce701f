//! What an operator has switched off and not put back.

use super::rule::Rule;
use crate::drill::finding::{Trace, Weight};
use crate::drill::house::{House, Road, Switched, region_of};

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "all_switched_off",
        Weight::Error,
        "a name of which every target is switched off (with --data-dir)",
        all_switched_off,
    ),
    Rule::new(
        "switched_off",
        Weight::Warning,
        "a provider, region or model that is switched off (with --data-dir)",
        switched_off,
    ),
];

impl Switched {
    fn scope(&self) -> String {
        let part = |what: &str, name: &Option<String>| {
            name.as_ref().map_or_else(String::new, |name| format!(", {what} {name}"))
        };
        format!("{}{}{}", self.provider, part("region", &self.region), part("model", &self.model))
    }
}

fn is_off(house: &House<'_>, road: &Road) -> bool {
    road.route.targets.iter().all(|target| {
        let (provider, line) = (house.provider(target), house.line(target));
        let model = target.model.as_deref().unwrap_or(&road.name);
        house.switched.iter().any(|switch| {
            let is_region =
                switch.region.as_deref().is_none_or(|region| region == region_of(house.snapshot, line));
            switch.provider == provider.id
                && is_region
                && switch.model.as_deref().is_none_or(|name| name == model)
        })
    })
}

fn all_switched_off(house: &House<'_>) -> Vec<Trace> {
    let off = house.roads.iter().filter(|road| is_off(house, road));
    off.map(|road| {
        let what = "everybody who serves it is switched off: every call is refused";
        Trace::of_model(&road.name, "switches", what, "bellwether provider enable ID")
    })
    .collect()
}

fn switched_off(house: &House<'_>) -> Vec<Trace> {
    let found = house.switched.iter().map(|switch| {
        let what = format!("it is {} ({}): nothing new goes there", switch.position, switch.reason);
        Trace::of(
            switch.scope(),
            what,
            format!("bellwether provider enable {}, when that is over", switch.provider),
        )
    });
    found.collect()
}
