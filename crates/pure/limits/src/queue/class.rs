//! Those who wait for the same, batches or others, and whose turn it is among them. A key that comes anew has one turn before those
//! that have had theirs and still wait: so who asks for less than his share hardly hears of one who floods.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::entry::Entry;
use crate::tick::Tick;

/// Tokens that a key's turn is worth.
pub const QUANTUM_TOKENS: u64 = 1_024;
const QUANTUM: i64 = QUANTUM_TOKENS.cast_signed();
/// A batch that has waited so long while none went has a turn before the others, and so has one who has had his turn before those
/// who come anew.
pub const AGEING: Duration = Duration::from_millis(500);

/// Those who wait for the same. A key is among the fresh ones, who go first, until its first turn is over, and in the ring from
/// then on: also when nothing of it waits any more, until a turn of its own has passed there and it owes nothing. Only then it
/// comes anew.
#[derive(Debug, Default)]
pub(super) struct Class {
    /// Each has something that waits.
    fresh: VecDeque<u64>,
    /// The first has the turn.
    ring: VecDeque<u64>,
    lines: HashMap<u64, KeyLine>,
    pub(super) waiting: usize,
    /// Of them, those in the ring.
    waiting_in_ring: usize,
    /// When one of the ring last had a turn.
    ring_went: Tick,
}

#[derive(Debug, Default)]
pub(super) struct KeyLine {
    /// Tokens that it may use in its turn; below nothing, what it has used of later ones.
    deficit: i64,
    is_fresh: bool,
    pub(super) places: VecDeque<Place>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) ticket: u64,
    pub(super) entry: Entry,
    pub(super) since: Tick,
}

impl Class {
    pub(super) fn enter(&mut self, place: Place) {
        let key = place.entry.key;
        let line = self.lines.entry(key).or_insert_with(|| {
            self.fresh.push_back(key);
            KeyLine { deficit: QUANTUM, is_fresh: true, places: VecDeque::new() }
        });
        line.places.push_back(place);
        self.waiting += 1;
        self.waiting_in_ring += usize::from(!line.is_fresh);
    }

    pub(super) fn first(&mut self, now: Tick) -> Option<u64> {
        match self.fresh.front() {
            Some(key) if !self.is_ring_due(now) => Some(self.lines.get(key)?.places.front()?.ticket),
            _ => self.first_of_ring(),
        }
    }

    /// Whether those of the ring have waited long without a turn.
    fn is_ring_due(&self, now: Tick) -> bool {
        if self.waiting_in_ring == 0 || now.since(self.ring_went) < AGEING {
            return false;
        }
        let oldest = self.ring.iter().filter_map(|key| Some(self.lines.get(key)?.places.front()?.since)).min();
        oldest.is_some_and(|oldest| now.since(oldest) >= AGEING)
    }

    fn first_of_ring(&mut self) -> Option<u64> {
        self.skip_rounds();
        for _ in 0..=self.ring.len() {
            let key = *self.ring.front()?;
            let line = self.lines.get_mut(&key)?;
            let wanted = match line.places.front() {
                Some(place) if line.deficit >= tokens(place) => return Some(place.ticket),
                Some(place) => tokens(place),
                None => 0,
            };
            line.deficit = line.deficit.saturating_add(QUANTUM);
            if line.places.is_empty() && line.deficit >= wanted {
                self.ring.pop_front();
                self.lines.remove(&key);
            } else if line.deficit < wanted {
                // Its turn begins with this; if that does not do, it is the next one's.
                self.ring.rotate_left(1);
            }
        }
        None
    }

    /// Gives everybody in the ring the rounds in which nobody could go.
    fn skip_rounds(&mut self) {
        let lacking = self.ring.iter().filter_map(|key| {
            let line = self.lines.get(key)?;
            let lacking = tokens(line.places.front()?).saturating_sub(line.deficit).max(0);
            Some(lacking.unsigned_abs().div_ceil(QUANTUM_TOKENS))
        });
        let rounds = lacking.min().unwrap_or_default();
        if rounds > 1 {
            let tokens = i64::try_from((rounds - 1).saturating_mul(QUANTUM_TOKENS)).unwrap_or(i64::MAX);
            let in_ring = self.lines.values_mut().filter(|line| !line.is_fresh);
            in_ring.for_each(|line| line.deficit = line.deficit.saturating_add(tokens));
        }
    }

    /// Somebody waits no longer; who had his turn has used it now.
    pub(super) fn leave(&mut self, ticket: u64, entry: Entry, went: Option<Tick>) -> bool {
        let Some(line) = self.lines.get_mut(&entry.key) else { return false };
        let Some(at) = line.places.iter().position(|place| place.ticket == ticket) else { return false };
        let Some(place) = line.places.remove(at) else { return false };
        self.waiting -= 1;
        self.waiting_in_ring -= usize::from(!line.is_fresh);
        if let Some(now) = went {
            line.deficit = line.deficit.saturating_sub(tokens(&place));
            if !line.is_fresh {
                self.ring_went = now;
            }
        }
        let is_turn_over = match line.places.front() {
            None => true,
            Some(next) => went.is_some() && line.deficit < tokens(next),
        };
        if is_turn_over {
            self.end_turn(entry.key, went.is_some());
        }
        if self.waiting_in_ring == 0 && !self.ring.is_empty() {
            // Nobody is there whose turn could be before theirs.
            self.ring.clear();
            self.lines.retain(|_, line| line.is_fresh);
        }
        true
    }

    /// The turn of a key is over, or nothing of it waits any more: then it keeps no credit, only what it owes.
    fn end_turn(&mut self, key: u64, had_turn: bool) {
        let Some(line) = self.lines.get_mut(&key) else { return };
        let is_empty = line.places.is_empty();
        if is_empty {
            line.deficit = line.deficit.min(0);
        }
        if line.is_fresh {
            self.fresh.retain(|other| *other != key);
            if is_empty && !had_turn {
                self.lines.remove(&key);
                return;
            }
            line.is_fresh = false;
            self.waiting_in_ring += line.places.len();
            self.ring.push_back(key);
        } else if had_turn {
            self.ring.retain(|other| *other != key);
            self.ring.push_back(key);
        }
    }

    pub(super) fn oldest(&self) -> Option<Tick> {
        self.lines.values().filter_map(|line| Some(line.places.front()?.since)).min()
    }

    pub(super) fn count(&self, key: u64) -> usize {
        self.lines.get(&key).map_or(0, |line| line.places.len())
    }

    pub(super) fn all(&self) -> u64 {
        let places = self.lines.values().flat_map(|line| &line.places);
        places.fold(0, |sum, place| sum.saturating_add(place.entry.cost))
    }

    /// Of a key that comes anew: a turn of each that has come before it. Else all of its own key, and of each other key as many
    /// tokens as its own, and a turn.
    pub(super) fn ahead(&self, entry: &Entry) -> u64 {
        if !self.lines.contains_key(&entry.key) {
            let fresh = self.fresh.iter().filter_map(|key| self.lines.get(key));
            return fresh.map(KeyLine::turn).fold(0, u64::saturating_add);
        }
        let own = self.lines.get(&entry.key).map_or(0, |line| {
            line.places.iter().fold(0_u64, |sum, place| sum.saturating_add(place.entry.tokens))
        });
        let turn = own.saturating_add(entry.tokens).saturating_add(QUANTUM_TOKENS);
        let mut cost = 0_u64;
        for (key, line) in &self.lines {
            let mut tokens = 0_u64;
            for place in &line.places {
                tokens = tokens.saturating_add(place.entry.tokens);
                if *key != entry.key && tokens > turn {
                    break;
                }
                cost = cost.saturating_add(place.entry.cost);
            }
        }
        cost
    }
}

impl KeyLine {
    /// How much of the limit goes to its turn, which is one call at least.
    fn turn(&self) -> u64 {
        let mut left = self.deficit;
        let fits = self.places.iter().enumerate().take_while(|(nth, place)| {
            left = left.saturating_sub(tokens(place));
            *nth == 0 || left >= 0
        });
        fits.fold(0, |cost, (_, place)| place.entry.cost.saturating_add(cost))
    }
}

/// The size of one who waits. What is absurd is less so: it is never reached.
fn tokens(place: &Place) -> i64 {
    const TOKENS_MAX: u64 = 1 << 60;
    place.entry.tokens.min(TOKENS_MAX).cast_signed()
}
