//! What every database must do alike for alerts.

use alerts::{
    Alert, AlertState, Board, Event, Finding, Findings, Item, Notice, Rule, Severity, SpendSeries, Terms,
    Timing, Told,
};
use domain::{Money, Timestamp};
use serde_json::{Value, json};

use super::{Attempted, DELIVERIES_KEPT, DeliveryState, KeyTimes, NewSilence, WAITING_MAX};
use crate::accounts::suite::{NOW, deed};
use crate::alerts::{AlertDesk, AlertError};
use crate::database::Database;
use crate::tenancy::Deed;

fn later(seconds: i64) -> Timestamp {
    Timestamp(NOW.unix_ms() + seconds * 1000)
}

async fn desk(database: &Database) -> AlertDesk {
    AlertDesk::open(database.clone(), NOW).await.unwrap()
}

/// A board after one look.
fn bad(board: &Board, subjects: &[&str], at: Timestamp) -> Board {
    let bad = subjects.iter().map(|subject| Finding {
        rule: Rule::ProviderDown,
        subject: (*subject).to_owned(),
        severity: Severity::Critical,
        summary: format!("{subject} is down"),
        details: json!({ "lines": 2 }),
    });
    let (mut next, timing) = (board.clone(), Timing { clear_ms: 0, ..Timing::default() });
    next.step(&Findings { bad: bad.collect(), ..Findings::default() }, &Terms::default(), &timing, at);
    next
}

fn notice(at: Timestamp) -> Notice {
    Notice { service: "here".to_owned(), items: vec![Item { event: Event::Raised, ..Item::test(at) }] }
}

fn to(channel: &str) -> (String, Notice) {
    (channel.to_owned(), notice(NOW))
}

pub(super) async fn alerts_outlast_a_restart_as_they_are(database: &Database) {
    let first = desk(database).await;
    let one = bad(&first.board().await, &["north", "south"], NOW);
    first.keep(one.clone(), &[], NOW).await.unwrap();
    let mut two = bad(&one, &["south"], later(5));
    let item = Item { subject: "south".to_owned(), event: Event::Raised, ..Item::test(NOW) };
    two.told(&[("a".to_owned(), vec![item.clone()]), ("b\"".to_owned(), vec![item])], later(5));
    first.keep(two.clone(), &[], later(5)).await.unwrap();
    let second = desk(database).await;
    assert_eq!(second.board().await, two);
    let known = |board: &Board| -> Vec<(String, Timestamp)> {
        let alert = board.find(Rule::ProviderDown, "south").unwrap();
        alert.known_to.iter().map(|(name, at)| (name.clone(), *at)).collect()
    };
    assert_eq!(known(&two), [("a".to_owned(), later(5)), ("b\"".to_owned(), later(5))]);
    // As an earlier version has kept it: whoever was ever told something knows.
    second.keep(two.clone(), &[to("old")], later(5)).await.unwrap();
    sqlx::query("UPDATE alerts SET known_to = NULL").execute(&database.pool).await.unwrap();
    assert_eq!(known(&desk(database).await.board().await), [("old".to_owned(), later(5))]);
    let alerts: Vec<Alert> = two.iter().cloned().collect();
    let states: Vec<_> =
        alerts.iter().map(|alert| (alert.subject.as_str(), alert.state, alert.told)).collect();
    assert_eq!(
        states,
        [("north", AlertState::Resolved, Told::Nothing), ("south", AlertState::Firing, Told::Raised)]
    );
    second.keep(Board::default(), &[], later(6)).await.unwrap();
    assert_eq!(desk(database).await.board().await, Board::default());
}

pub(super) async fn messages_wait_end_and_are_forgotten(database: &Database) {
    let desk = desk(database).await;
    let board = bad(&Board::default(), &["north"], NOW);
    desk.keep(board.clone(), &[to("a"), to("b")], NOW).await.unwrap();
    let waiting = desk.waiting().await.unwrap();
    let shown: Vec<_> = waiting.iter().map(|one| (one.number, one.channel.as_str(), one.next_at)).collect();
    assert_eq!(shown, [(1, "a", NOW), (2, "b", NOW)]);
    assert_eq!(desk.channels_failed().await.unwrap(), [].into());
    assert_eq!(waiting[0].notice, notice(NOW));
    let again = Attempted::TryAgain("it answered 503".to_owned(), later(5));
    desk.attempted(1, &again, later(1)).await.unwrap();
    desk.attempted(2, &Attempted::GivenUp("it answered 404: no_service".to_owned()), later(1)).await.unwrap();
    let left = desk.waiting().await.unwrap();
    assert_eq!((left.len(), left[0].attempts, left[0].next_at), (1, 1, later(5)));
    desk.attempted(1, &Attempted::Delivered, later(6)).await.unwrap();
    assert_eq!(desk.channels_failed().await.unwrap(), ["b".to_owned()].into());
    let listed = desk.deliveries(None, 10).await.unwrap();
    let ended: Vec<_> = listed.iter().map(|one| (one.number, one.state, one.error.as_deref())).collect();
    assert_eq!(
        ended,
        [
            (2, DeliveryState::GivenUp, Some("it answered 404: no_service")),
            (1, DeliveryState::Delivered, None)
        ]
    );
    assert_eq!((listed[1].attempts, listed[1].ended_at), (2, Some(later(6))));
    assert_eq!(desk.deliveries(Some(2), 10).await.unwrap().len(), 1);
    // What has ended is forgotten when there is enough that is newer.
    let many: Vec<_> = (0..DELIVERIES_KEPT).map(|_| to("a")).collect();
    desk.keep(board, &many, later(7)).await.unwrap();
    assert_eq!(desk.deliveries(Some(3), 10).await.unwrap(), []);
}

pub(super) async fn a_channel_that_takes_nothing_silences_no_other(database: &Database) {
    let desk = desk(database).await;
    let many: Vec<_> = (0..WAITING_MAX).map(|_| to("a")).collect();
    assert_eq!(desk.keep(Board::default(), &many, NOW).await.unwrap(), []);
    let again = Attempted::TryAgain("it answered 503".to_owned(), later(1800));
    desk.attempted(1, &again, NOW).await.unwrap();
    assert_eq!(desk.keep(Board::default(), &[to("b")], NOW).await.unwrap(), []);
    let waiting = desk.waiting().await.unwrap();
    let last = waiting.last().unwrap();
    assert_eq!((waiting.len(), last.channel.as_str()), (WAITING_MAX as usize + 1, "b"));
    assert_eq!(waiting[0].next_at, later(1800), "there is no news for it");
    // The oldest goes, and what comes of trying it changes nothing.
    let given_up = desk.keep(Board::default(), &[to("a")], NOW).await.unwrap();
    assert_eq!(given_up, [("a".to_owned(), 1)]);
    desk.attempted(1, &again, NOW).await.unwrap();
    let waiting = desk.waiting().await.unwrap();
    assert_eq!((waiting.len(), waiting[0].number), (WAITING_MAX as usize + 1, 2));
    desk.attempted(2, &again, NOW).await.unwrap();
    desk.keep(Board::default(), &[to("a")], later(1)).await.unwrap();
    desk.attempted(10, &again, later(1)).await.unwrap();
    desk.keep(Board::default(), &[to("a")], later(2)).await.unwrap();
    let waits = desk.waiting().await.unwrap().iter().map(|one| one.next_at).max();
    assert_eq!(waits, Some(later(32)), "news has it tried again soon");
}

pub(super) async fn silences_are_checked_noted_and_ended(database: &Database) {
    let desk = desk(database).await;
    let wish = |seconds| NewSilence { rule: Some(Rule::Balance), subject: None, seconds };
    let because = |reason: &str, at: Timestamp| Deed { reason: reason.to_owned(), at, ..deed() };
    for (wish, reason) in [
        (wish(0), "x"),
        (wish(90 * 86_400 + 1), "x"),
        (wish(60), "  "),
        (NewSilence { subject: Some("a\nb".to_owned()), ..wish(60) }, "x"),
    ] {
        desk.silence(wish, &because(reason, NOW)).await.unwrap_err();
    }
    let made = desk.silence(wish(60), &because("moving house", NOW)).await.unwrap();
    assert_eq!((&made["number"], &made["rule"]), (&json!(1), &json!("balance")));
    desk.silence(
        NewSilence { rule: None, subject: Some("north".to_owned()), seconds: 600 },
        &because("x", NOW),
    )
    .await
    .unwrap();
    assert_eq!(desk.silences(later(59)).await.len(), 2);
    assert_eq!(desk.silences(later(60)).await.len(), 1, "one is over");
    let again = AlertDesk::open(database.clone(), later(60)).await.unwrap();
    assert_eq!(again.silences(later(60)).await, desk.silences(later(60)).await);
    let unknown = again.unsilence("1", &because("", later(61))).await.unwrap_err();
    assert!(matches!(unknown, AlertError::UnknownSilence(_)), "it is over");
    again.unsilence("2", &because("", later(61))).await.unwrap();
    assert_eq!(again.silences(later(61)).await, []);
    again.note_test(&Value::Null, &because("", later(62))).await.unwrap();
    let rows =
        sqlx::query("SELECT number FROM audit WHERE action LIKE 'alert.%'").fetch_all(&database.pool).await;
    assert_eq!(rows.unwrap().len(), 4);
}

pub(super) async fn spending_and_keys_that_end_are_told(database: &Database) {
    let desk = desk(database).await;
    assert_eq!(desk.spend().await.unwrap(), SpendSeries::default());
    let mut series = SpendSeries::default();
    for second in 0..2 {
        series.add(later(second), Money::from_nano(7), 60_000);
        desk.keep_spend(&series).await.unwrap();
    }
    assert_eq!(desk.spend().await.unwrap(), series);
    let insert = |id: &str, more: &str, values: String| {
        format!(
            "INSERT INTO caller_keys (id, project_id, name, hint, digest, created_at_ms, expires_at_ms{more})
             VALUES ('{id}', 'proj_default', '{id}', 'x', {values})"
        )
    };
    let digest = |byte: u8| match database.kind {
        crate::database::Kind::Sqlite => format!("x'{}'", format!("{byte:02x}").repeat(32)),
        crate::database::Kind::Postgres => format!("'\\x{}'", format!("{byte:02x}").repeat(32)),
    };
    let ends = |seconds| later(seconds).unix_ms();
    for statement in [
        insert("key_soon", "", format!("{}, 1, {}", digest(1), ends(60))),
        insert("key_later", "", format!("{}, 1, {}", digest(2), ends(6000))),
        insert("key_never", "", format!("{}, 1, NULL", digest(3))),
        insert("key_revoked", ", revoked_at_ms", format!("{}, 1, {}, 2", digest(4), ends(60))),
        insert("key_rotated", ", rotated_to", format!("{}, 1, {}, 'key_x'", digest(5), ends(60))),
        insert("key_past", "", format!("{}, 1, {}", digest(6), ends(-60))),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&database.pool).await.unwrap();
    }
    let times = KeyTimes { after: later(-3600), now: NOW, before: later(3600), life_min_ms: 3_600_000 };
    let ids = async || -> (Vec<String>, bool) {
        let found = desk.keys_ending(times).await.unwrap();
        (found.keys.into_iter().map(|key| key.id).collect(), found.has_more)
    };
    assert_eq!(ids().await, (vec!["key_soon".to_owned(), "key_past".to_owned()], false));
    // One that was made for less than that is meant to end.
    let short = insert("key_short", "", format!("{}, {}, {}", digest(7), ends(0), ends(60)));
    sqlx::query(sqlx::AssertSqlSafe(short)).execute(&database.pool).await.unwrap();
    for number in 2_000..2_250_u16 {
        let hex = format!("{number:04x}").repeat(16);
        let digest = match database.kind {
            crate::database::Kind::Sqlite => format!("x'{hex}'"),
            crate::database::Kind::Postgres => format!("'\\x{hex}'"),
        };
        let ended = insert(&format!("key_ended_{number}"), "", format!("{digest}, 1, {}", ends(-120)));
        sqlx::query(sqlx::AssertSqlSafe(ended)).execute(&database.pool).await.unwrap();
    }
    let (found, has_more) = ids().await;
    assert_eq!(
        (found[0].as_str(), found[1].as_str(), found.len(), has_more),
        ("key_soon", "key_past", 201, true)
    );
    assert!(!found.contains(&"key_short".to_owned()));
}

mod tests {
    use super::super::suite;
    use crate::database::throwaway::on_every_database;

    on_every_database!(
        suite:
        alerts_outlast_a_restart_as_they_are
        messages_wait_end_and_are_forgotten
        a_channel_that_takes_nothing_silences_no_other
        silences_are_checked_noted_and_ended
        spending_and_keys_that_end_are_told
    );
}
