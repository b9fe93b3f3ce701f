//! What every database must do alike for prices.

use domain::Timestamp;

use super::contract::{NewPrices, PriceRecords, PriceVersion};
use crate::audit::{AuditRecords, NewAuditEntry};
use crate::database::Database;

fn prices(seed: u32) -> NewPrices {
    NewPrices {
        at: Timestamp(1_795_219_200_000 + i64::from(seed)),
        by: Some(format!("person {seed}")),
        reason: format!("reason {seed}"),
        rows: seed,
        text: format!("# {seed}\n"),
    }
}

fn entry(subject: &str) -> NewAuditEntry {
    NewAuditEntry {
        at: Timestamp(1),
        actor: "admin key",
        by: None,
        action: "prices.set",
        subject: subject.to_owned(),
        before: "{}".to_owned(),
        after: "{}".to_owned(),
        reason: "test".to_owned(),
        request_id: None,
        organisation: None,
    }
}

async fn audited(store: &Database) -> usize {
    store.audit(None, 100).await.unwrap().len()
}

pub(super) async fn versions_are_counted_from_one(store: &Database) {
    assert_eq!(store.versions(None, 10).await.unwrap(), []);
    assert_eq!(store.text(1).await.unwrap(), None);
    for seed in 1..=3 {
        let number = store.add(&prices(seed), seed - 1, None, &entry("prices")).await.unwrap();
        assert_eq!(number, Some(seed));
    }
    let listed = store.versions(None, 2).await.unwrap();
    let numbers: Vec<u32> = listed.iter().map(|version| version.number).collect();
    assert_eq!(numbers, [3, 2]);
    let first = store.versions(Some(2), 10).await.unwrap();
    let NewPrices { at, by, reason, rows, text } = prices(1);
    assert_eq!(first, [PriceVersion { number: 1, taken_at: at, by, reason, rows }]);
    assert_eq!(store.text(1).await.unwrap(), Some(text));
    assert_eq!(audited(store).await, 3);
}

pub(super) async fn one_that_is_not_the_next_is_not_added(store: &Database) {
    store.add(&prices(1), 0, None, &entry("prices")).await.unwrap();
    for after in [0, 2] {
        assert_eq!(store.add(&prices(2), after, None, &entry("prices")).await.unwrap(), None);
    }
    assert_eq!(store.versions(None, 10).await.unwrap().len(), 1);
    assert_eq!(audited(store).await, 1, "nothing was done, so nothing is told");
}

pub(super) async fn nobody_changes_or_drops_a_version(store: &Database) {
    store.add(&prices(1), 0, None, &entry("prices")).await.unwrap();
    for statement in ["UPDATE price_versions SET text = ''", "DELETE FROM price_versions"] {
        assert!(sqlx::query(statement).execute(&store.pool).await.is_err(), "{statement}");
    }
    assert_eq!(store.text(1).await.unwrap(), Some(prices(1).text));
}

pub(super) async fn there_is_one_draft(store: &Database) {
    assert_eq!(store.draft().await.unwrap(), None);
    let first = store.draft_again(Some(&prices(1)), &entry("draft")).await.unwrap().unwrap();
    let second = store.draft_again(Some(&prices(2)), &entry("draft")).await.unwrap().unwrap();
    assert!(second > first);
    let draft = store.draft().await.unwrap().unwrap();
    assert_eq!((draft.number, draft.text, draft.source), (second, prices(2).text, prices(2).reason));
    // A version that another draft stood for leaves this one alone.
    store.add(&prices(3), 0, Some(first), &entry("prices")).await.unwrap();
    assert!(store.draft().await.unwrap().is_some());
    store.add(&prices(2), 1, Some(second), &entry("prices")).await.unwrap();
    assert_eq!(store.draft().await.unwrap(), None);
    let third = store.draft_again(Some(&prices(4)), &entry("draft")).await.unwrap().unwrap();
    assert!(third > second, "a number is never given twice");
    assert_eq!(store.draft_again(None, &entry("draft")).await.unwrap(), None);
    assert_eq!(store.draft().await.unwrap(), None);
    assert_eq!(audited(store).await, 6);
}
