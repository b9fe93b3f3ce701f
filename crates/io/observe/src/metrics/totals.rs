//! The numbers of one label, added up over workers and places.

use std::collections::BTreeMap;

use domain::Usage;

use super::histogram::{ADDED_EDGES, HistogramTotals, REQUEST_EDGES};
use super::series::ProviderSeries;

/// Statuses whose series exist before they are first seen, so that a rate over them never lacks its start.
const STATUSES_FROM_START: [u16; 6] = [200, 429, 500, 502, 503, 504];

/// What is shown under one label.
#[derive(Debug)]
pub(crate) struct Totals {
    /// Whether any provider has this label, or only the gateway itself.
    pub(crate) is_provider: bool,
    pub(crate) statuses: BTreeMap<u16, u64>,
    pub(crate) duration: HistogramTotals<{ REQUEST_EDGES.len() }>,
    pub(crate) added: HistogramTotals<{ ADDED_EDGES.len() }>,
    pub(crate) first_token: HistogramTotals<{ REQUEST_EDGES.len() }>,
    /// By the `kind` they are shown with.
    pub(crate) tokens: [(&'static str, u64); Usage::PARTS],
    /// By the `unit` they are shown with.
    pub(crate) units: [(&'static str, u64); Usage::UNITS],
    pub(crate) estimates: u64,
    pub(crate) cost: BTreeMap<&'static str, u64>,
    pub(crate) losses: BTreeMap<&'static str, u64>,
    pub(crate) breaks: BTreeMap<&'static str, u64>,
    pub(crate) hedges: BTreeMap<&'static str, u64>,
    pub(crate) failures: BTreeMap<&'static str, u64>,
    pub(crate) connections_opened: u64,
    pub(crate) connections_reused: u64,
    pub(crate) connections_warmed: u64,
    pub(crate) connections_closed: u64,
    pub(crate) requests_unheard: u64,
    pub(crate) dead_paths: u64,
    pub(crate) connections_idle: i64,
}

impl Default for Totals {
    fn default() -> Self {
        Self {
            is_provider: false,
            statuses: STATUSES_FROM_START.map(|status| (status, 0)).into(),
            duration: HistogramTotals::default(),
            added: HistogramTotals::default(),
            first_token: HistogramTotals::default(),
            tokens: Usage::default().parts(),
            units: Usage::default().units(),
            estimates: 0,
            cost: BTreeMap::new(),
            losses: BTreeMap::new(),
            breaks: BTreeMap::new(),
            hedges: BTreeMap::new(),
            failures: BTreeMap::new(),
            connections_opened: 0,
            connections_reused: 0,
            connections_warmed: 0,
            connections_closed: 0,
            requests_unheard: 0,
            dead_paths: 0,
            connections_idle: 0,
        }
    }
}

impl Totals {
    pub(crate) fn add(&mut self, series: &ProviderSeries) {
        for (status, count) in series.statuses.read() {
            *self.statuses.entry(status).or_default() += count;
        }
        self.duration.add(&series.duration);
        self.added.add(&series.added);
        self.first_token.add(&series.first_token);
        for ((_, total), part) in self.tokens.iter_mut().zip(&series.tokens) {
            *total += part.read();
        }
        for ((_, total), unit) in self.units.iter_mut().zip(&series.units) {
            *total += unit.read();
        }
        self.estimates += series.estimates.read();
        for (outcome, count) in series.breaks.read() {
            *self.breaks.entry(outcome).or_default() += count;
        }
        for (outcome, count) in series.hedges.read() {
            *self.hedges.entry(outcome).or_default() += count;
        }
        for (currency, nano) in series.cost.read() {
            *self.cost.entry(currency).or_default() += nano;
        }
        for (code, count) in series.losses.read() {
            *self.losses.entry(code).or_default() += count;
        }
        for (code, count) in series.failures.read() {
            *self.failures.entry(code).or_default() += count;
        }
        self.connections_opened += series.connections_opened.read();
        self.connections_reused += series.connections_reused.read();
        self.connections_warmed += series.connections_warmed.read();
        self.connections_closed += series.connections_closed.read();
        self.requests_unheard += series.requests_unheard.read();
        self.dead_paths += series.dead_paths.read();
        self.connections_idle += series.connections_idle.read();
    }

    /// Never negative: the worker may open and close one between our two reads.
    pub(crate) const fn connections_open(&self) -> u64 {
        self.connections_opened.saturating_sub(self.connections_closed)
    }
}
