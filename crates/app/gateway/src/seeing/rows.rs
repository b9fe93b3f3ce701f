//! All targets that can be told apart, one row for each.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use routing::Moment;
use routing::health::{Crowd, ProviderHealth, Report, Switch, TargetHealth, Verdict, WayHealth};

use crate::serving::{ServedProvider, Serving};

/// One line with one credential.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) provider: &'a ServedProvider,
    pub(super) region: &'a str,
    /// Lines and credentials are counted from 1, in the configuration's order.
    pub(super) line: usize,
    /// `None` where there is only one.
    pub(super) key: Option<usize>,
    pub(super) health: &'a WayHealth,
    provider_health: &'a ProviderHealth,
    place: Place,
}

/// One model by one way.
pub(super) struct Row<'a> {
    pub(super) way: Way<'a>,
    pub(super) model: &'a str,
    /// Callers did not make the name up: it is configured or in the catalogue.
    pub(super) is_known: bool,
    pub(super) report: Report,
    /// By its own answers and by its way.
    pub(super) verdict: Verdict,
    pub(super) switch: Switch,
    pub(super) crowd: Crowd,
    /// How many it may have at once, as configured for it alone.
    pub(super) max: Option<u32>,
}

impl Row<'_> {
    /// How many it may have at once, as configured and as its refusals have taught.
    pub(super) fn limit(&self) -> Option<u32> {
        self.max.into_iter().chain(self.crowd.learnt).min()
    }
}

impl<'a> Way<'a> {
    /// How it stands.
    pub(super) fn verdict(&self, serving: &Serving, now: Moment) -> Verdict {
        self.health.verdict(&serving.health.rules, self.provider_health.has_other_keys, now)
    }

    /// How many requests its provider may have at once, by all of its ways together.
    pub(super) fn provider_limit(&self) -> Option<u32> {
        self.provider_health.limit.as_ref().map(|limited| limited.max)
    }

    /// How many requests may be under way by its line, with all credentials together.
    pub(super) fn line_limit(&self) -> Option<u32> {
        let limits = &self.provider_health.line_limits;
        limits.get(usize::from(self.place.1))?.as_ref().map(|limited| limited.max)
    }
}

/// Every way there is.
pub(super) fn ways(serving: &Serving) -> Vec<Way<'_>> {
    let mut ways = Vec::new();
    let providers = serving.providers.iter().zip(&serving.health.providers);
    for (number, (provider, provider_health)) in (0_u16..).zip(providers) {
        let lines = provider.line_count();
        let has_keys = provider.lines.len() > lines;
        ways.extend(provider.lines.iter().enumerate().map(|(place, served)| Way {
            provider,
            region: served.region.to_str().unwrap_or_default(),
            line: place % lines + 1,
            key: has_keys.then_some(place / lines + 1),
            health: &served.health,
            provider_health,
            place: (number, u16::try_from(place).unwrap_or(u16::MAX)),
        }));
    }
    ways
}

/// Every target that was thought of for a call, and those that are configured.
pub(super) fn rows(serving: &Serving, now: Moment) -> Vec<Row<'_>> {
    let (configured, nobody) = (configured(serving), Arc::new(TargetHealth::default()));
    let known = known_names(serving);
    let mut rows = Vec::new();
    for way in ways(serving) {
        let mut models: Vec<(usize, &str)> = way.provider_health.models.known().collect();
        models.sort_unstable_by_key(|(_, model)| *model);
        for (place, model) in models {
            let (found, configured) = (way.health.known_model(place), configured.get(&(way.place, model)));
            if found.is_none() && configured.is_none() {
                continue;
            }
            let health = found.unwrap_or(&nobody);
            let report = health.report(&serving.health.rules, now);
            let trouble = way.health.trouble_with(place, way.provider_health.has_other_keys, now);
            rows.push(Row {
                way,
                model,
                is_known: known.contains(&(way.place.0, model)),
                verdict: trouble.map_or(report.verdict, |trouble| trouble.or_worse(report.verdict)),
                report,
                switch: way.health.switch(model),
                crowd: health.crowd(way.provider_health.adaptive),
                max: configured.copied().flatten(),
            });
        }
    }
    rows
}

/// A provider and a way of it, by their places.
type Place = (u16, u16);

/// The targets of all names that are configured, each with how many requests it may have at once.
fn configured(serving: &Serving) -> HashMap<(Place, &str), Option<u32>> {
    let mut targets: HashMap<(Place, &str), Option<u32>> = HashMap::new();
    for target in serving.routes.named().flat_map(|route| &route.targets) {
        if let Some(model) = target.model.as_deref() {
            let max = targets.entry(((target.provider, target.line), model)).or_default();
            *max = max.iter().copied().chain(target.concurrent_max).min();
        }
    }
    targets
}

/// What each provider calls the models that it is known to serve.
fn known_names(serving: &Serving) -> HashSet<(u16, &str)> {
    let providers = (0_u16..).zip(&serving.providers).map(|(number, _)| number);
    providers.flat_map(|number| serving.routes.models_of(number).map(move |model| (number, model))).collect()
}
