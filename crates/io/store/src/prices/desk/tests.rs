//! What the desk does with texts: what is refused changes nothing, neither in memory nor in the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::{Timestamp, Usage};
use ledger::prices::{Book, Buyer, Sale, read};

use super::{PriceDesk, PriceError, PriceWish, Who};
use crate::audit::AuditRecords;
use crate::database::Database;
use crate::database::throwaway::hasher;

const CATALOGUE: &str = "[[price]]\nkind = \"north\"\nmodel = \"a\"\ninput = \"9\"\n";
const NOW: Timestamp = Timestamp(1_795_219_200_000);

fn book(input: &str) -> String {
    format!("[[price]]\nkind = \"north\"\nmodel = \"a\"\ninput = \"{input}\"\n")
}

fn wish(reason: Option<&str>) -> PriceWish {
    PriceWish {
        reason: reason.map(str::to_owned),
        after: None,
        who: Who { actor: "admin key", ..Who::default() },
    }
}

fn stand_in(text: &str) -> (String, Book) {
    (text.to_owned(), read(text, &[]).unwrap())
}

async fn opened(database: &Database) -> PriceDesk {
    let kinds = vec!["north".to_owned()];
    PriceDesk::open(Box::new(database.clone()), kinds, || stand_in(CATALOGUE)).await.unwrap()
}

/// What a thousand tokens cost, in nano-units, and by which version.
fn cost(book: &Book) -> (i64, u32) {
    let usage = Usage { input: 1000, ..Usage::default() };
    let sale = Sale {
        provider: "p",
        kind: "north",
        model: "a",
        asked_model: "a",
        at: NOW,
        usage: &usage,
        buyer: Buyer::default(),
    };
    let cost = book.rate(&sale).cost();
    (cost.list.nano(), cost.version)
}

#[tokio::test]
async fn the_catalogue_stands_in_until_there_is_a_version() {
    let database = Database::in_memory(&hasher()).await.unwrap();
    let desk = opened(&database).await;
    assert_eq!(cost(&desk.book()), (9_000_000, 0));
    assert_eq!(desk.standing().await.json()["is_draft"], true);
    desk.stand_in(|| stand_in(&book("8"))).await;
    assert_eq!(cost(&desk.book()), (8_000_000, 0));
    // Far from the catalogue, and no reason is asked for.
    let heard = Arc::new(AtomicU32::new(9));
    let hearing = heard.clone();
    desk.hear(move |book| hearing.store(book.version(), Ordering::Relaxed));
    assert_eq!(heard.load(Ordering::Relaxed), 0);
    desk.set(book("1"), wish(None), NOW).await.unwrap();
    assert_eq!(heard.load(Ordering::Relaxed), 1);
    desk.stand_in(|| panic!("a version is in force")).await;
    assert_eq!(cost(&desk.book()), (1_000_000, 1));
    assert_eq!(cost(&opened(&database).await.book()), (1_000_000, 1), "a restart has it");
}

#[tokio::test]
async fn an_old_sale_costs_what_it_cost() {
    let database = Database::in_memory(&hasher()).await.unwrap();
    let desk = opened(&database).await;
    for input in ["1", "1.1", "1.2"] {
        desk.set(book(input), wish(None), NOW).await.unwrap();
    }
    for (version, nano) in [(1, 1_000_000), (2, 1_100_000), (3, 1_200_000)] {
        assert_eq!(cost(&desk.book_of(version).await.unwrap()), (nano, version));
    }
    assert!(matches!(desk.book_of(9).await, Err(PriceError::NoVersion(9))));
    assert_eq!(desk.compare(1, 3).await.unwrap().changes[0].permille, Some(200));
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    let database = Database::in_memory(&hasher()).await.unwrap();
    let desk = opened(&database).await;
    desk.set(book("1"), wish(None), NOW).await.unwrap();
    let twice = book("1") + &book("2");
    let refused = [
        desk.set(book("-1"), wish(None), NOW).await,
        desk.set(book("1").replace("north", "nowhere"), wish(None), NOW).await,
        desk.set(twice, wish(None), NOW).await,
        desk.set(book("2"), wish(None), NOW).await,
        desk.set(book("2"), wish(Some("a\nb")), NOW).await,
        desk.set(book("1"), wish(None), NOW).await,
        desk.set(book("1.1"), PriceWish { after: Some(0), ..wish(None) }, NOW).await,
        desk.approve(None, wish(None), NOW).await,
    ];
    let refused: Vec<String> = refused.into_iter().map(|refused| refused.unwrap_err().to_string()).collect();
    let expected = [
        "the prices have a problem, the former ones stay in force: line 1: price[1].input: '-1' is negative; a price is 0 or more",
        "the prices have a problem, the former ones stay in force: line 1: price[1].kind: there is no kind 'nowhere'; a provider's own id is `provider`",
        "the prices have a problem, the former ones stay in force: line 5: price[2]: 'a' begins on the same day and for the same calls as that of price[1]",
        "'kind north: a input' changes by more than 30 percent, or goes: give a reason",
        "a reason must be at most 500 characters without control characters",
        "these are the prices of version 1 already: nothing is changed",
        "version 1 is in force, not 0: somebody has changed the prices meanwhile; look at them and try again",
        "there is no draft of prices; `bellwether prices import` or `bellwether prices draft` makes one",
    ];
    assert_eq!(refused, expected);
    assert_eq!(cost(&desk.book()), (1_000_000, 1));
    assert_eq!(desk.versions(None, 10).await.unwrap().len(), 1);
    assert_eq!(database.audit(None, 10).await.unwrap().len(), 1);
    desk.set(book("2"), wish(Some("the vendor doubled it")), NOW).await.unwrap();
    assert_eq!(cost(&desk.book()), (2_000_000, 2));
}

#[tokio::test]
async fn a_draft_prices_nobody_until_it_is_approved() {
    let database = Database::in_memory(&hasher()).await.unwrap();
    let desk = opened(&database).await;
    let who = || Who { actor: "admin key", ..Who::default() };
    desk.set(book("1"), wish(None), NOW).await.unwrap();
    let (first, _) = desk.keep_draft(book("1.2"), "a price list", who(), NOW).await.unwrap();
    assert!(matches!(desk.keep_draft(book("-1"), "broken", who(), NOW).await, Err(PriceError::Bad(_))));
    assert_eq!(desk.draft().await.unwrap().unwrap().number, first, "a broken one replaces nothing");
    let (second, compared) = desk.keep_draft(book("1.1"), "a newer list", who(), NOW).await.unwrap();
    assert_eq!(compared.changes[0].permille, Some(100));
    assert_eq!(cost(&desk.book()), (1_000_000, 1));
    let other = desk.approve(Some(first), wish(None), NOW).await.unwrap_err();
    assert!(matches!(other, PriceError::OtherDraft { .. }), "{other}");
    let set = desk.approve(Some(second), wish(None), NOW).await.unwrap();
    assert_eq!((set.version.number, set.version.reason.as_str()), (2, "approved: a newer list"));
    assert_eq!(cost(&desk.book()), (1_100_000, 2));
    assert_eq!(desk.draft().await.unwrap(), None);
    desk.keep_draft(book("3"), "another", who(), NOW).await.unwrap();
    assert!(matches!(desk.approve(None, wish(None), NOW).await, Err(PriceError::NeedsReason(_))));
    desk.drop_draft(who(), NOW).await.unwrap();
    assert!(matches!(desk.drop_draft(who(), NOW).await, Err(PriceError::NoDraft)));
    let actions: Vec<String> =
        database.audit(None, 10).await.unwrap().into_iter().map(|entry| entry.action).collect();
    assert_eq!(
        actions,
        ["prices.drop_draft", "prices.draft", "prices.approve", "prices.draft", "prices.draft", "prices.set"]
    );
}
