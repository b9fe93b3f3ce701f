//! Whose turn it is: that of the key that has had least lately, by tokens, and calls of one key go in the order they came. Batches
//! go when nobody else waits, or once they have waited long without a turn of theirs.

use super::class::{AGEING, Class, Place};
use super::entry::Entry;
use crate::tick::Tick;

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
    pub fn first(&self, now: Tick) -> Option<u64> {
        let is_due = |oldest: &Place| now.since(oldest.since.max(self.batch_went)) >= AGEING;
        let is_batch_due = self.batch.oldest().is_some_and(is_due);
        if self.interactive.waiting == 0 || is_batch_due {
            return self.batch.first(now);
        }
        self.interactive.first(now)
    }

    /// Somebody waits no longer. Who had his turn has used it.
    pub fn leave(&mut self, ticket: u64, entry: Entry, had_turn: bool, now: Tick) {
        if self.class(entry.is_batch).leave(ticket, entry, had_turn.then_some(now)) {
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

    /// Whether one who waits is to leave something over: a batch, or of a key that has had more than most lately. What is kept is for
    /// those who ask for little, so that they hardly wait.
    pub fn spares(&self, entry: &Entry) -> bool {
        entry.is_batch || self.interactive.has_had_much(entry.key)
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
        self.class(is_batch).leave(place.ticket, place.entry, None);
        self.waiting -= 1;
        Some(place.ticket)
    }

    const fn class(&mut self, is_batch: bool) -> &mut Class {
        if is_batch { &mut self.batch } else { &mut self.interactive }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Order;
    use crate::queue::{AGEING, Entry};
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
    fn who_has_had_less_lately_goes_first_and_what_was_long_ago_does_not_count() {
        let mut order = Order::default();
        let seconds = |seconds| NOW.plus(Duration::from_secs(seconds));
        let often = entered(&mut order, &[entry(1, 1_024); 20]);
        served(&mut order, &often, NOW);
        let rarely = entered(&mut order, &[entry(2, 2_048); 2]);
        served(&mut order, &rarely, NOW);
        let both = |order: &mut Order| entered(order, &[entry(1, 64), entry(2, 64)]);
        let now = both(&mut order);
        assert_eq!(served(&mut order, &now, NOW), [2, 1], "it has had a fifth");
        // Then the other has had more: twice of two seconds ago, and half as much now.
        let much = entered(&mut order, &[entry(2, 20_000)]);
        served(&mut order, &much, seconds(3));
        let later = both(&mut order);
        assert_eq!(served(&mut order, &later, seconds(3)), [1, 2]);
        assert!(order.is_empty() && order.interactive.lines.len() == 2);
        let last = entered(&mut order, &[entry(3, 1)]);
        served(&mut order, &last, seconds(60));
        assert_eq!(order.interactive.lines.len(), 1, "who has had nothing lately is forgotten");
    }

    #[test]
    fn who_has_had_much_more_than_others_leaves_something_over() {
        let mut order = Order::default();
        let flood = entered(&mut order, &[entry(1, 1_024); 8]);
        served(&mut order, &flood, NOW);
        entered(&mut order, &[entry(1, 1_024)]);
        assert!(!order.spares(&entry(1, 1_024)), "nobody else is there");
        entered(&mut order, &[entry(2, 1_024), batch(3)]);
        assert_eq!([entry(1, 9), entry(2, 9), batch(3)].map(|it| order.spares(&it)), [true, false, true]);
    }

    #[test]
    fn keys_that_have_had_as_much_take_turns() {
        let mut order = Order::default();
        let flood = entered(&mut order, &[entry(1, 1_024); 9]);
        let go = |order: &mut Order, entries: &[(u64, Entry)], now| {
            let ticket = order.first(now).unwrap();
            let (_, entry) = entries.iter().find(|(known, _)| *known == ticket).unwrap();
            order.leave(ticket, *entry, true, now);
            entry.key
        };
        assert_eq!(go(&mut order, &flood, NOW), 1, "nobody else is there");
        for _ in 0..3 {
            let rare = [flood.clone(), entered(&mut order, &[entry(2, 1_024)])].concat();
            assert_eq!(go(&mut order, &rare, NOW), 2);
            let again = [flood.clone(), entered(&mut order, &[entry(2, 1_024)])].concat();
            assert_eq!([0, 1].map(|_| go(&mut order, &again, NOW)), [1, 2], "both have had as much");
            assert_eq!(go(&mut order, &flood, NOW), 1, "nobody else is there");
        }
    }

    #[test]
    fn many_who_have_had_nothing_keep_nobody_waiting_for_ever() {
        let mut order = Order::default();
        let waiting = |order: &Order, ticket| {
            let mut places = order.interactive.lines.values().flat_map(|line| &line.places);
            places.find(|place| place.ticket == ticket).unwrap().entry
        };
        let flood = entered(&mut order, &[entry(0, 1_024); 3]);
        let first = order.first(NOW).unwrap();
        order.leave(first, flood[0].1, true, NOW);
        let mut went = Vec::new();
        for step in 0..150 {
            let now = NOW.plus(Duration::from_millis(10 * step));
            order.enter(entry(1 + step, 1_024), 100, now).unwrap();
            let first = order.first(now).unwrap();
            let gone = waiting(&order, first);
            order.leave(first, gone, true, now);
            if gone.key == 0 {
                went.push(10 * step);
            }
        }
        assert_eq!(went, [500, 1_000], "a turn in the time after which a batch would have one");
    }

    #[test]
    fn who_asks_for_much_goes_more_rarely() {
        let mut order = Order::default();
        let mut wanted = vec![entry(1, 10_240); 2];
        wanted.extend([entry(2, 1_024); 20]);
        let entries = entered(&mut order, &wanted);
        let keys = served(&mut order, &entries, NOW);
        let large: Vec<_> = (0..keys.len()).filter(|place| keys[*place] == 1).collect();
        assert_eq!((large, keys.len()), (vec![0, 11], 22), "{keys:?}");
    }

    #[test]
    fn absurd_sizes_are_served_without_counting_rounds() {
        let mut order = Order::default();
        let (huge, large) = (u64::MAX, 1 << 50);
        let sizes = [entry(1, huge), entry(1, huge), entry(2, large), entry(2, large)];
        let entries = entered(&mut order, &sizes);
        assert_eq!(served(&mut order, &entries, NOW), [1, 2, 2, 1]);
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
        assert_eq!(order.ahead(&entry(2, 1_024)), 1);
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
