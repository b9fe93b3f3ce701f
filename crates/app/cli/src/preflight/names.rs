//! Which models are asked: those an operator has configured; of a provider without any, the cheapest that is known.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow};
use config::yaml::{Node, Value as Yaml, parse};
use providers::models::{Catalogue, shipped};
use serde_json::Value;

/// A name to ask for, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) name: String,
    pub(super) why: &'static str,
}

/// What is to be asked, and the providers for which nothing is known.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) asked: Vec<Asked>,
    pub(super) unknown: Vec<String>,
}

/// Of a configuration as the server tells it, and the models that it lists.
pub(super) fn names(configured: &str, providers: &[String], listed: &[Value]) -> Result<Names> {
    let configured = configured_names(configured)?;
    let mut names = Names::default();
    names.asked.extend(configured.names.iter().map(|name| Asked { name: name.clone(), why: "configured" }));
    let catalogue = shipped();
    for id in providers.iter().filter(|id| !configured.providers.contains(*id)) {
        let own = listed.iter().filter(|model| model["owned_by"] == id.as_str());
        let own: Vec<&str> = own.filter_map(|model| model["id"].as_str()).collect();
        match cheapest(&catalogue, &own) {
            // By its prefix, so that this very provider answers.
            Some(name) => names.asked.push(Asked { name: format!("{id}/{name}"), why: "the cheapest known" }),
            None => names.unknown.push(id.clone()),
        }
    }
    Ok(names)
}

/// Names that the configuration says, and the providers that serve any of them.
#[derive(Default)]
struct Configured {
    names: BTreeSet<String>,
    providers: BTreeSet<String>,
}

fn configured_names(text: &str) -> Result<Configured> {
    let root = parse("configured", text).map_err(|problems| anyhow!("cannot read {}", problems[0]))?;
    let mut found = Configured::default();
    for (name, model) in entries(member(&root, "models")) {
        found.names.insert(name.to_owned());
        for target in items(member(model, "targets")) {
            let short = text_of(Some(target)).and_then(|target| target.split_once('/'));
            let provider =
                short.map(|(provider, _)| provider).or_else(|| text_of(member(target, "provider")));
            found.providers.extend(provider.map(str::to_owned));
        }
    }
    for (id, provider) in entries(member(&root, "providers")) {
        let models: Vec<&str> =
            items(member(provider, "models")).iter().filter_map(|model| text_of(Some(model))).collect();
        if !models.is_empty() {
            found.providers.insert(id.to_owned());
            found.names.extend(models.into_iter().map(str::to_owned));
        }
    }
    Ok(found)
}

/// Of these names the one whose model costs least by the shipped catalogue, among those for conversations.
fn cheapest<'n>(catalogue: &Catalogue, names: &[&'n str]) -> Option<&'n str> {
    let cost = |name: &str| {
        let rows = catalogue.kinds().filter_map(|(_, known)| known.find(name));
        let served = rows.filter(|row| row.surface.is_none() && row.is_served());
        let prices = served.filter_map(|row| row.prices.iter().find(|price| price.until.is_none()));
        prices.filter_map(|price| Some(price.input?.0.saturating_add(price.output?.0))).min()
    };
    let priced = names.iter().filter_map(|name| Some((cost(name)?, *name)));
    priced.min().map(|(_, name)| name)
}

fn member<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let Yaml::Map(entries) = &node.value else { return None };
    entries.iter().find(|(known, _)| known.text == key).map(|(_, value)| value)
}

fn entries(node: Option<&Node>) -> impl Iterator<Item = (&str, &Node)> {
    let entries = match node.map(|node| &node.value) {
        Some(Yaml::Map(entries)) => entries.as_slice(),
        _ => &[],
    };
    entries.iter().map(|(key, value)| (key.text.as_str(), value))
}

fn items(node: Option<&Node>) -> &[Node] {
    match node.map(|node| &node.value) {
        Some(Yaml::List(items)) => items,
        _ => &[],
    }
}

fn text_of(node: Option<&Node>) -> Option<&str> {
    match node.map(|node| &node.value) {
        Some(Yaml::Text(text)) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::names;

    #[test]
    fn configured_names_are_asked_and_of_other_providers_the_cheapest_known() {
        let configured = "providers:\n  one: { models: [a, b] }\n  two: {}\n  three: {}\n  four: {}\n\
                          models:\n  smart: { targets: [two/x, { provider: one, model: a, weight: 2 }] }\n";
        let providers = ["one", "two", "three", "four"].map(str::to_owned);
        let listed = ["gpt-4o", "gpt-4o-mini", "text-embedding-3-small", "unheard-of"]
            .map(|name| json!({"id": name, "owned_by": "three"}));
        let found = names(configured, &providers, &listed).unwrap();
        let asked: Vec<_> = found.asked.iter().map(|asked| (asked.name.as_str(), asked.why)).collect();
        let expected = ["a", "b", "smart"].map(|name| (name, "configured"));
        assert_eq!(asked[..3], expected);
        assert_eq!(asked[3..], [("three/gpt-4o-mini", "the cheapest known")]);
        assert_eq!(found.unknown, ["four"]);
    }
}
