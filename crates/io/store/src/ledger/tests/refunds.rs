//! Refunds: of what was paid and is left, never of gifts, never twice.

use domain::{CallId, Currency, Money};
use ledger::{Channel, Customer, EntryKey, GrantNumber, Purse, payments};
use tempfile::TempDir;

use super::books_of_calls::{NOW, PURSE, options};
use crate::Database;
use crate::ledger::{Applier, Ledger, Level, PostError};

struct Books<'d> {
    database: &'d Database,
    ledger: Ledger,
    applier: Applier,
    _home: TempDir,
}

impl<'d> Books<'d> {
    async fn open(database: &'d Database) -> Self {
        let home = tempfile::tempdir().unwrap();
        let (ledger, applier, _) = Ledger::open(&options(home.path()), database, NOW).await.unwrap();
        Self { database, ledger, applier, _home: home }
    }

    /// Posts while the database follows, as in a gateway.
    async fn post(&mut self, entry: ledger::Entry) -> Result<(), PostError> {
        let Self { database, ledger, applier, .. } = self;
        let mut reached = ledger.journal().reached();
        let follow = async {
            loop {
                let at = applier.applied();
                reached.wait_for(|it| it.durable > at).await.unwrap();
                ledger.applied(&applier.step(ledger.journal().durable()).await.unwrap());
            }
        };
        tokio::select! { done = ledger.post(database, entry, NOW) => done.map(|_| ()), () = follow => unreachable!() }
    }

    async fn refund(&mut self, id: &str, payment: &str, nano: i64) -> Result<(), PostError> {
        self.post(asked(id, payment, PURSE, nano)).await
    }

    /// A call that is over and costs this much.
    async fn spend(&mut self, call: u128, nano: i64) {
        let held = self.ledger.hold(CallId(call), PURSE, money(nano), 0, NOW).unwrap();
        let (lsn, _) = self.ledger.settle(held, (1, 1), money(nano), NOW).unwrap();
        self.ledger.journal().wait(lsn, Level::Durable).await.unwrap();
    }

    fn left(&self) -> i64 {
        self.ledger.cells().cell(PURSE).available().nano()
    }
}

fn money(nano: i64) -> Money {
    Money::from_nano(nano)
}

fn channel() -> Channel {
    Channel::parse("one").unwrap()
}

fn top_up(transaction: &str, purse: Purse, nano: i64) -> ledger::Entry {
    payments::top_up(channel(), transaction, purse, money(nano)).unwrap()
}

fn asked(id: &str, payment: &str, purse: Purse, nano: i64) -> ledger::Entry {
    payments::refund_asked(id, EntryKey::parse(payment).unwrap(), purse, money(nano)).unwrap()
}

#[track_caller]
fn is_beyond(refused: Result<(), PostError>, limit: i64) {
    match refused {
        Err(PostError::BeyondPayment { limit: found, .. }) => assert_eq!(found, money(limit)),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn is_none(refused: Result<(), PostError>, words: &str) {
    let told = refused.unwrap_err().to_string();
    assert!(told.contains(words), "{told}");
}

pub(super) async fn no_more_than_was_paid_and_only_once(database: &Database) {
    let mut books = Books::open(database).await;
    books.post(top_up("a", PURSE, 1_000)).await.unwrap();
    books.post(top_up("b", PURSE, 500)).await.unwrap();
    is_beyond(books.refund("1", "pay:one:a", 1_001).await, 1_000);
    assert_eq!(books.left(), 1_500, "a refusal changes nothing");
    books.refund("1", "pay:one:a", 600).await.unwrap();
    assert!(matches!(books.refund("1", "pay:one:a", 600).await, Err(PostError::Repeated(_))));
    is_beyond(books.refund("2", "pay:one:a", 600).await, 400);
    let key = EntryKey::parse("pay:one:a").unwrap();
    // One that came back can be asked for again.
    books.post(payments::refund_failed("1", key.clone(), PURSE, money(600)).unwrap()).await.unwrap();
    books.refund("2", "pay:one:a", 1_000).await.unwrap();
    books.post(payments::refund_done("2", key, PURSE, money(1_000), Some(channel())).unwrap()).await.unwrap();
    is_beyond(books.refund("3", "pay:one:a", 1).await, 0);
    assert_eq!(books.left(), 500);
    let key = EntryKey::parse("pay:one:b").unwrap();
    let taken_back = payments::chargeback("d", key, channel(), PURSE, money(500), Money::ZERO).unwrap();
    books.post(taken_back).await.unwrap();
    books.post(top_up("c", PURSE, 500)).await.unwrap();
    is_beyond(books.refund("4", "pay:one:b", 500).await, 0);
}

pub(super) async fn spent_money_and_gifts_stay(database: &Database) {
    let mut books = Books::open(database).await;
    books.post(top_up("a", PURSE, 1_000)).await.unwrap();
    books.spend(1, 700).await;
    let gift = payments::voucher("v", PURSE, GrantNumber(5), money(900), None).unwrap();
    books.post(gift).await.unwrap();
    assert_eq!(books.left(), 1_200);
    is_beyond(books.refund("1", "pay:one:a", 301).await, 300);
    is_none(books.refund("1", "voucher:v", 1).await, "it is no payment");
    let held = books.ledger.hold(CallId(2), PURSE, money(1_000), 0, NOW).unwrap();
    let refused = books.refund("1", "pay:one:a", 201).await;
    assert!(matches!(refused, Err(PostError::NotCovered { available, .. }) if available == money(200)));
    books.refund("1", "pay:one:a", 200).await.unwrap();
    let (lsn, _) = books.ledger.settle(held, (0, 0), money(1_000), NOW).unwrap();
    books.ledger.journal().wait(lsn, Level::Durable).await.unwrap();
    books.post(top_up("b", PURSE, 10)).await.unwrap();
    let durable = books.ledger.journal().durable();
    while books.applier.applied() < durable {
        books.ledger.applied(&books.applier.step(durable).await.unwrap());
    }
    assert_eq!((books.left(), books.applier.books().balance(PURSE.paid())), (10, 10));
}

pub(super) async fn only_payments_into_the_same_purse(database: &Database) {
    let mut books = Books::open(database).await;
    let other = Purse { customer: Customer(8), ..PURSE };
    let other_currency = Purse { currency: Currency::VND, ..PURSE };
    books.post(top_up("a", PURSE, 1_000)).await.unwrap();
    books.post(top_up("b", other, 1_000)).await.unwrap();
    books.post(top_up("c", other_currency, 1_000)).await.unwrap();
    books.post(payments::credit("k", PURSE, money(1_000), "kind").unwrap()).await.unwrap();
    is_none(books.refund("1", "pay:one:b", 1).await, "into another balance");
    is_none(books.refund("1", "pay:one:c", 1).await, "into another balance");
    is_none(books.refund("1", "pay:one:nobody", 1).await, "there is no such payment");
    is_none(books.refund("1", "credit:k", 1).await, "it is no payment");
    let unnamed = ledger::Entry { linked: None, ..asked("1", "x", PURSE, 1) };
    is_none(books.post(unnamed).await, "names no payment");
    let owing = ledger::Entry { may_overdraw: true, ..asked("1", "pay:one:a", PURSE, 1) };
    is_none(books.post(owing).await, "leaves nobody owing");
    assert_eq!(books.left(), 2_000);
    books.refund("1", "pay:one:a", 1_000).await.unwrap();
}

pub(super) async fn a_database_that_does_not_follow_is_told(database: &Database) {
    let mut books = Books::open(database).await;
    books.post(top_up("a", PURSE, 1_000)).await.unwrap();
    books.spend(1, 1).await;
    let entry = asked("1", "pay:one:a", PURSE, 5);
    let refused = books.ledger.post(database, entry.clone(), NOW).await;
    assert!(matches!(refused, Err(PostError::NotFollowed { .. })), "{refused:?}");
    assert_eq!(books.left(), 999, "what was taken for it is there again");
    // Whoever asked goes before it is decided.
    let gone =
        tokio::time::timeout(std::time::Duration::ZERO, books.ledger.post(database, entry.clone(), NOW));
    assert!(gone.await.is_err());
    assert_eq!(books.left(), 999);
    books.post(entry).await.unwrap();
    assert_eq!(books.left(), 994);
}

mod databases {
    use super::super::refunds as suite;
    use crate::database::throwaway::on_every_database;

    on_every_database!(
        suite: no_more_than_was_paid_and_only_once
            spent_money_and_gifts_stay
            only_payments_into_the_same_purse
            a_database_that_does_not_follow_is_told
    );
}
