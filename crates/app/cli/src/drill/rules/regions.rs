//! Regions that are not what they look like.

use std::collections::BTreeSet;

use super::rule::Rule;
use crate::drill::finding::{Trace, Weight};
use crate::drill::house::House;

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "line_never_used",
        Weight::Warning,
        "a line that no target of any name comes to, as all ask for another region",
        line_never_used,
    ),
    Rule::new(
        "alike_regions",
        Weight::Warning,
        "two regions whose names differ by a slip only: a switch for one leaves the other on",
        alike_regions,
    ),
    Rule::new(
        "lines_without_region",
        Weight::Hint,
        "a provider of which some lines have a region and some have none",
        lines_without_region,
    ),
    Rule::new("unused_provider", Weight::Hint, "a provider that no name leads to", unused_provider),
    Rule::new(
        "own_region_unknown",
        Weight::Hint,
        "this gateway's own region is given, and no line is there",
        own_region_unknown,
    ),
];

fn line_never_used(house: &House<'_>) -> Vec<Trace> {
    let used: BTreeSet<(usize, usize)> =
        house.roads.iter().flat_map(|road| road.lines(house.snapshot)).collect();
    let mut found = Vec::new();
    for (place, provider) in house.snapshot.providers.iter().enumerate() {
        // Who is in no chain at all is asked by his own names.
        if !used.iter().any(|(used, _)| *used == place) || provider.lines.len() < 2 {
            continue;
        }
        for (line_place, line) in provider.lines.iter().enumerate() {
            if !used.contains(&(place, line_place)) {
                let region = line.region.as_deref().unwrap_or("no region");
                found.push(Trace::of(
                    format!("providers.{}.lines[{line_place}]", provider.id),
                    format!(
                        "nobody comes to {} ({region}): every target asks for another region",
                        line.base_url
                    ),
                    "leave the region of one target out, or remove the line",
                ));
            }
        }
    }
    found
}

/// Without what people write differently.
fn plain(region: &str) -> String {
    region.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

fn alike_regions(house: &House<'_>) -> Vec<Trace> {
    let lines = house.snapshot.providers.iter().flat_map(|provider| &provider.lines);
    let regions: BTreeSet<&str> = lines.filter_map(|line| line.region.as_deref()).collect();
    let mut found = Vec::new();
    for (number, region) in regions.iter().enumerate() {
        for other in regions.iter().skip(number + 1).filter(|other| plain(region) == plain(other)) {
            found.push(Trace::of(
                format!("{region}, {other}"),
                "they read alike and are two: switching one off leaves the other on, and figures are split",
                "write one of them everywhere",
            ));
        }
    }
    found
}

fn lines_without_region(house: &House<'_>) -> Vec<Trace> {
    let half_said = house.snapshot.providers.iter().filter(|provider| {
        let named = provider.lines.iter().filter(|line| line.region.is_some()).count();
        named > 0 && named < provider.lines.len()
    });
    half_said
        .map(|provider| {
            let what =
                "lines without a region count as this gateway's own: a switch for a region misses them";
            Trace::of(format!("providers.{}.lines", provider.id), what, "give each line its region")
        })
        .collect()
}

fn unused_provider(house: &House<'_>) -> Vec<Trace> {
    let is_used = |place: usize| {
        let targets = house.roads.iter().flat_map(|road| &road.route.targets);
        let mut providers = targets.map(|target| usize::from(target.provider));
        providers.any(|used| used == place)
    };
    // Where only some names are looked at, others may lead to it.
    if house.snapshot.models.len() > house.roads.len() || house.snapshot.models.is_empty() {
        return Vec::new();
    }
    let unused = house.snapshot.providers.iter().enumerate().filter(|(place, _)| !is_used(*place));
    unused
        .map(|(_, provider)| {
            Trace::of(
                format!("providers.{}", provider.id),
                "no name under models leads to it: it stands in for nobody",
                "name it among the targets or fallbacks of one",
            )
        })
        .collect()
}

fn own_region_unknown(house: &House<'_>) -> Vec<Trace> {
    let own = &house.snapshot.region;
    let is_given = *own != config::defaults().region;
    let lines = house.snapshot.providers.iter().flat_map(|provider| &provider.lines);
    let regions: BTreeSet<&str> = lines.filter_map(|line| line.region.as_deref()).collect();
    let is_unknown = is_given && !regions.is_empty() && !regions.contains(own.as_str());
    let what =
        format!("no line is in {own}; there are {}", regions.into_iter().collect::<Vec<_>>().join(", "));
    is_unknown
        .then(|| Trace::of("region", what, "see that it is written as the regions of lines are"))
        .into_iter()
        .collect()
}
