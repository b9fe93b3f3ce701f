//! `fallbacks`: who is asked after those who serve a name, by names. Chains are put together here, once, and each name
//! has its whole route then.

use routing::{Route, Routes, TargetLimits};
use schemars::JsonSchema;
use serde::Deserialize;

use super::limits::Spoken;
use super::word_or::{InOneWord, WordOr};
use crate::key_path::KeyPath;
use crate::near::nearest;
use crate::problem::Report;
use crate::sections::timeouts::Timeouts;
use crate::shown;

/// One who is asked after those before.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FallbackParts {
    /// A name of this section, a name that the catalogue knows, or `provider/model`.
    model: String,
    /// How long it may take to begin a stream, or to give a whole answer. Default: as where it is configured.
    #[schemars(range(min = 1, max = 3_600_000))]
    timeout_ms: Option<u32>,
    /// How long it may take to begin a stream. Default: `timeout_ms`.
    #[schemars(range(min = 1, max = 3_600_000))]
    first_token_ms: Option<u32>,
    /// How long it may be silent within an answer. Default: as where it is configured, else `timeouts.idle_ms`.
    #[schemars(range(min = 1, max = 3_600_000))]
    idle_ms: Option<u32>,
    /// How long its answer may take in all, streamed or not. Default: as where it is configured.
    #[schemars(range(min = 1, max = 3_600_000))]
    total_ms: Option<u32>,
}

/// One who is asked after those before, as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fallback {
    /// By this name.
    pub model: String,
    /// How long it may take, where that differs from what is said elsewhere.
    pub limits: TargetLimits,
}

/// A configured name before chains are put together.
pub(super) struct Own {
    pub(super) name: String,
    /// Who serves it by itself; nobody where that was refused.
    pub(super) route: Route,
    /// And where in the file each of them is named.
    pub(super) fallbacks: Vec<(Fallback, KeyPath)>,
}

pub(super) fn read(
    entries: Option<Vec<WordOr<FallbackParts>>>,
    path: &KeyPath,
    timeouts: &Timeouts,
    report: &mut Report,
) -> Vec<(Fallback, KeyPath)> {
    let mut fallbacks: Vec<(Fallback, KeyPath)> = Vec::new();
    for (place, entry) in entries.into_iter().flatten().enumerate() {
        let path = path.index(place);
        let (model, named, spoken) = match entry {
            WordOr::Word(model) => (model, path.clone(), Spoken::default()),
            WordOr::Parts(parts) => {
                let FallbackParts { model, timeout_ms, first_token_ms, idle_ms, total_ms } = *parts;
                (model, path.key("model"), Spoken { timeout_ms, first_token_ms, idle_ms, total_ms })
            }
        };
        if fallbacks.iter().any(|(known, _)| known.model == model) {
            report.add(&named, shown::text(&model), "is listed twice", None);
        }
        fallbacks.push((Fallback { model, limits: spoken.check(&path, (timeouts, None), report) }, named));
    }
    fallbacks
}

/// The whole route of each name: who serves it, then its fallbacks and theirs, each name once.
pub(super) fn routes(all: &[Own], others: &Routes, report: &mut Report) -> Vec<Route> {
    let find = |name: &str| all.iter().position(|own| own.name == name);
    for (place, own) in all.iter().enumerate() {
        for (fallback, path) in &own.fallbacks {
            if find(&fallback.model).is_none() && !others.is_known(&fallback.model) {
                dangles(&fallback.model, path, (all, others), report);
            }
        }
        let mut way = vec![place];
        goes_round(all, &find, &mut way, &mut Vec::new(), report);
    }
    let whole = |place: usize| {
        let mut chain = Chain { all, others, find: &find, seen: vec![all[place].name.clone()] };
        let mut route = Route::default().in_manner(all[place].route.manner);
        chain.add(&all[place], &mut route, &TargetLimits::default());
        route
    };
    (0..all.len()).map(whole).collect()
}

/// A chain that is being put together.
struct Chain<'a, F> {
    all: &'a [Own],
    others: &'a Routes,
    find: &'a F,
    seen: Vec<String>,
}

impl<F: Fn(&str) -> Option<usize>> Chain<'_, F> {
    /// Adds a name's own route, and those of its fallbacks that are not in the chain yet.
    fn add(&mut self, own: &Own, route: &mut Route, limits: &TargetLimits) {
        route.append(&own.route.with_limits(limits));
        for (Fallback { model, limits }, _) in &own.fallbacks {
            if self.seen.contains(model) {
                continue;
            }
            self.seen.push(model.clone());
            match (self.find)(model) {
                Some(place) => self.add(&self.all[place], route, limits),
                None => {
                    if let Some(other) = self.others.find(model) {
                        route.append(&other.under(model).with_limits(limits));
                    }
                }
            }
        }
    }
}

/// Tells of chains that come back to the first of `way`, from the one of their names that stands first in the file.
fn goes_round(
    all: &[Own],
    find: &impl Fn(&str) -> Option<usize>,
    way: &mut Vec<usize>,
    dead_ends: &mut Vec<usize>,
    report: &mut Report,
) {
    let (first, last) = (way[0], way[way.len() - 1]);
    for (fallback, path) in &all[last].fallbacks {
        let Some(next) = find(&fallback.model) else { continue };
        if next == first {
            let names = way.iter().chain([&first]).map(|place| all[*place].name.as_str());
            let round = names.collect::<Vec<_>>().join(" -> ");
            let message = format!("the chain comes back to where it began: {round}");
            let hint = "leave this one out".to_owned();
            report.add(path, shown::text(&fallback.model), message, hint);
        } else if next > first && !way.contains(&next) && !dead_ends.contains(&next) {
            way.push(next);
            goes_round(all, find, way, dead_ends, report);
            way.pop();
            dead_ends.push(next);
        }
    }
}

fn dangles(name: &str, path: &KeyPath, (all, others): (&[Own], &Routes), report: &mut Report) {
    let listed = others.listed().map(|listed| &*listed.name);
    let known: Vec<&str> = all.iter().map(|own| own.name.as_str()).chain(listed).collect();
    let hint = nearest(name, known.into_iter()).map_or_else(
        || "name one of models, a model of the catalogue, or write provider/model".to_owned(),
        |name| format!("did you mean {name}?"),
    );
    report.add(path, shown::text(name), "nobody is known to serve a model of this name", hint);
}

impl InOneWord for FallbackParts {
    const ENTRY: &'static str = "FallbackEntry";
    const DESCRIPTION: &'static str =
        "One who is asked after those before: a name, or a mapping to say more.";
}
