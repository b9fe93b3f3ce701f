//! Whose turn it is: keys take turns by tokens (deficit round robin), calls of one key in the order they came. Batches go when
//! nobody else waits, or once they have waited long without a turn of theirs.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::tick::Tick;

/// Tokens that a key's turn is worth.
pub const QUANTUM_TOKENS: u64 = 1_024;
/// A batch that has waited so long while none went has a turn before the others.
pub const AGEING: Duration = Duration::from_millis(500);

/// One who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// With whom it takes turns: the same for all calls of a key.
    pub key: u64,
    /// Its size, as it is estimated.
    pub tokens: u64,
    /// What it needs of the limit that it waits for.
    pub cost: u64,
    /// Whether nobody sits before it.
    pub is_batch: bool,
}

/// All who wait, and whose turn it is.
#[derive(Debug, Default)]
pub struct Order {
    interactive: Class,
    batch: Class,
    tickets: u64,
    waiting: usize,
    /// When a batch last had a turn.
    batch_went: Tick,
}

#[derive(Debug, Default)]
struct Class {
    /// Keys with somebody who waits; the first has the turn.
    ring: VecDeque<u64>,
    lines: HashMap<u64, KeyLine>,
}

#[derive(Debug, Default)]
struct KeyLine {
    /// Tokens that it may use in its turn.
    deficit: u64,
    places: VecDeque<Place>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    ticket: u64,
    entry: Entry,
    since: Tick,
}

impl Order {
    /// How many wait.
    pub const fn len(&self) -> usize {
        self.waiting
    }

    /// Whether nobody waits.
    pub const fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// One more who waits, where `max` may. Where as many do, the newest of the key with the most goes for him, if his own key has
    /// fewer: both are given. Nothing, if he may not.
    pub fn enter(&mut self, entry: Entry, max: usize, now: Tick) -> Option<(u64, Option<u64>)> {
        let evicted = if self.waiting >= max { Some(self.evict(entry.key)?) } else { None };
        let ticket = self.tickets;
        self.tickets += 1;
        self.waiting += 1;
        self.class(entry.is_batch).enter(Place { ticket, entry, since: now });
        Some((ticket, evicted))
    }

    /// Whose turn it is.
    pub fn first(&mut self, now: Tick) -> Option<u64> {
        let is_batch_due =
            self.batch.oldest().is_some_and(|oldest| now.since(oldest.max(self.batch_went)) >= AGEING);
        if self.interactive.ring.is_empty() || is_batch_due {
            return self.batch.first();
        }
        self.interactive.first()
    }

    /// Somebody waits no longer. Who had his turn has used it.
    pub fn leave(&mut self, ticket: u64, entry: Entry, had_turn: bool, now: Tick) {
        if self.class(entry.is_batch).leave(ticket, entry, had_turn) {
            self.waiting -= 1;
            if had_turn && entry.is_batch {
                self.batch_went = now;
            }
        }
    }

    /// How much of the limit goes to those who will have their turn before one more would, as far as can be told.
    pub fn ahead(&self, entry: &Entry) -> u64 {
        let before = if entry.is_batch { self.interactive.all() } else { 0 };
        let own = if entry.is_batch { &self.batch } else { &self.interactive };
        before.saturating_add(own.ahead(entry))
    }

    /// Takes the newest place of the key with the most, if that has two more than this one.
    fn evict(&mut self, key: u64) -> Option<u64> {
        let own = self.interactive.count(key) + self.batch.count(key);
        let lines = |class: &Class, is_batch: bool| {
            let longest = class.lines.iter().max_by_key(|(_, line)| line.places.len());
            longest.map(|(key, line)| (line.places.len(), is_batch, *key))
        };
        let longest = lines(&self.batch, true).max(lines(&self.interactive, false))?;
        let (count, is_batch, longest) = longest;
        if count <= own + 1 {
            return None;
        }
        let place = *self.class(is_batch).lines.get(&longest)?.places.back()?;
        self.class(is_batch).leave(place.ticket, place.entry, false);
        self.waiting -= 1;
        Some(place.ticket)
    }

    const fn class(&mut self, is_batch: bool) -> &mut Class {
        if is_batch { &mut self.batch } else { &mut self.interactive }
    }
}

impl Class {
    fn enter(&mut self, place: Place) {
        let key = place.entry.key;
        let line = self.lines.entry(key).or_default();
        if line.places.is_empty() {
            self.ring.push_back(key);
        }
        line.places.push_back(place);
    }

    fn first(&mut self) -> Option<u64> {
        self.skip_rounds();
        for _ in 0..=self.ring.len() {
            let key = *self.ring.front()?;
            let line = self.lines.get_mut(&key)?;
            let place = line.places.front()?;
            if line.deficit >= place.entry.tokens {
                return Some(place.ticket);
            }
            line.deficit = line.deficit.saturating_add(QUANTUM_TOKENS);
            // Its turn begins with this; if that does not do, it is the next one's.
            if line.deficit < place.entry.tokens {
                self.ring.rotate_left(1);
            }
        }
        None
    }

    /// Gives everybody the rounds in which nobody could go.
    fn skip_rounds(&mut self) {
        let lacking = self.lines.values().filter_map(|line| {
            let place = line.places.front()?;
            Some(place.entry.tokens.saturating_sub(line.deficit).div_ceil(QUANTUM_TOKENS))
        });
        let rounds = lacking.min().unwrap_or_default();
        if rounds > 1 {
            let tokens = (rounds - 1).saturating_mul(QUANTUM_TOKENS);
            self.lines.values_mut().for_each(|line| line.deficit = line.deficit.saturating_add(tokens));
        }
    }

    fn leave(&mut self, ticket: u64, entry: Entry, had_turn: bool) -> bool {
        let Some(line) = self.lines.get_mut(&entry.key) else { return false };
        let Some(at) = line.places.iter().position(|place| place.ticket == ticket) else { return false };
        line.places.remove(at);
        if had_turn {
            line.deficit = line.deficit.saturating_sub(entry.tokens);
        }
        if line.places.is_empty() {
            self.lines.remove(&entry.key);
            self.ring.retain(|key| *key != entry.key);
        } else if had_turn && line.places.front().is_some_and(|next| line.deficit < next.entry.tokens) {
            // Its turn is over.
            self.ring.retain(|key| *key != entry.key);
            self.ring.push_back(entry.key);
        }
        true
    }

    fn oldest(&self) -> Option<Tick> {
        self.lines.values().filter_map(|line| Some(line.places.front()?.since)).min()
    }

    fn count(&self, key: u64) -> usize {
        self.lines.get(&key).map_or(0, |line| line.places.len())
    }

    fn all(&self) -> u64 {
        let places = self.lines.values().flat_map(|line| &line.places);
        places.fold(0, |sum, place| sum.saturating_add(place.entry.cost))
    }

    /// All of its own key, and of each other key as many tokens as its own, and a turn.
    fn ahead(&self, entry: &Entry) -> u64 {
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

#[cfg(test)]
mod tests {
    use super::{AGEING, Entry, Order};
    use crate::tick::Tick;

    const NOW: Tick = Tick(1_000_000_000);

    fn entry(key: u64, tokens: u64) -> Entry {
        Entry { key, tokens, cost: 1, is_batch: false }
    }

    fn batch(key: u64) -> Entry {
        Entry { is_batch: true, ..entry(key, 100) }
    }

    /// Serves all; gives the keys in the order they went.
    fn served(order: &mut Order, entries: &[(u64, Entry)], now: Tick) -> Vec<u64> {
        let mut keys = Vec::new();
        while let Some(ticket) = order.first(now) {
            let (_, entry) = entries.iter().find(|(known, _)| *known == ticket).unwrap();
            keys.push(entry.key);
            order.leave(ticket, *entry, true, now);
        }
        assert!(order.is_empty());
        keys
    }

    fn entered(order: &mut Order, entries: &[Entry]) -> Vec<(u64, Entry)> {
        entries.iter().map(|entry| (order.enter(*entry, 100, NOW).unwrap().0, *entry)).collect()
    }

    #[test]
    fn keys_take_turns_by_tokens_and_calls_of_a_key_in_their_order() {
        let mut order = Order::default();
        let entries = entered(
            &mut order,
            &[entry(1, 1_024), entry(1, 1_024), entry(1, 1_024), entry(2, 512), entry(2, 512), entry(2, 512)],
        );
        assert_eq!(served(&mut order, &entries, NOW), [1, 2, 2, 1, 2, 1]);
    }

    #[test]
    fn who_asks_for_much_goes_more_rarely() {
        let mut order = Order::default();
        let mut wanted = vec![entry(1, 10_240); 2];
        wanted.extend([entry(2, 1_024); 20]);
        let entries = entered(&mut order, &wanted);
        let keys = served(&mut order, &entries, NOW);
        let first_large = keys.iter().position(|key| *key == 1).unwrap();
        assert!((9..=11).contains(&first_large), "{keys:?}");
        assert_eq!(keys.len(), 22);
    }

    #[test]
    fn absurd_sizes_are_served_without_counting_rounds() {
        let mut order = Order::default();
        let entries = entered(&mut order, &[entry(1, u64::MAX), entry(2, u64::MAX / 2)]);
        assert_eq!(served(&mut order, &entries, NOW), [2, 1]);
    }

    #[test]
    fn a_batch_goes_last_unless_it_has_aged() {
        let mut order = Order::default();
        let entries = entered(&mut order, &[batch(1), batch(1), entry(2, 100), entry(2, 100)]);
        assert_eq!(served(&mut order, &entries, NOW), [2, 2, 1, 1]);
        let entries = entered(&mut order, &[batch(1), batch(1), entry(2, 100), entry(2, 100)]);
        let later = NOW.plus(AGEING);
        assert_eq!(served(&mut order, &entries, later), [1, 2, 2, 1], "one of them, then the others again");
    }

    #[test]
    fn who_is_full_of_one_keys_calls_has_room_for_another() {
        let mut order = Order::default();
        let many: Vec<_> = (0..4).map(|_| order.enter(entry(1, 10), 4, NOW).unwrap().0).collect();
        assert_eq!(order.enter(entry(1, 10), 4, NOW), None);
        assert_eq!(order.enter(entry(2, 10), 4, NOW), Some((4, Some(many[3]))));
        assert_eq!(order.enter(entry(2, 10), 4, NOW), Some((5, Some(many[2]))));
        assert_eq!(order.enter(entry(2, 10), 4, NOW), None, "both have two");
        assert_eq!(order.len(), 4);
        order.leave(many[3], entry(1, 10), false, NOW);
        assert_eq!(order.len(), 4, "it had left");
    }

    #[test]
    fn what_is_ahead_is_told_by_turns() {
        let mut order = Order::default();
        entered(&mut order, &[entry(1, 1_024); 50]);
        assert_eq!(order.ahead(&entry(2, 1_024)), 2);
        assert_eq!(order.ahead(&entry(1, 1_024)), 50);
        assert_eq!(order.ahead(&batch(2)), 50);
    }

    #[test]
    fn whoever_leaves_unserved_takes_nothing_along() {
        let mut order = Order::default();
        let entries = entered(&mut order, &[entry(1, 10), entry(2, 10), entry(1, 10)]);
        let first = order.first(NOW).unwrap();
        assert_eq!(first, entries[0].0);
        order.leave(first, entries[0].1, false, NOW);
        let left = [entries[1], entries[2]];
        assert_eq!(served(&mut order, &left, NOW).len(), 2);
    }
}
