//! What every database must do alike for what people see.

use domain::{CallId, Currency, Money, Timestamp};
use ledger::{
    Channel, Customer, Entry, EntryKind, Exchange, GrantNumber, Place, Purse, Standing, month, payments,
};
use tempfile::TempDir;

use super::{EntryCursor, EntryQuery, find_entries, open_holds, statement};
use crate::Database;
use crate::ledger::tests::books_of_calls::{NOW, PURSE, options};
use crate::ledger::{Applier, Ledger, Level};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const OTHER: Purse = Purse { customer: Customer(8), currency: Currency::VND };

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

    async fn post(&self, days: i64, entry: Result<Entry, ledger::EntryError>) {
        self.ledger.post(self.database, entry.unwrap(), after(days)).await.unwrap();
    }

    /// A call that holds so much and costs so much.
    fn call(&self, days: i64, call: u128, purse: Purse, (held, cost): (i64, i64)) {
        let held = self.ledger.hold(CallId(call), purse, money(held), 4, after(days)).unwrap();
        self.ledger.settle(held, (1, 1), money(cost), after(days)).unwrap();
    }

    async fn follow(&mut self) {
        let last = self.ledger.journal().appended();
        self.ledger.journal().wait(last, Level::Durable).await.unwrap();
        while self.applier.applied() < last {
            self.ledger.applied(&self.applier.step(self.ledger.journal().durable()).await.unwrap());
        }
    }

    /// Its keys, the newest first.
    async fn keys(&self, query: EntryQuery) -> Vec<String> {
        let page = find_entries(self.database, &EntryQuery { limit: 100, ..query }).await.unwrap();
        assert_eq!(page.next_after, None);
        page.entries.iter().map(|it| it.posted.entry.key.to_string()).collect()
    }
}

const fn after(days: i64) -> Timestamp {
    Timestamp(NOW.0 + days * DAY_MS)
}

fn money(nano: i64) -> Money {
    Money::from_nano(nano)
}

fn key(call: u128, end: &str) -> String {
    format!("{}:{end}", CallId(call))
}

/// Payments, gifts and calls of two customers over some weeks.
async fn filled(database: &Database) -> Books<'_> {
    let mut books = Books::open(database).await;
    let channel = Channel::parse("one").unwrap();
    books.post(0, payments::top_up(channel, "t1", PURSE, money(1_000))).await;
    books.post(1, payments::voucher("v", PURSE, GrantNumber(3), money(50), None)).await;
    books.call(2, 0x10, PURSE, (40, 30));
    // Twenty of the gift and ten of what was paid within, and fifteen beyond.
    books.call(12, 0x11, PURSE, (30, 45));
    let exchange = Exchange { from: Currency::CNY, to: OTHER.currency, numerator: 3, denominator: 1 };
    books.post(13, payments::top_up_exchanged(channel, "t2", OTHER, money(500), &exchange, "desk")).await;
    books.call(14, 0x12, OTHER, (100, 100));
    books.post(14, payments::debit("d", PURSE, money(7), "by hand", false)).await;
    books.follow().await;
    books
}

pub(super) async fn wishes_choose_entries(database: &Database) {
    let books = filled(database).await;
    let all = books.keys(EntryQuery::default()).await;
    let expected =
        ["debit:d", &key(0x12, "s"), "pay:one:t2", &key(0x11, "s"), &key(0x11, "o"), &key(0x10, "s")];
    assert_eq!(all, [&expected[..], &["voucher:v", "pay:one:t1"]].concat());
    let of = |query: EntryQuery| books.keys(query);
    let wish = EntryQuery::default;
    let call = of(EntryQuery { call_id: Some(CallId(0x11)), ..wish() }).await;
    assert_eq!(call, [key(0x11, "s"), key(0x11, "o")]);
    let prefix = |prefix: &str| EntryQuery { key_prefix: Some(prefix.to_owned()), ..EntryQuery::default() };
    assert_eq!(of(prefix("pay:")).await, ["pay:one:t2", "pay:one:t1"]);
    assert_eq!(of(prefix(&key(0x11, "o"))).await, [key(0x11, "o")]);
    assert_eq!(of(prefix(&CallId(0x11).to_string()[..31])).await.len(), 4, "all three calls begin so");
    assert_eq!(of(prefix("%")).await.len(), 0);
    let place = |place: Place| EntryQuery { place: Some(place), ..EntryQuery::default() };
    let gift = Place::Promo(PURSE.customer, GrantNumber(3));
    assert_eq!(of(place(gift)).await, [key(0x11, "s"), key(0x10, "s"), "voucher:v".to_owned()]);
    let paid =
        [&"debit:d".to_owned(), &key(0x11, "s"), &key(0x11, "o"), &"pay:one:t1".to_owned()].map(Clone::clone);
    assert_eq!(of(place(Place::Paid(PURSE.customer))).await, paid);
    assert_eq!(of(place(Place::Usage)).await, [key(0x12, "s"), key(0x11, "s"), key(0x11, "o")]);
    assert_eq!(of(place(Place::Fx)).await, ["pay:one:t2"]);
    let purse = EntryQuery { customer: Some(OTHER.customer), currency: Some(OTHER.currency), ..wish() };
    assert_eq!(of(purse).await, [key(0x12, "s"), "pay:one:t2".to_owned()]);
    let time = EntryQuery { from: Some(after(1)), to: Some(after(12)), ..wish() };
    assert_eq!(of(time).await, [key(0x10, "s"), "voucher:v".to_owned()]);
}

pub(super) async fn entries_are_told_whole(database: &Database) {
    let books = filled(database).await;
    let page =
        find_entries(books.database, &EntryQuery { limit: 100, ..EntryQuery::default() }).await.unwrap();
    let found =
        |key: &str| &page.entries.iter().find(|it| it.posted.entry.key.as_str() == key).unwrap().posted;
    let exchanged = &found("pay:one:t2").entry;
    let amounts: Vec<i64> = exchanged.transfers.iter().map(|it| it.amount.nano()).collect();
    assert_eq!((amounts, exchanged.note.as_str()), (vec![500, 1_500], "3/1 desk"));
    let beyond = found(&key(0x11, "o"));
    assert_eq!((beyond.entry.kind, beyond.price_version), (EntryKind::Overage, 4));
    assert!(beyond.entry.may_overdraw && !beyond.is_after_crash);
    assert_eq!(beyond.entry.linked.as_ref().unwrap().to_string(), key(0x11, "s"));
    let within = found(&key(0x11, "s"));
    let amounts: Vec<i64> = within.entry.transfers.iter().map(|it| it.amount.nano()).collect();
    assert_eq!((amounts, within.at), (vec![20, 10], after(12)));
    assert!(page.entries.iter().all(|it| ledger::entry_balances(&it.posted.entry).is_ok()));
}

pub(super) async fn pages_meet_wherever_they_end(database: &Database) {
    let books = filled(database).await;
    let whole = books.keys(EntryQuery::default()).await;
    for limit in 1..=8 {
        let (mut keys, mut query) = (Vec::new(), EntryQuery { limit, ..EntryQuery::default() });
        loop {
            let page = find_entries(books.database, &query).await.unwrap();
            keys.extend(page.entries.iter().map(|it| it.posted.entry.key.to_string()));
            let Some(next) = page.next_after else { break };
            query.after = EntryCursor::parse(&next.to_string());
        }
        assert_eq!(keys, whole, "{limit} at once");
    }
}

pub(super) async fn open_holds_are_those_of_the_purse(database: &Database) {
    let mut books = filled(database).await;
    let mut first = books.ledger.hold(CallId(0x21), PURSE, money(10), 4, after(15)).unwrap();
    let _second = books.ledger.hold(CallId(0x20), PURSE, money(20), 4, after(16)).unwrap();
    let _others = books.ledger.hold(CallId(0x22), OTHER, money(30), 4, after(16)).unwrap();
    books.ledger.extend(&mut first, money(5), after(16)).unwrap();
    books.ledger.progress(&mut first, (1, 1), money(2), after(16)).unwrap();
    books.follow().await;
    let holds = open_holds(database, PURSE).await.unwrap();
    let told: Vec<_> = holds.iter().map(|it| (it.call.0, it.amount.nano(), it.progress.nano())).collect();
    assert_eq!(told, [(0x21, 15, 2), (0x20, 20, 0)]);
    let (lsn, _) = books.ledger.settle(first, (1, 1), money(2), after(17)).unwrap();
    books.ledger.journal().wait(lsn, Level::Durable).await.unwrap();
    books.follow().await;
    assert_eq!(open_holds(database, PURSE).await.unwrap().len(), 1);
}

pub(super) async fn statements_add_up(database: &Database) {
    // The twenty-first of November; days 10 and later are December.
    let books = filled(database).await;
    let november = statement(books.database, PURSE.customer, month(2026, 11).unwrap()).await.unwrap();
    let december = statement(books.database, PURSE.customer, month(2026, 12).unwrap()).await.unwrap();
    let ([november], [december]) = (&november.purses[..], &december.purses[..]) else {
        panic!("one currency")
    };
    let standing = |paid, gifts| Standing { paid, gifts };
    assert_eq!((november.opening, november.closing), (standing(0, 0), standing(1_000, 20)));
    assert_eq!((december.opening, december.closing), (november.closing, standing(968, 0)));
    let lines = |it: &ledger::PurseStatement| -> Vec<_> {
        it.lines.iter().map(|line| (line.kind, line.count, line.sum)).collect()
    };
    assert_eq!(
        lines(november),
        [
            (EntryKind::Settle, 1, standing(0, -30)),
            (EntryKind::Voucher, 1, standing(0, 50)),
            (EntryKind::TopUp, 1, standing(1_000, 0)),
        ]
    );
    assert_eq!(
        lines(december),
        [
            (EntryKind::Settle, 1, standing(-10, -20)),
            (EntryKind::Overage, 1, standing(-15, 0)),
            (EntryKind::Debit, 1, standing(-7, 0)),
        ]
    );
    sqlx::query("UPDATE ledger_accounts SET nano = nano + 1 WHERE account = 'customer:1:paid'")
        .execute(&database.pool)
        .await
        .unwrap();
    let refused = statement(database, PURSE.customer, month(2026, 11).unwrap()).await.unwrap_err();
    assert!(refused.to_string().contains("customer 1 in USD is out of balance"), "{refused}");
    assert_eq!(statement(database, Customer(99), month(2026, 11).unwrap()).await.unwrap().purses, []);
}

mod databases {
    use super::super::suite;
    use crate::database::throwaway::on_every_database;

    on_every_database!(
        suite: wishes_choose_entries
            entries_are_told_whole
            pages_meet_wherever_they_end
            open_holds_are_those_of_the_purse
            statements_add_up
    );
}
