//! Those who wait for the same, batches or others, and whose turn it is among them: the key that has had least lately. So who
//! asks for less than his share does not hear how much one asks for who floods.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::entry::Entry;
use crate::tick::Tick;

/// One who has waited so long while none of those went who have waited longest has a turn before the others.
pub const AGEING: Duration = Duration::from_millis(500);
/// After so long what a key has had counts for a third; it is to tell who floods from who sends two calls at once.
const LATELY: Duration = Duration::from_secs(1);

/// Those who wait for the same.
#[derive(Debug, Default)]
pub(super) struct Class {
    /// Of keys with somebody who waits, or who have had something lately.
    pub(super) lines: HashMap<u64, KeyLine>,
    pub(super) waiting: usize,
    /// Up to when `had` is said.
    as_of: Tick,
    /// When the one had a turn who had waited longest.
    oldest_went: Tick,
}

#[derive(Debug, Default)]
pub(super) struct KeyLine {
    /// Tokens that it has had lately: the longer ago, the less they count. For comparing only.
    had: f64,
    pub(super) places: VecDeque<Place>,
}

/// One who waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) ticket: u64,
    pub(super) entry: Entry,
    pub(super) since: Tick,
}

impl Class {
    pub(super) fn enter(&mut self, place: Place) {
        self.lines.entry(place.entry.key).or_default().places.push_back(place);
        self.waiting += 1;
    }

    /// Whose turn it is: of those with least the one who came first.
    pub(super) fn first(&self, now: Tick) -> Option<u64> {
        let oldest = self.oldest()?;
        if now.since(oldest.since.max(self.oldest_went)) >= AGEING {
            return Some(oldest.ticket);
        }
        let fronts = self.lines.values().filter_map(|line| Some((line.had, line.places.front()?.ticket)));
        let least = fronts.min_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        least.map(|(_, ticket)| ticket)
    }

    /// Somebody waits no longer; who had his turn has used it now.
    pub(super) fn leave(&mut self, ticket: u64, entry: Entry, went: Option<Tick>) -> bool {
        let oldest = self.oldest().map(|place| place.ticket);
        let Some(line) = self.lines.get_mut(&entry.key) else { return false };
        let Some(at) = line.places.iter().position(|place| place.ticket == ticket) else { return false };
        line.places.remove(at);
        self.waiting -= 1;
        if let Some(now) = went {
            if oldest == Some(ticket) {
                self.oldest_went = now;
            }
            self.pass_time(now);
            self.lines.entry(entry.key).or_default().had += entry.tokens as f64;
        }
        true
    }

    /// What was had counts for less by now, and what is next to nothing is forgotten.
    fn pass_time(&mut self, now: Tick) {
        let rest = (-now.since(self.as_of).as_secs_f64() / LATELY.as_secs_f64()).exp();
        self.as_of = self.as_of.max(now);
        self.lines.retain(|_, line| {
            line.had *= rest;
            line.had >= 1.0 || !line.places.is_empty()
        });
    }

    /// Who has waited longest.
    pub(super) fn oldest(&self) -> Option<&Place> {
        let fronts = self.lines.values().filter_map(|line| line.places.front());
        fronts.min_by_key(|place| place.ticket)
    }

    /// Whether a key has had more than most lately: more than halfway from what keys have had on average to what one has had most.
    pub(super) fn has_had_much(&self, key: u64) -> bool {
        let had = |line: &KeyLine| line.had;
        let most = self.lines.values().map(had).fold(0.0, f64::max);
        let average = self.lines.values().map(had).sum::<f64>() / self.lines.len().max(1) as f64;
        self.lines.get(&key).is_some_and(|line| line.had > (average + most) / 2.0)
    }

    /// How many of a key wait.
    pub(super) fn count(&self, key: u64) -> usize {
        self.lines.get(&key).map_or(0, |line| line.places.len())
    }

    /// How much of the limit all who wait need.
    pub(super) fn all(&self) -> u64 {
        let places = self.lines.values().flat_map(|line| &line.places);
        places.fold(0, |sum, place| sum.saturating_add(place.entry.cost))
    }

    /// How much of the limit goes to those before one more, as far as can be told: to all of its own key, and to others as long as
    /// they have had no more than it will have had by then.
    pub(super) fn ahead(&self, entry: &Entry) -> u64 {
        let sum = |line: &KeyLine| line.places.iter().map(|place| place.entry.tokens as f64).sum::<f64>();
        let own = self.lines.get(&entry.key).map_or(0.0, |line| line.had + sum(line));
        let mut cost = 0_u64;
        for (key, line) in &self.lines {
            let mut had = line.had;
            for place in &line.places {
                if *key != entry.key && had > own {
                    break;
                }
                had += place.entry.tokens as f64;
                cost = cost.saturating_add(place.entry.cost);
            }
        }
        cost
    }
}
