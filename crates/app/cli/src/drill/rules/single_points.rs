//! Names that one outage takes down.

use std::collections::BTreeSet;

use super::rule::Rule;
use crate::drill::finding::{Trace, Weight};
use crate::drill::house::{House, Road, region_of};

pub(super) const RULES: &[Rule] = &[
    Rule::new("single_target", Weight::Warning, "a name that one line of one provider serves", single_target),
    Rule::new(
        "single_provider",
        Weight::Warning,
        "a name with several targets, all of them at one provider",
        single_provider,
    ),
    Rule::new(
        "single_region",
        Weight::Warning,
        "a name with several lines in one region, where others are there",
        single_region,
    ),
    Rule::new(
        "single_host",
        Weight::Warning,
        "a name with several providers behind one host and port",
        single_host,
    ),
    Rule::new(
        "single_proxy",
        Weight::Warning,
        "a name with several lines that all go through one proxy",
        single_proxy,
    ),
];

/// What is the same for all lines of a name, if there are several.
fn same_for_all<T: Ord>(house: &House<'_>, road: &Road, of: impl Fn(usize, usize) -> T) -> Option<T> {
    let lines = road.lines(house.snapshot);
    let all: BTreeSet<T> = lines.iter().map(|(provider, line)| of(*provider, *line)).collect();
    (lines.len() > 1 && all.len() == 1).then(|| all.into_iter().next())?
}

fn single_target(house: &House<'_>) -> Vec<Trace> {
    let alone =
        house.roads.iter().filter(|road| road.lines(house.snapshot).len() == 1 && road.servers().len() == 1);
    alone
        .map(|road| {
            let target = house.label(road, &road.route.targets[0]);
            Trace::of_model(
                &road.name,
                target.clone(),
                format!("only {target} serves it, by one line: when that fails, every call does"),
                "name a second target or fallbacks, at another provider",
            )
        })
        .collect()
}

fn single_provider(house: &House<'_>) -> Vec<Trace> {
    let found = house.roads.iter().filter_map(|road| {
        let first = road.route.targets[0].provider;
        let is_one = road.route.targets.iter().all(|target| target.provider == first);
        let has_several = road.lines(house.snapshot).len() > 1 || road.servers().len() > 1;
        (is_one && has_several).then(|| {
            let provider = &house.provider(&road.route.targets[0]).id;
            Trace::of_model(
                &road.name,
                provider.clone(),
                format!(
                    "all that serve it are at {provider}: an outage of that provider is one of this name"
                ),
                "add a target or a fallback at another provider",
            )
        })
    });
    found.collect()
}

fn single_region(house: &House<'_>) -> Vec<Trace> {
    let snapshot = house.snapshot;
    let lines = snapshot.providers.iter().flat_map(|provider| &provider.lines);
    let all: BTreeSet<&str> = lines.filter_map(|line| line.region.as_deref()).collect();
    if all.len() < 2 {
        return Vec::new();
    }
    let region = |provider: usize, line: usize| {
        region_of(snapshot, &snapshot.providers[provider].lines[line]).to_owned()
    };
    let found = house.roads.iter().filter_map(|road| {
        let region = same_for_all(house, road, region)?;
        Some(Trace::of_model(
            &road.name,
            region.clone(),
            format!("all lines that serve it are in {region}, though others are configured"),
            "add a line or a target in another region",
        ))
    });
    found.collect()
}

fn single_host(house: &House<'_>) -> Vec<Trace> {
    let found = house.roads.iter().filter_map(|road| {
        let place = |provider: usize, line: usize| {
            let base = &house.snapshot.providers[provider].lines[line].base_url;
            (base.host().to_ascii_lowercase(), base.port())
        };
        let (host, port) = same_for_all(house, road, place)?;
        let first = road.route.targets[0].provider;
        // Several lines of one provider to one host differ in the way there: that is what lines are for.
        road.route.targets.iter().any(|target| target.provider != first).then(|| {
            Trace::of_model(
                &road.name,
                format!("{host}:{port}"),
                format!(
                    "its providers have different names and are all at {host}:{port}: they fail together"
                ),
                "point one of them somewhere else",
            )
        })
    });
    found.collect()
}

fn single_proxy(house: &House<'_>) -> Vec<Trace> {
    let found = house.roads.iter().filter_map(|road| {
        let place = |provider: usize, line: usize| {
            let proxy = house.snapshot.providers[provider].lines[line].proxy.as_ref();
            proxy.map(domain::ProxyUrl::place)
        };
        let proxy = same_for_all(house, road, place)??;
        Some(Trace::of_model(
            &road.name,
            proxy.clone(),
            format!("every line that serves it goes through the proxy {proxy}"),
            "give one line another proxy, or proxy: none",
        ))
    });
    found.collect()
}
