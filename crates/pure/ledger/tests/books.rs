//! Random operations: the books agree with the reference book, every invariant holds after every step, and whatever a
//! crash leaves open can be closed.

use std::collections::BTreeMap;

use domain::{Money, Timestamp};
use ledger::{
    Books, Changes, Exercise, Invariant, Lsn, Movement, Outcome, Purse, Recorded, SlotCost, check_books,
    entry_balances, holds_resolve_once, lsns_are_contiguous, recover,
};
use proptest::prelude::{Strategy, prop};
use proptest::{prop_assert, prop_assert_eq, proptest};

/// How many operations; `make prove-ledger` has more.
const OPERATIONS: &str = "LEDGER_OPERATIONS";
const OPERATIONS_SHORT: u64 = 20_000;
const OPERATIONS_PER_BOOK: u64 = 500;

fn books_of_all_seeds() -> u64 {
    let wished = std::env::var(OPERATIONS).ok().and_then(|text| text.parse().ok());
    wished.unwrap_or(OPERATIONS_SHORT).div_ceil(OPERATIONS_PER_BOOK)
}

/// Everything that one seed's operations put into the journal, checked at every step.
fn play(seed: u64, operations: u64, look: impl Fn(&Books, &Exercise)) -> (Vec<Recorded>, Books, Exercise) {
    let mut exercise = Exercise::new(seed);
    let (mut books, mut changes, mut journal) = (Books::default(), Changes::default(), Vec::new());
    for _ in 0..operations {
        let at = exercise.now();
        let Some(movement) = exercise.step() else { continue };
        let recorded = Recorded { lsn: Lsn(journal.len() as u64 + 1), at, movement };
        let outcome = books.apply(&recorded, &mut changes);
        assert_eq!(outcome, Outcome::Applied, "seed {seed}: {recorded:?}");
        assert_eq!(books.apply(&recorded, &mut Changes::default()) == Outcome::Applied, is_free(&recorded));
        journal.push(recorded);
        let violations = check_books(&books, Timestamp(0));
        assert!(violations.is_empty(), "seed {seed}: {violations:?}");
        look(&books, &exercise);
    }
    let calls = changes.calls.iter().flat_map(ledger::PaidCall::entries);
    for posted in changes.entries.iter().cloned().chain(calls) {
        assert_eq!(entry_balances(&posted.entry), Ok(()));
    }
    assert!(changes.calls.iter().all(ledger::PaidCall::is_whole));
    assert!(changes.given_back.is_empty(), "the reference book knows what is left of a gift");
    (journal, books, exercise)
}

/// What may be said twice because it changes nothing then.
fn is_free(recorded: &Recorded) -> bool {
    matches!(recorded.movement, Movement::Progress { .. } | Movement::Terms { .. })
}

fn balances(books: &Books) -> BTreeMap<ledger::Account, i128> {
    books.accounts().collect()
}

#[test]
fn the_books_agree_with_the_reference() {
    let (mut entries, mut refused) = (0, 0);
    for seed in 0..books_of_all_seeds() {
        let (journal, books, exercise) = play(seed, OPERATIONS_PER_BOOK, |books, exercise| {
            for purse in exercise.purses() {
                assert_eq!(books.available(purse), exercise.book.available(purse), "seed {seed}: {purse}");
            }
        });
        assert_eq!(balances(&books), exercise.book.balances(), "seed {seed}");
        for purse in exercise.purses() {
            let pending = books.purse(purse).map_or(0, |state| state.pending);
            assert_eq!(pending, exercise.book.pending(purse), "seed {seed}: {purse}");
        }
        assert_eq!(holds_resolve_once(&journal), []);
        assert_eq!(lsns_are_contiguous(journal.iter().map(|it| it.lsn)), Ok(()));
        entries += exercise.book.entries();
        refused += exercise.refused;
    }
    println!("{entries} entries, {refused} operations refused");
    assert!(entries > 1000 && refused > 1000, "both ways are tried: {entries} {refused}");
}

proptest! {
    #[test]
    fn whatever_a_crash_leaves_open_is_closed((seed, cut, costs) in crashes()) {
        let (journal, ..) = play(seed, 300, |_, _| {});
        let cut = cut.index(journal.len() + 1);
        let applied = journal.len().min(cut / 2);
        let (mut books, mut changes) = (Books::default(), Changes::default());
        for recorded in &journal[..applied] {
            books.apply(recorded, &mut changes);
        }
        let slots = slots(&journal[..cut], &costs);
        let tail = journal[applied..cut].to_vec();
        let settled_in_database = |call| changes.calls.iter().any(|it| it.call == call);
        let recovery = recover(books, tail, &slots, settled_in_database);
        let mut after = recovery.books.clone();
        let mut last = cut as u64;
        let mut records: Vec<Recorded> = journal[..cut].to_vec();
        for movement in recovery.resolutions {
            last += 1;
            let recorded = Recorded { lsn: Lsn(last), at: Timestamp(0), movement };
            prop_assert_eq!(after.apply(&recorded, &mut Changes::default()), Outcome::Applied);
            records.push(recorded);
        }
        prop_assert_eq!(after.holds().count(), 0);
        prop_assert!(check_books(&after, Timestamp(0)).is_empty());
        prop_assert_eq!(holds_resolve_once(&records), []);
        // Nothing is left to do for the next start, even if the slots are still there.
        let (mut books, mut changes) = (Books::default(), Changes::default());
        for recorded in &journal[..applied] {
            books.apply(recorded, &mut changes);
        }
        let again = recover(books, records[applied..].to_vec(), &slots, settled_in_database);
        prop_assert_eq!(again.resolutions, []);
        prop_assert_eq!(again.books, after);
    }
}

fn crashes() -> impl Strategy<Value = (u64, prop::sample::Index, Vec<i64>)> {
    let costs = prop::collection::vec(0..20_000_i64, 40);
    (proptest::num::u32::ANY, proptest::arbitrary::any::<prop::sample::Index>(), costs)
        .prop_map(|(seed, cut, costs)| (u64::from(seed), cut, costs))
}

/// What the table of running calls says of some of the calls, and of one whose hold was never written.
fn slots(journal: &[Recorded], costs: &[i64]) -> Vec<SlotCost> {
    let holds = journal.iter().filter_map(|recorded| match recorded.movement {
        Movement::Hold { call, purse, amount } => Some((call, purse, amount)),
        _ => None,
    });
    let unwritten = (domain::CallId(7), Exercise::new(0).purses()[0], Money::from_nano(9));
    let known = holds.chain([unwritten]).zip(costs.iter().cycle());
    known
        .filter(|(_, cost)| **cost % 3 > 0)
        .map(|((call, purse, held), cost)| SlotCost {
            call,
            purse,
            held,
            cost: Money::from_nano(*cost),
            price_version: 1,
        })
        .filter(|slot| {
            // A call that ended for nothing had a cost of nothing.
            !journal.iter().any(|it| matches!(it.movement, Movement::Void { call, .. } if call == slot.call))
        })
        .collect()
}

#[test]
fn each_invariant_names_what_breaks_it() {
    let purse: Purse = Exercise::new(0).purses()[0];
    let broken = |state| {
        let mut books = Books::default();
        books.load_purse(purse, state);
        check_books(&books, Timestamp(0))
    };
    let held = broken(ledger::PurseState { pending: 5, ..Default::default() });
    assert_eq!(held[0].invariant, Invariant::PendingIsHolds);
    let mut books = Books::default();
    books.load_account(purse.paid(), -3);
    books.load_purse(purse, ledger::PurseState::default());
    let found: Vec<_> = check_books(&books, Timestamp(0)).into_iter().map(|it| it.invariant).collect();
    assert_eq!(found, [Invariant::EntriesBalance, Invariant::FloorsHold]);
    let (journal, ..) = play(1, 50, |_, _| {});
    let twice: Vec<_> = journal.iter().chain(&journal).cloned().collect();
    assert!(holds_resolve_once(&twice).iter().all(|it| it.invariant == Invariant::HoldsEndOnce));
    assert!(!holds_resolve_once(&twice).is_empty());
    let gap = lsns_are_contiguous([Lsn(1), Lsn(3)]).unwrap_err();
    assert_eq!(gap.what, "record 3 stands where record 2 should");
}
