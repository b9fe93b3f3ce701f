//! Targets and lines in the metrics. Names of models that callers made up are no labels: those are counted together.

use std::collections::BTreeMap;

use observe::Gauge;
use routing::Moment;
use routing::health::{Digest, Sample, State, Switch};

use super::rows::{Row, rows, ways};
use crate::serving::Serving;

/// What stands for models that are neither configured nor in the catalogue.
const OTHER: &str = "other";
/// So many targets have series of their own; what further ones count is counted under `other`.
const TARGETS_MAX: usize = 256;

const TARGET_LABELS: [&str; 5] = ["provider", "region", "line", "credential", "model"];
const LINE_LABELS: [&str; 4] = ["provider", "region", "line", "credential"];

/// What is shown under one set of labels.
#[derive(Default)]
struct Sum {
    states: Vec<State>,
    switches: Vec<Switch>,
    asked: u64,
    moved_on: u64,
    in_flight: u32,
    faults: BTreeMap<&'static str, u64>,
    samples: Vec<Sample>,
}

impl Sum {
    /// Who it is that is counted.
    fn stands(&mut self, state: State, switch: Switch) {
        self.states.push(state);
        self.switches.push(switch);
    }

    fn add(&mut self, row: &Row<'_>) {
        self.asked += row.report.asked;
        self.moved_on += row.report.moved_on;
        self.in_flight += row.crowd.active;
        for (name, count) in &row.report.faults {
            *self.faults.entry(name).or_default() += count;
        }
        self.samples.extend(&row.report.samples);
    }

    fn state(&self) -> State {
        State::of_all(self.states.iter().copied())
    }
}

/// Every family of targets, then of lines.
pub(crate) fn gauges(serving: &Serving, now: Moment) -> Vec<Gauge> {
    let rows = rows(serving, now);
    let mut gauges = of_targets(&by_target(serving, &rows));
    gauges.extend(of_lines(&by_line(serving, &rows, now)));
    gauges
}

/// Those that were asked, by provider, region, line, credential and model.
fn by_target(serving: &Serving, rows: &[Row<'_>]) -> BTreeMap<[String; 5], Sum> {
    let mut sums: BTreeMap<[String; 5], Sum> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.report.asked > 0) {
        let name = if row.is_known && sums.len() < TARGETS_MAX { row.model } else { OTHER };
        let [provider, region, line, credential] = labels(serving, &row.way);
        let sum = sums.entry([provider, region, line, credential, name.to_owned()]).or_default();
        sum.stands(row.verdict.state, row.switch);
        sum.add(row);
    }
    sums
}

fn by_line(serving: &Serving, rows: &[Row<'_>], now: Moment) -> BTreeMap<[String; 4], Sum> {
    let mut sums: BTreeMap<[String; 4], Sum> = BTreeMap::new();
    for way in ways(serving) {
        let sum = sums.entry(labels(serving, &way)).or_default();
        rows.iter().filter(|row| std::ptr::eq(row.way.health, way.health)).for_each(|row| sum.add(row));
        sum.stands(way.verdict(serving, now).state, way.health.switch_of_all());
    }
    sums
}

/// Lines and credentials are counted from 0 here, as in the other families.
fn labels(serving: &Serving, way: &super::rows::Way<'_>) -> [String; 4] {
    [
        serving.label_of(way.provider.id()).to_owned(),
        way.region.to_owned(),
        (way.line - 1).to_string(),
        way.key.map_or(0, |key| key - 1).to_string(),
    ]
}

type Labels = Vec<(&'static str, String)>;

fn labelled<const N: usize>(names: [&'static str; N], values: &[String; N]) -> Labels {
    names.into_iter().zip(values.iter().cloned()).collect()
}

/// Makes the samples of one family.
fn family<const N: usize>(
    (name, help): (&'static str, &'static str),
    names: [&'static str; N],
    sums: &BTreeMap<[String; N], Sum>,
    of: impl Fn(&Sum) -> Vec<(Option<(&'static str, &'static str)>, f64)>,
) -> Vec<Gauge> {
    let mut gauges = Vec::new();
    for (values, sum) in sums {
        for (label, value) in of(sum) {
            let mut labels = labelled(names, values);
            labels.extend(label.map(|(name, value)| (name, value.to_owned())));
            gauges.push(Gauge { name, help, labels, value });
        }
    }
    gauges
}

fn of_targets(sums: &BTreeMap<[String; 5], Sum>) -> Vec<Gauge> {
    let one = |value| vec![(None, value)];
    let quantiles = [("0.5", 0.5), ("0.95", 0.95), ("0.99", 0.99)];
    [
        family(("ai_gateway_target_state", "1 for the state a target is in."), TARGET_LABELS, sums, |sum| {
            states(sum.state())
        }),
        family(("ai_gateway_target_attempts_total", "Attempts at a target."), TARGET_LABELS, sums, |sum| {
            one(sum.asked as f64)
        }),
        family(
            ("ai_gateway_target_failures_total", "Attempts that failed at a target, by reason."),
            TARGET_LABELS,
            sums,
            |sum| sum.faults.iter().map(|(name, count)| (Some(("reason", *name)), *count as f64)).collect(),
        ),
        family(
            ("ai_gateway_target_failovers_total", "Calls that went on elsewhere from a target."),
            TARGET_LABELS,
            sums,
            |sum| one(sum.moved_on as f64),
        ),
        family(
            (
                "ai_gateway_target_latency_seconds",
                "Time until an answer of a target began, of its last hundred answers.",
            ),
            TARGET_LABELS,
            sums,
            |sum| {
                let digest = Digest::of(sum.samples.clone());
                let of = |(name, part)| {
                    digest.quantile(part).map(|took| (Some(("quantile", name)), took.as_secs_f64()))
                };
                quantiles.into_iter().filter_map(of).collect()
            },
        ),
        family(
            ("ai_gateway_target_in_flight", "Attempts and answers of a target that are under way."),
            TARGET_LABELS,
            sums,
            |sum| one(f64::from(sum.in_flight)),
        ),
        family(
            (
                "ai_gateway_target_switched_off",
                "1 if an operator has switched a target off or is draining it.",
            ),
            TARGET_LABELS,
            sums,
            |sum| one(switched(sum)),
        ),
    ]
    .concat()
}

fn of_lines(sums: &BTreeMap<[String; 4], Sum>) -> Vec<Gauge> {
    let one = |value| vec![(None, value)];
    [
        family(
            ("ai_gateway_line_state", "1 for the state a line is in, with one of its credentials."),
            LINE_LABELS,
            sums,
            |sum| states(sum.state()),
        ),
        family(("ai_gateway_line_attempts_total", "Attempts by a line."), LINE_LABELS, sums, |sum| {
            one(sum.asked as f64)
        }),
        family(
            ("ai_gateway_line_failovers_total", "Calls that went on elsewhere from a line."),
            LINE_LABELS,
            sums,
            |sum| one(sum.moved_on as f64),
        ),
        family(
            (
                "ai_gateway_line_switched_off",
                "1 if an operator has switched a whole line off or is draining it.",
            ),
            LINE_LABELS,
            sums,
            |sum| one(switched(sum)),
        ),
    ]
    .concat()
}

fn states(is: State) -> Vec<(Option<(&'static str, &'static str)>, f64)> {
    State::ALL.map(|state| (Some(("state", state.name())), f64::from(u8::from(state == is)))).into()
}

/// Of several that share their labels, whether all are.
fn switched(sum: &Sum) -> f64 {
    f64::from(u8::from(sum.switches.iter().all(|switch| *switch != Switch::On)))
}

#[cfg(test)]
mod tests;
