//! One who serves a model: a provider and its own name for it.

use std::sync::Arc;

use routing::{Condition, Policy, Route, Target, TargetLimits, WEIGHT_DEFAULT};
use schemars::JsonSchema;
use serde::Deserialize;

use super::condition::{self, WhenEntry};
use super::limits::Spoken;
use super::word_or::{InOneWord, WordOr};
use crate::key_path::KeyPath;
use crate::near::nearest;
use crate::problem::Report;
use crate::sections::policy::WEIGHT_HINT;
use crate::sections::providers::{Line, Provider, model_flaw};
use crate::sections::timeouts::Timeouts;
use crate::sections::traits::traits;
use crate::shown;

/// One who serves a model.
#[derive(Debug, Default, Deserialize, JsonSchema)]
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
    /// How long it may take to begin a stream. Default: `timeout_ms`.
    #[schemars(range(min = 1, max = 3_600_000))]
    first_token_ms: Option<u32>,
    /// How long it may be silent within an answer. Default: `timeouts.idle_ms`.
    #[schemars(range(min = 1, max = 3_600_000))]
    idle_ms: Option<u32>,
    /// How long its answer may take in all, streamed or not; a stream that takes longer ends with an error.
    /// Default: no limit of its own.
    #[schemars(range(min = 1, max = 3_600_000))]
    total_ms: Option<u32>,
    /// Its part beside the other targets. Default: 1.
    #[schemars(range(min = 1, max = 1000), extend("$comment" = WEIGHT_HINT))]
    weight: Option<u32>,
    /// How many requests it may have at once by each line with each key. Default: as many as come.
    #[schemars(range(min = 1, max = 1_000_000))]
    concurrent_max: Option<u32>,
    /// Only for requests like this. Default: for all.
    when: Option<WhenEntry>,
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
    pub limits: TargetLimits,
    /// Its part beside the other targets.
    pub weight: u32,
    /// How many requests it may have at once by each line with each key; `None` for as many as come.
    pub concurrent_max: Option<u32>,
    /// Which requests it is for.
    pub condition: Option<Condition>,
}

impl InOneWord for TargetParts {
    const ENTRY: &'static str = "TargetEntry";
    const DESCRIPTION: &'static str = "One who serves a model: `provider/model` in one word, or in parts.";
}

/// The targets of a name in the order they are tried, and the route they make.
pub(super) fn check(
    entries: Vec<WordOr<TargetParts>>,
    policy: Option<Policy>,
    path: &KeyPath,
    (providers, timeouts): (&[Provider], &Timeouts),
    report: &mut Report,
) -> (Vec<ModelTarget>, Route) {
    let (mut served, mut ways) = (Vec::new(), Vec::new());
    for (place, entry) in entries.into_iter().enumerate() {
        let path = path.index(place);
        let Some((target, paths)) = read(entry, &path, (providers, timeouts), report) else { continue };
        ways.extend(self::ways(&target, &paths, providers, report));
        served.push(target);
    }
    let route = route(&ways, policy);
    (served, route)
}

/// Where the parts of a target stand. In one word, all that is wrong is wrong with the word.
struct Paths {
    provider: KeyPath,
    model: KeyPath,
    region: KeyPath,
}

fn read(
    entry: WordOr<TargetParts>,
    path: &KeyPath,
    (providers, timeouts): (&[Provider], &Timeouts),
    report: &mut Report,
) -> Option<(ModelTarget, Paths)> {
    let region = path.key("region");
    let (parts, paths) = match entry {
        WordOr::Parts(parts) => {
            (*parts, Paths { provider: path.key("provider"), model: path.key("model"), region })
        }
        WordOr::Word(word) => (
            split(&word, path, providers, report)?,
            Paths { provider: path.clone(), model: path.clone(), region },
        ),
    };
    let TargetParts { timeout_ms, first_token_ms, idle_ms, total_ms, .. } = parts;
    let spoken = Spoken { timeout_ms, first_token_ms, idle_ms, total_ms };
    let condition = parts.when.map(|when| condition::check(when, &path.key("when"), report));
    let is_streaming = condition.as_ref().and_then(|condition| condition.is_streaming);
    let target = ModelTarget {
        provider: parts.provider,
        model: parts.model,
        region: parts.region,
        limits: spoken.check(path, (timeouts, is_streaming), report),
        concurrent_max: parts.concurrent_max,
        weight: parts.weight.unwrap_or(WEIGHT_DEFAULT),
        condition,
    };
    Some((target, paths))
}

/// The ways to one target: for each key those over its lines, and how one of them is chosen.
struct Ways {
    by_key: Vec<Vec<Target>>,
    policy: Policy,
}

/// Step by step in their order, or all of them one step, where a policy chooses among them.
fn route(ways: &[Ways], policy: Option<Policy>) -> Route {
    let mut route = Route::default();
    let Some(policy) = policy else {
        for one in ways {
            for (key, targets) in one.by_key.iter().enumerate() {
                route.add(targets.iter().cloned(), one.policy, key == 0);
            }
        }
        return route;
    };
    let keys = ways.iter().map(|one| one.by_key.len()).max().unwrap_or_default();
    for key in 0..keys {
        let targets = ways.iter().filter_map(|one| one.by_key.get(key)).flatten();
        route.add(targets.cloned(), policy, false);
    }
    route
}

/// The ways to a target; `None` where there is none.
fn ways(target: &ModelTarget, paths: &Paths, providers: &[Provider], report: &mut Report) -> Option<Ways> {
    let place = providers.iter().position(|provider| provider.id == target.provider);
    let Some((place, provider)) =
        place.and_then(|place| Some((u16::try_from(place).ok()?, &providers[place])))
    else {
        unknown_provider(&target.provider, &paths.provider, providers, report);
        return None;
    };
    let called = provider.called(&target.model);
    check_model(called, provider, &paths.model, report);
    let row = provider.known.find(called);
    if let Some(row) = row
        && let Some(since) = row.retired
    {
        let instead =
            row.successor.as_ref().map_or_else(String::new, |name| format!("; its vendor offers {name}"));
        let path = paths.model.text();
        report.note_once(format!("{path}: {:?} is retired since {since}{instead}", row.name));
    }
    let model: Arc<str> = called.into();
    let (lines, policy) = (provider.routing_ways().lines, provider.policy);
    let fits = |line: &Line| target.region.is_none() || line.region == target.region;
    let (limits, condition) = (target.limits.clone().shared(), target.condition.clone().map(Arc::new));
    let traits = row.map(traits).unwrap_or_default();
    let of_key = |key: u16| {
        let fitting = (0..).zip(&provider.lines).filter(|(_, line)| fits(line));
        let targets = fitting.map(|(line_place, line)| Target {
            limits: limits.clone(),
            concurrent_max: target.concurrent_max,
            weight: target.weight.saturating_mul(line.weight),
            condition: condition.clone(),
            ..Target::by(place, key * lines + line_place, Some(model.clone())).with(traits)
        });
        targets.collect::<Vec<_>>()
    };
    let by_key: Vec<Vec<Target>> = (0..provider.routing_ways().keys).map(of_key).collect();
    if by_key.iter().all(Vec::is_empty) {
        no_such_region(target.region.as_deref().unwrap_or_default(), provider, &paths.region, report);
        return None;
    }
    Some(Ways { by_key, policy })
}

fn split(word: &str, path: &KeyPath, providers: &[Provider], report: &mut Report) -> Option<TargetParts> {
    if let Some((provider, model)) = word.split_once('/') {
        let (provider, model) = (provider.to_owned(), model.to_owned());
        return Some(TargetParts { provider, model, ..TargetParts::default() });
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
