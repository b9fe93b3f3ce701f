//! What alerts are concluded from: providers and regions in figures, and what is served without a price. Read from what is counted
//! anyway; no call is slower for it.

use std::collections::BTreeMap;
use std::time::Duration;

use alerts::{Counts, LATENCIES_MAX, Part, UnpricedFact};
use domain::Usage;
use routing::Moment;
use routing::health::{Reach, State, Switch, Why};

use super::rows::{Row, Way, rows, ways};
use crate::cost::{CallCost, price_of};
use crate::gateway::Gateway;
use crate::serving::Serving;

/// Models without a price that are told of at once.
const UNPRICED_MAX: usize = 100;

/// What belongs together.
#[derive(Default)]
struct Group<'r, 's> {
    ways: Vec<&'r Way<'s>>,
    rows: Vec<&'r Row<'s>>,
}

impl Gateway {
    /// Providers, then regions, with the latencies of the last while.
    pub fn parts(&self, window: Duration) -> (Vec<Part>, Vec<Part>) {
        let (serving, now) = (self.serving(), self.moment());
        let (rows, ways) = (rows(&serving, now), ways(&serving));
        let (mut providers, mut regions): (BTreeMap<_, Group<'_, '_>>, BTreeMap<_, Group<'_, '_>>) =
            Default::default();
        for way in &ways {
            let own: Vec<&Row<'_>> =
                rows.iter().filter(|row| std::ptr::eq(row.way.health, way.health)).collect();
            let mut groups = vec![providers.entry(way.provider.id()).or_default()];
            // Lines that nobody has given a region have nothing in common.
            groups.extend(has_region(way).then(|| regions.entry(way.region).or_default()));
            for group in groups {
                group.ways.push(way);
                group.rows.extend(&own);
            }
        }
        let told = |groups: &BTreeMap<&str, Group<'_, '_>>| {
            groups.iter().map(|(name, group)| group.part(name, &serving, window, now)).collect()
        };
        let of_providers = told(&providers);
        // A region that is one provider and nothing else is told as that.
        regions.retain(|_, group| !group.is_one_provider(&providers));
        (of_providers, told(&regions))
    }

    /// Models that answered lately and have no price; none where there are no prices at all.
    pub fn unpriced(&self) -> Vec<UnpricedFact> {
        let (serving, book) = (self.serving(), self.prices());
        let (now, at) = (self.moment(), crate::clock::wall_clock());
        let usage = Usage { input: 1, ..Usage::default() };
        let mut found = BTreeMap::new();
        for row in rows(&serving, now) {
            let has_answered = row.report.samples.iter().any(|sample| sample.is_good);
            if !has_answered || found.len() >= UNPRICED_MAX {
                continue;
            }
            let provider = row.way.provider;
            let priced = price_of(&book, (None, at), provider, (row.model, row.model), &usage);
            if priced == CallCost::Unknown && !crate::cost::is_nothing(&book) {
                found.insert((provider.id().to_owned(), row.model.to_owned()), ());
            }
        }
        found.into_keys().map(|(provider, model)| UnpricedFact { provider, model }).collect()
    }

    /// What was spent since the start by callers, in the currency of the prices, in nano-units.
    pub fn spent_nano(&self) -> u64 {
        self.metrics.cost_nano(self.prices().currency().code())
    }
}

fn has_region(way: &Way<'_>) -> bool {
    let mut lines = way.provider.lines.iter();
    let own = lines.find(|served| std::ptr::eq(&*served.health, way.health));
    own.is_some_and(|served| served.line.options().region.is_some())
}

impl Group<'_, '_> {
    fn part(&self, name: &str, serving: &Serving, window: Duration, now: Moment) -> Part {
        let verdicts: Vec<_> = self.ways.iter().map(|way| way.verdict(serving, now)).collect();
        let state = State::of_all(verdicts.iter().map(|verdict| verdict.state));
        let worst =
            verdicts.iter().filter(|verdict| verdict.why.is_some()).max_by_key(|verdict| verdict.state);
        let sum = |of: fn(&Row<'_>) -> u64| self.rows.iter().map(|row| of(row)).sum::<u64>();
        let samples = self.rows.iter().flat_map(|row| &row.report.samples);
        let recent = samples.filter(|sample| sample.is_good && now.since(sample.at) <= window);
        let ms = |took: Duration| u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Part {
            name: name.to_owned(),
            is_down: state == State::Ejected,
            is_unknown: state == State::Unknown && !self.is_answering(now),
            is_switched_off: self.ways.iter().all(|way| way.health.switch_of_all() != Switch::On),
            reason: worst.and_then(|verdict| verdict.why).map(Why::name),
            counts: Counts {
                asked: sum(|row| row.report.asked),
                failed: sum(|row| row.report.failed),
                moved_on: sum(|row| row.report.moved_on),
            },
            latencies_ms: recent.take(LATENCIES_MAX).map(|sample| ms(sample.took)).collect(),
        }
    }

    /// Whether probes find somebody at one of its lines, whom perhaps nobody has asked yet.
    fn is_answering(&self, now: Moment) -> bool {
        self.ways.iter().any(|way| way.health.reach(now) == Reach::Answering)
    }

    fn is_one_provider(&self, providers: &BTreeMap<&str, Group<'_, '_>>) -> bool {
        let mut names = self.ways.iter().map(|way| way.provider.id());
        let Some(first) = names.next() else { return true };
        names.all(|name| name == first)
            && providers.get(first).is_some_and(|group| group.ways.len() == self.ways.len())
    }
}
