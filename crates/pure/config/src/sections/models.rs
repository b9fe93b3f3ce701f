//! `models`: names for callers to ask for, and who serves them. Choosing among those is `routing`'s.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use routing::Target;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::providers::{Provider, model_flaw};
use crate::key_path::KeyPath;
use crate::named::Named;
use crate::near::nearest;
use crate::problem::Report;
use crate::shown;

/// A name for callers to ask for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelEntry {
    /// Who serves it, tried in this order: `provider/model`, or a mapping to name a region as well.
    #[schemars(length(min = 1, max = 100))]
    targets: Vec<TargetEntry>,
}

/// One who serves a model: written in one word, or in parts.
#[derive(Debug)]
pub(crate) enum TargetEntry {
    Word(String),
    Parts(TargetParts),
}

/// One who serves a model.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TargetParts {
    /// A provider of this file or of the environment.
    provider: String,
    /// The provider's own name for the model.
    model: String,
    /// Only the provider's lines in this region. Default: all lines.
    region: Option<String>,
}

impl<'de> Deserialize<'de> for TargetEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TargetVisitor;

        impl<'de> Visitor<'de> for TargetVisitor {
            type Value = TargetEntry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text or a mapping")
            }

            fn visit_str<E>(self, text: &str) -> Result<TargetEntry, E> {
                Ok(TargetEntry::Word(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<TargetEntry, A::Error> {
                TargetParts::deserialize(MapAccessDeserializer::new(access)).map(TargetEntry::Parts)
            }
        }
        deserializer.deserialize_any(TargetVisitor)
    }
}

impl JsonSchema for TargetEntry {
    fn schema_name() -> Cow<'static, str> {
        "TargetEntry".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let parts = generator.subschema_for::<TargetParts>();
        json_schema!({
            "description": "One who serves a model: `provider/model` in one word, or in parts.",
            "anyOf": [{ "type": "string" }, parts],
        })
    }
}

/// The configured models in the order of the file, each with its targets.
pub(crate) fn check(
    entries: Option<Named<ModelEntry>>,
    providers: &[Provider],
    report: &mut Report,
) -> Vec<(String, Vec<Target>)> {
    let path = KeyPath::default().key("models");
    let mut models = Vec::new();
    for (name, entry) in entries.map(|named| named.0).unwrap_or_default() {
        let path = path.key(&name);
        if let Some(flaw) = model_flaw(&name) {
            report.add(&path, shown::text(&name), flaw, None);
        }
        let mut targets = Vec::new();
        for (place, entry) in entry.targets.into_iter().enumerate() {
            targets.extend(target(entry, &path.key("targets").index(place), providers, report));
        }
        models.push((name, targets));
    }
    models
}

/// One entry is one target for each way there.
fn target(entry: TargetEntry, path: &KeyPath, providers: &[Provider], report: &mut Report) -> Vec<Target> {
    // In one word, all that is wrong is wrong with the word.
    let (parts, provider_path, model_path) = match entry {
        TargetEntry::Parts(parts) => (parts, path.key("provider"), path.key("model")),
        TargetEntry::Word(word) => match split(&word, path, providers, report) {
            Some(parts) => (parts, path.clone(), path.clone()),
            None => return Vec::new(),
        },
    };
    let place = providers.iter().position(|provider| provider.id == parts.provider);
    let Some((place, provider)) =
        place.and_then(|place| Some((u16::try_from(place).ok()?, &providers[place])))
    else {
        unknown_provider(&parts.provider, &provider_path, providers, report);
        return Vec::new();
    };
    check_model(&parts.model, provider, &model_path, report);
    let fits = |line: &super::providers::Line| parts.region.is_none() || line.region == parts.region;
    let model: Arc<str> = parts.model.into();
    let targets: Vec<Target> = (0..)
        .zip(provider.ways())
        .filter(|(_, (line, _))| fits(line))
        .map(|(line, _)| Target { provider: place, line, model: Some(model.clone()) })
        .collect();
    if targets.is_empty() {
        no_such_region(parts.region.as_deref().unwrap_or_default(), provider, path, report);
    }
    targets
}

fn split(word: &str, path: &KeyPath, providers: &[Provider], report: &mut Report) -> Option<TargetParts> {
    if let Some((provider, model)) = word.split_once('/') {
        return Some(TargetParts { provider: provider.to_owned(), model: model.to_owned(), region: None });
    }
    let hint = providers.iter().find(|provider| provider.id == word).map_or_else(
        || {
            let serving = providers.iter().find(|provider| {
                provider.models.as_ref().is_none_or(|models| models.iter().any(|name| name == word))
            });
            let provider = serving.map_or("provider", |provider| provider.id.as_str());
            format!("write {provider}/{}", shown::key(word))
        },
        |provider| format!("write {}/ and the model's name", provider.id),
    );
    report.add(path, shown::text(word), "must be provider/model", hint);
    None
}

fn unknown_provider(name: &str, path: &KeyPath, providers: &[Provider], report: &mut Report) {
    // Its own entry was refused: that is told already.
    if report.is_broken(&KeyPath::default().key("providers").key(name)) {
        return;
    }
    let ids = providers.iter().map(|provider| provider.id.as_str());
    let hint = nearest(name, ids.clone()).map_or_else(
        || match ids.collect::<Vec<_>>().join(", ") {
            known if known.is_empty() => "add it under providers".to_owned(),
            known => format!("known: {known}"),
        },
        |name| format!("did you mean {name}?"),
    );
    report.add(path, shown::text(name), "there is no provider of this name", hint);
}

fn check_model(name: &str, provider: &Provider, path: &KeyPath, report: &mut Report) {
    if let Some(flaw) = model_flaw(name) {
        report.add(path, shown::text(name), flaw, None);
        return;
    }
    let Some(models) = &provider.models else { return };
    if !models.iter().any(|listed| listed == name) {
        let hint = nearest(name, models.iter().map(String::as_str)).map_or_else(
            || format!("add it to providers.{}.models", provider.id),
            |name| format!("did you mean {name}?"),
        );
        report.add(path, shown::text(name), format!("is not among the models of {}", provider.id), hint);
    }
}

fn no_such_region(region: &str, provider: &Provider, path: &KeyPath, report: &mut Report) {
    let mut known: Vec<&str> = provider.lines.iter().filter_map(|line| line.region.as_deref()).collect();
    known.dedup();
    let hint = match known.as_slice() {
        [] => format!("providers.{} names no region", provider.id),
        known => format!("its regions: {}", known.join(", ")),
    };
    let message = format!("{} has no line in this region", provider.id);
    report.add(&path.key("region"), shown::text(region), message, hint);
}
