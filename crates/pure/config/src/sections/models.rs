//! `models`: names for callers to ask for, and who serves them. Choosing among those is `routing`'s.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

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
    /// Who serves it, tried in this order: `provider/model`, or a mapping to name a region or a time limit as well.
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
    /// How long it may take to begin a stream, or to give a whole answer, before the next target is asked, in
    /// milliseconds. Default: what `timeouts` leave, less a reserve for the targets behind it.
    #[schemars(range(min = 1, max = 3_600_000))]
    timeout_ms: Option<u32>,
}

/// A name for callers to ask for, as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// The name.
    pub name: String,
    /// Who serves it, tried in this order.
    pub targets: Vec<ModelTarget>,
}

/// One who serves a model, by every line and credential that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelTarget {
    /// The provider's id.
    pub provider: String,
    /// The provider's own name for the model.
    pub model: String,
    /// Only the provider's lines in this region.
    pub region: Option<String>,
    /// How long it may take, where that is less than the call may take.
    pub timeout: Option<Duration>,
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

/// The configured models in the order of the file, and the targets of each in the order they are tried.
pub(crate) fn check(
    entries: Option<Named<ModelEntry>>,
    providers: &[Provider],
    report: &mut Report,
) -> (Vec<Model>, Vec<(String, Vec<Target>)>) {
    let path = KeyPath::default().key("models");
    let (mut models, mut routes) = (Vec::new(), Vec::new());
    for (name, entry) in entries.map(|named| named.0).unwrap_or_default() {
        let path = path.key(&name);
        if let Some(flaw) = model_flaw(&name) {
            report.add(&path, shown::text(&name), flaw, None);
        }
        let (mut served, mut targets) = (Vec::new(), Vec::new());
        for (place, entry) in entry.targets.into_iter().enumerate() {
            let path = path.key("targets").index(place);
            let Some((target, paths)) = read(entry, &path, providers, report) else { continue };
            targets.extend(ways(&target, &paths, providers, report));
            served.push(target);
        }
        models.push(Model { name: name.clone(), targets: served });
        routes.push((name, targets));
    }
    (models, routes)
}

/// Where the parts of a target stand. In one word, all that is wrong is wrong with the word.
struct Paths {
    provider: KeyPath,
    model: KeyPath,
    region: KeyPath,
}

fn read(
    entry: TargetEntry,
    path: &KeyPath,
    providers: &[Provider],
    report: &mut Report,
) -> Option<(ModelTarget, Paths)> {
    let region = path.key("region");
    let (parts, paths) = match entry {
        TargetEntry::Parts(parts) => {
            (parts, Paths { provider: path.key("provider"), model: path.key("model"), region })
        }
        TargetEntry::Word(word) => (
            split(&word, path, providers, report)?,
            Paths { provider: path.clone(), model: path.clone(), region },
        ),
    };
    let TargetParts { provider, model, region, timeout_ms } = parts;
    let timeout = timeout_ms.map(|ms| Duration::from_millis(ms.into()));
    Some((ModelTarget { provider, model, region, timeout }, paths))
}

/// One target for each way there.
fn ways(target: &ModelTarget, paths: &Paths, providers: &[Provider], report: &mut Report) -> Vec<Target> {
    let place = providers.iter().position(|provider| provider.id == target.provider);
    let Some((place, provider)) =
        place.and_then(|place| Some((u16::try_from(place).ok()?, &providers[place])))
    else {
        unknown_provider(&target.provider, &paths.provider, providers, report);
        return Vec::new();
    };
    let called = provider.called(&target.model);
    check_model(called, provider, &paths.model, report);
    if let Some(row) = provider.known.find(called)
        && let Some(since) = row.retired
    {
        let instead =
            row.successor.as_ref().map_or_else(String::new, |name| format!("; its vendor offers {name}"));
        let path = paths.model.text();
        report.note_once(format!("{path}: {:?} is retired since {since}{instead}", row.name));
    }
    let fits = |line: &super::providers::Line| target.region.is_none() || line.region == target.region;
    let model: Arc<str> = called.into();
    let targets: Vec<Target> = (0..)
        .zip(provider.ways())
        .filter(|(_, (line, _))| fits(line))
        .map(|(line, _)| Target {
            provider: place,
            line,
            model: Some(model.clone()),
            timeout: target.timeout,
        })
        .collect();
    if targets.is_empty() {
        no_such_region(target.region.as_deref().unwrap_or_default(), provider, &paths.region, report);
    }
    targets
}

fn split(word: &str, path: &KeyPath, providers: &[Provider], report: &mut Report) -> Option<TargetParts> {
    if let Some((provider, model)) = word.split_once('/') {
        let (provider, model) = (provider.to_owned(), model.to_owned());
        return Some(TargetParts { provider, model, region: None, timeout_ms: None });
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
    report.add(path, shown::text(region), message, hint);
}
