//! Settings for a model that nobody asks for: a slip of the pen leaves the real one without them.

use super::rule::Rule;
use crate::drill::finding::{Trace, Weight};
use crate::drill::house::House;

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "limits_of_nobody",
        Weight::Warning,
        "limits.models of a name that nobody knows here: the real one is not limited",
        limits_of_nobody,
    ),
    Rule::new(
        "facts_of_nobody",
        Weight::Warning,
        "a catalog of a provider with a model that is not among its models: the real one has no such facts",
        facts_of_nobody,
    ),
];

/// What may have been meant.
fn meant(house: &House<'_>, name: &str) -> String {
    match house.snapshot.routes.nearest(name, 1).first() {
        Some(near) => format!("did you mean {near}?"),
        None => "write the name that callers ask for".to_owned(),
    }
}

fn limits_of_nobody(house: &House<'_>) -> Vec<Trace> {
    let routes = &house.snapshot.routes;
    let names = house.snapshot.limits.rates.models.iter().map(|(name, _)| name);
    // Who serves any name may serve this one, unless it reads like a slip of one that is configured.
    let is_nobodys = |name: &&String| {
        let is_slip = || {
            let near = routes.nearest(name, 1);
            near.first().is_some_and(|near| house.snapshot.models.iter().any(|model| model.name == *near))
        };
        !routes.is_known(name) && (routes.find(name).is_none() || is_slip())
    };
    names
        .filter(is_nobodys)
        .map(|name| {
            let what = format!("nobody is asked for {name}: these limits hold for no call");
            Trace::of(format!("limits.models.{name}"), what, meant(house, name))
        })
        .collect()
}

fn facts_of_nobody(house: &House<'_>) -> Vec<Trace> {
    let mut found = Vec::new();
    for provider in house.snapshot.providers.iter() {
        let Some(models) = &provider.models else { continue };
        for (name, _) in provider.facts.iter().filter(|(name, _)| !models.contains(name)) {
            found.push(Trace::of(
                format!("providers.{}.catalog.{name}", provider.id),
                format!(
                    "{name} is not among providers.{}.models: what is said of it counts for no call",
                    provider.id
                ),
                "write it as the provider calls the model, or add it to models",
            ));
        }
    }
    found
}
