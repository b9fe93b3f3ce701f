//! What every database must do alike for sums of calls.

use std::future::Future;
use std::pin::Pin;

use domain::{CallId, Money, OrganisationId, Timestamp};

use super::cells::{BATCH_CELLS_MAX, by_minute};
use super::desk::{Report, ReportDesk};
use super::figures::Count;
use super::marks;
use super::plan::plan;
use super::query::{Dimension, ReportError, ReportQuery};
use super::tier::{Tier, minute_of};
use crate::Database;
use crate::database::throwaway::{Throwaway, hasher};
use crate::requests::suite::row;
use crate::requests::{RequestRecords, RequestRow, RequestStore, RowBatch, RowsKept, StatusWish};

/// Midnight in UTC.
const BEGIN: i64 = 1_795_219_200_000;
const MINUTE_MS: i64 = 60_000;
const DAY: i64 = 1440;
const NOW: Timestamp = Timestamp(BEGIN + 3 * DAY * MINUTE_MS);

type Test = fn(RequestStore, Database) -> Pin<Box<dyn Future<Output = ()>>>;

fn all() -> [(&'static str, Test); 9] {
    [
        ("sums_are_the_same_before_and_behind_a_fold", |store, database| {
            Box::pin(sums_are_the_same_before_and_behind_a_fold(store, database))
        }),
        ("what_is_asked_for_is_told_and_no_more", |store, database| {
            Box::pin(what_is_asked_for_is_told_and_no_more(store, database))
        }),
        ("a_batch_counts_once_and_only_as_kept", |store, database| {
            Box::pin(a_batch_counts_once_and_only_as_kept(store, database))
        }),
        ("old_sums_are_dropped_but_days_stay", |store, database| {
            Box::pin(old_sums_are_dropped_but_days_stay(store, database))
        }),
        ("what_left_no_row_is_told_by_the_ledger", |store, database| {
            Box::pin(what_left_no_row_is_told_by_the_ledger(store, database))
        }),
        ("what_is_damaged_hinders_nothing_else", |store, database| {
            Box::pin(what_is_damaged_hinders_nothing_else(store, database))
        }),
        ("a_damaged_part_is_set_aside_and_the_rest_becomes_one", |store, database| {
            Box::pin(a_damaged_part_is_set_aside_and_the_rest_becomes_one(store, database))
        }),
        ("sums_of_an_earlier_version_are_read_as_quarters", |store, database| {
            Box::pin(sums_of_an_earlier_version_are_read_as_quarters(store, database))
        }),
        ("too_much_is_refused", |store, database| Box::pin(too_much_is_refused(store, database))),
    ]
}

/// A call so many minutes behind the beginning.
fn at(seed: u64, minutes: i64) -> RequestRow<'static> {
    let ms = (BEGIN + minutes * MINUTE_MS) as u128;
    let low = row(seed).call_id.0 & ((1 << 80) - 1);
    let mut row = row(seed);
    if let Some(cost) = &mut row.cost {
        cost.price = Money::from_nano(seed as i64 * 1_000_003);
    }
    RequestRow { call_id: CallId((ms << 80) | low), took_us: seed * 1000, ..row }
}

async fn write(store: &RequestStore, rows: &[RequestRow<'static>]) {
    let mut batch = RowBatch::default();
    rows.iter().for_each(|row| batch.push(row));
    store.write(&batch, RowsKept::ALL).await.unwrap();
}

fn first_minute() -> i64 {
    minute_of(Timestamp(BEGIN))
}

/// Windows of so many minutes each.
fn query(minutes: &[(i64, i64)], by: &[Dimension]) -> ReportQuery {
    let begin = first_minute();
    let windows = minutes.iter().map(|(from, to)| begin + from..begin + to);
    ReportQuery { windows: windows.collect(), by: by.to_vec(), ..ReportQuery::default() }
}

fn told(report: &Report) -> Vec<(usize, Vec<&str>, u64, i128)> {
    let row =
        |row: &super::gather::ReportRow| (row.window, row.figures.count(Count::Calls), row.figures.price);
    report
        .rows
        .iter()
        .map(|it| {
            let (window, calls, price) = row(it);
            (window, it.names.iter().map(String::as_str).collect(), calls, price)
        })
        .collect()
}

async fn sums_are_the_same_before_and_behind_a_fold(store: RequestStore, database: Database) {
    let desk = ReportDesk::new(&store, database);
    let rows: Vec<_> = (1..=200).map(|seed| at(seed, (seed as i64 * 37) % (2 * DAY))).collect();
    for part in rows.chunks(7) {
        write(&store, part).await;
    }
    let days = query(&[(0, DAY), (DAY, 2 * DAY)], &[Dimension::Provider]);
    // A day of Kathmandu, by hours.
    let hours: Vec<_> = (0..24).map(|hour| (-345 + DAY + hour * 60, -285 + DAY + hour * 60)).collect();
    let hours = query(&hours, &[]);
    // Two days of Kathmandu, and one of Shanghai.
    let elsewhere = query(&[(-345, DAY - 345), (DAY - 345, 2 * DAY - 345)], &[Dimension::Model]);
    let shanghai = query(&[(DAY - 480, 2 * DAY - 480)], &[]);
    let minutes = ReportQuery { is_fine: true, ..query(&[(30, 31), (31, 32)], &[]) };
    let mut before = Vec::new();
    for query in [&days, &hours, &elsewhere, &shanghai, &minutes] {
        before.push(desk.report(query, NOW).await.unwrap());
    }
    let total: i128 = rows.iter().map(|row| i128::from(row.cost.unwrap().price.nano())).sum();
    assert_eq!(before[0].rows.iter().map(|row| row.figures.price).sum::<i128>(), total);
    assert_eq!(before[0].rows.iter().map(|row| row.figures.count(Count::Calls)).sum::<u64>(), 200);
    assert!(before[1].rows.len() > 5 && before[2].rows.len() == 2 && before[4].rows.is_empty());
    // Between two folds, behind one, and where all stretches are joined.
    for (seed, now) in [(500, Timestamp(BEGIN)), (501, NOW)] {
        store.sum_up(now).await.unwrap();
        for (query, before) in [&days, &hours, &elsewhere, &shanghai].into_iter().zip(&before) {
            let after = desk.report(query, NOW).await.unwrap();
            assert_eq!(told(&after), told(before));
            let percentile = |report: &Report| {
                report.rows.iter().map(|row| row.figures.latencies.percentile_us(95)).collect::<Vec<_>>()
            };
            assert_eq!(percentile(&after), percentile(before));
        }
        write(&store, &[at(seed, 3 * DAY - 1)]).await;
    }
    let listed = store.sums().list(&plan(&days.windows, false, 0), 0..i64::MAX).await.unwrap();
    assert_eq!(listed.parts.len(), 3, "two days, each in one part, and what is fresh");
}

async fn what_is_asked_for_is_told_and_no_more(store: RequestStore, database: Database) {
    let desk = ReportDesk::new(&store, database);
    let other = OrganisationId::new(Timestamp(1), 2);
    let rows = [
        at(1, 0),
        RequestRow { model: "dear".into(), status: 502, key: "key_2".into(), ..at(2, 10) },
        RequestRow { organisation: other.as_str().to_owned().into(), region: "eu".into(), ..at(3, 20) },
        at(4, DAY + 5),
    ];
    write(&store, &rows).await;
    let day = |by: &[Dimension]| query(&[(0, DAY)], by);
    let check = async |query: ReportQuery, expected: &[(usize, &[&str], u64, i128)]| {
        let report = desk.report(&query, NOW).await.unwrap();
        let expected: Vec<_> = expected
            .iter()
            .map(|(window, names, calls, millions)| (*window, names.to_vec(), *calls, millions * 1_000_003))
            .collect();
        assert_eq!(told(&report), expected, "{query:?}");
    };
    check(day(&[]), &[(0, &[], 3, 6)]).await;
    check(day(&[Dimension::Model]), &[(0, &["dear"], 1, 2), (0, &["smart"], 2, 4)]).await;
    check(
        day(&[Dimension::Status, Dimension::Region]),
        &[(0, &["200", "eu"], 1, 3), (0, &["200", "us-west"], 1, 1), (0, &["502", "us-west"], 1, 2)],
    )
    .await;
    let tags = [("key_2".to_owned(), "shop".to_owned())].into();
    check(ReportQuery { tags, ..day(&[Dimension::Tag]) }, &[(0, &[""], 2, 4), (0, &["shop"], 1, 2)]).await;
    let equal = |dimension, text: &str| ReportQuery { equal: vec![(dimension, text.to_owned())], ..day(&[]) };
    check(equal(Dimension::Key, "key_2"), &[(0, &[], 1, 2)]).await;
    check(equal(Dimension::Model, "' OR 1 = 1 --"), &[]).await;
    check(ReportQuery { status: StatusWish::parse("5xx"), ..day(&[]) }, &[(0, &[], 1, 2)]).await;
    check(ReportQuery { keys: Some(["key_1".to_owned()].into()), ..day(&[]) }, &[(0, &[], 2, 4)]).await;
    let seen = |organisations| ReportQuery { organisations: Some(organisations), ..day(&[]) };
    check(seen(vec![other]), &[(0, &[], 1, 3)]).await;
    check(seen(Vec::new()), &[]).await;
    check(query(&[(0, 15), (15, DAY + 15)], &[]), &[(0, &[], 2, 3), (1, &[], 2, 7)]).await;
}

async fn a_batch_counts_once_and_only_as_kept(store: RequestStore, database: Database) {
    let desk = ReportDesk::new(&store, database);
    let calls = async || {
        let report = desk.report(&query(&[(0, DAY)], &[]), NOW).await.unwrap();
        report.rows.iter().map(|row| row.figures.count(Count::Calls)).sum::<u64>()
    };
    for _ in 0..2 {
        write(&store, &[at(1, 1), at(2, 1)]).await;
    }
    assert_eq!(calls().await, 2);
    let mut batch = RowBatch::default();
    batch.push(&at(3, 2));
    store.write(&batch, RowsKept { rows: true, sums: false }).await.unwrap();
    assert_eq!(calls().await, 2, "sums were not wanted");
    let mut batch = RowBatch::default();
    batch.push(&at(4, 2));
    store.write(&batch, RowsKept { rows: false, sums: true }).await.unwrap();
    assert_eq!(calls().await, 3, "rows were not wanted");
    store.sum_up(NOW).await.unwrap();
    store.sum_up(NOW).await.unwrap();
    assert_eq!(calls().await, 3);
}

async fn old_sums_are_dropped_but_days_stay(store: RequestStore, database: Database) {
    let desk = ReportDesk::new(&store, database);
    write(&store, &[at(1, 10)]).await;
    store.sum_up(NOW).await.unwrap();
    let calls = async |query: ReportQuery| desk.report(&query, NOW).await.unwrap().rows.len();
    let minute = || ReportQuery { is_fine: true, ..query(&[(10, 11)], &[]) };
    let (hour, day) = (|| query(&[(0, 60)], &[]), || query(&[(0, DAY)], &[]));
    assert_eq!((calls(minute()).await, calls(hour()).await, calls(day()).await), (1, 1, 1));
    let dropped = async |query: ReportQuery| desk.report(&query, NOW).await.unwrap().dropped_before;
    let quarters = || query(&[(15, 45)], &[]);
    store.drop_sums(NOW, 4).await.unwrap();
    assert_eq!((calls(minute()).await, calls(hour()).await, calls(day()).await), (0, 1, 1));
    assert_eq!(dropped(hour()).await, None);
    store.drop_sums(NOW, 1).await.unwrap();
    assert_eq!((calls(hour()).await, calls(day()).await), (0, 1));
    // They were kept for one day: that is told, however long they are to be kept from now on.
    let before = Some(Timestamp(NOW.unix_ms() - DAY * MINUTE_MS));
    assert_eq!((dropped(hour()).await, dropped(quarters()).await), (before, before));
    store.drop_sums(NOW, 400).await.unwrap();
    assert_eq!(dropped(hour()).await, before);
    // Days have everything, and so has what came later.
    let later = query(&[(2 * DAY, 2 * DAY + 60)], &[]);
    assert_eq!((dropped(day()).await, dropped(later).await), (None, None));
}

async fn what_left_no_row_is_told_by_the_ledger(store: RequestStore, database: Database) {
    let desk = ReportDesk::new(&store, database.clone());
    write(&store, &[at(1, 10), at(2, 20)]).await;
    let receive = async |quarter: i64, calls: i64, nano: i64| {
        let statement = "INSERT INTO ledger_received (quarter, customer, currency, calls, units, nano) VALUES ($1, 3, 'CNY', $2, 0, $3)";
        let quarter = Tier::Quarter.period_of(first_minute()) + quarter;
        sqlx::query(statement).bind(quarter).bind(calls).bind(nano).execute(&database.pool).await.unwrap();
    };
    receive(0, 2, 1_000_003 + 77).await;
    let asked = |by: &[Dimension]| ReportQuery { is_reconciled: true, ..query(&[(0, 15), (15, DAY)], by) };
    let found = desk.report(&asked(&[]), NOW).await.unwrap().unrecorded;
    let told: Vec<_> =
        found.iter().map(|it| (it.window, it.account, it.currency.as_str(), it.calls, it.charged)).collect();
    assert_eq!(told, [(0, 3, "CNY", 1, 77), (1, 3, "CNY", -1, -2_000_006)]);
    receive(1, 1, 2_000_006).await;
    // Rows that are not wanted count all the same.
    let query = ReportQuery { equal: vec![(Dimension::Model, "other".to_owned())], ..asked(&[]) };
    let found = desk.report(&query, NOW).await.unwrap();
    assert_eq!((found.rows.len(), found.unrecorded.len()), (0, 1));
    let found = desk.report(&asked(&[]), Timestamp(BEGIN + 16 * MINUTE_MS)).await.unwrap().unrecorded;
    assert_eq!(found.len(), 1);
}

async fn what_is_damaged_hinders_nothing_else(store: RequestStore, database: Database) {
    let desk = ReportDesk::new(&store, database);
    store.sums().insert(Tier::Fresh, first_minute() + 1, vec![9]).await.unwrap();
    write(&store, &[at(1, 1)]).await;
    // Two that fold at once take nothing twice.
    let (one, other) = tokio::join!(store.sum_up(NOW), store.sum_up(NOW));
    assert_eq!(one.unwrap() + other.unwrap(), 1);
    let report = desk.report(&query(&[(0, DAY)], &[]), NOW).await.unwrap();
    assert_eq!(told(&report), [(0, vec![], 1, 1_000_003)]);
    assert_eq!(store.sum_up(NOW).await.unwrap(), 0, "it is set aside");
}

/// How many parts there are of so many days, and how many were set aside.
async fn parts_of(store: &RequestStore, days: i64) -> (usize, usize) {
    let windows = query(&[(0, days * DAY)], &[]).windows;
    let listed = store.sums().list(&plan(&windows, false, 0), 0..0).await.unwrap();
    (listed.parts.len(), listed.set_aside)
}

async fn a_damaged_part_is_set_aside_and_the_rest_becomes_one(store: RequestStore, database: Database) {
    let desk = ReportDesk::new(&store, database);
    // Nothing is over then: each fold leaves parts of its own.
    for (seed, minute) in [(1, 1), (2, 2), (3, DAY + 1), (4, DAY + 2)] {
        write(&store, &[at(seed, minute)]).await;
        assert_eq!(store.sum_up(Timestamp(BEGIN)).await.unwrap(), 0);
    }
    let mut batch = RowBatch::default();
    batch.push(&at(5, 3));
    let mut cut = by_minute(&batch).remove(&(first_minute() + 3)).unwrap();
    cut.pop();
    for (tier, part) in [(Tier::Day, cut), (Tier::Day, vec![9]), (Tier::Hour, vec![9])] {
        store.sums().insert(tier, tier.period_of(first_minute()), part).await.unwrap();
    }
    let days = query(&[(0, DAY), (DAY, 2 * DAY)], &[]);
    let expected = [(0, vec![], 2, 3 * 1_000_003), (1, vec![], 2, 7 * 1_000_003)];
    let before = desk.report(&days, NOW).await.unwrap();
    assert_eq!((told(&before), before.damaged), (expected.to_vec(), 2), "nothing of a cut part is counted");
    assert_eq!(parts_of(&store, 2).await, (6, 0));
    assert_eq!(store.sum_up(NOW).await.unwrap(), 3, "they are told");
    assert_eq!(parts_of(&store, 2).await, (2, 2), "each day is one part now");
    assert_eq!(store.sum_up(NOW).await.unwrap(), 0, "once");
    let after = desk.report(&days, NOW).await.unwrap();
    assert_eq!((told(&after), after.damaged), (expected.to_vec(), 2), "it is told of what it is without");
    let next = desk.report(&query(&[(DAY, 2 * DAY)], &[]), NOW).await.unwrap();
    assert_eq!((told(&next).len(), next.damaged), (1, 0), "others are whole");
}

async fn sums_of_an_earlier_version_are_read_as_quarters(store: RequestStore, database: Database) {
    let desk = ReportDesk::new(&store, database);
    let run = async |statement: &'static str| {
        sqlx::query(statement).execute(&store.sums().pool).await.unwrap();
    };
    write(&store, &[at(1, 10), at(2, 70), at(3, 70 + 60)]).await;
    store.sum_up(NOW).await.unwrap();
    run("DELETE FROM requests_sums WHERE tier = 4").await;
    run("DELETE FROM requests_sums_marks").await;
    marks::open(&store.sums().pool).await.unwrap();
    let hours = query(&[(0, 60), (60, 120), (120, 180), (180, 240)], &[]);
    let calls = async || {
        let report = desk.report(&hours, NOW).await.unwrap();
        assert_eq!(report.dropped_before, None);
        report.rows.iter().map(|row| row.figures.count(Count::Calls)).collect::<Vec<_>>()
    };
    assert_eq!(calls().await, [1, 1, 1]);
    write(&store, &[at(4, 130), at(5, 200)]).await;
    store.sum_up(NOW).await.unwrap();
    assert_eq!(calls().await, [1, 1, 2, 1]);
    // And one that had dropped quarters of days before.
    run("DELETE FROM requests_sums_marks").await;
    let part = by_minute(&{
        let mut batch = RowBatch::default();
        batch.push(&at(6, 0));
        batch
    });
    let before = Tier::Day.period_of(first_minute()) - 2;
    store.sums().insert(Tier::Day, before, part[&first_minute()].clone()).await.unwrap();
    marks::open(&store.sums().pool).await.unwrap();
    let report = desk.report(&query(&[(-2 * DAY, 60 - 2 * DAY)], &[]), NOW).await.unwrap();
    assert_eq!((report.rows.len(), report.dropped_before), (0, Some(Timestamp(BEGIN))));
}

async fn too_much_is_refused(store: RequestStore, database: Database) {
    let desk = ReportDesk::new(&store, database);
    let seeds: Vec<u64> = (0..=super::REPORT_ROWS_MAX as u64).collect();
    for seeds in seeds.chunks(BATCH_CELLS_MAX) {
        let mut batch = RowBatch::default();
        for seed in seeds {
            batch.push(&RequestRow { model: format!("m{seed}").into(), ..at(*seed, 1) });
        }
        let part = by_minute(&batch).remove(&(first_minute() + 1)).unwrap();
        store.sums().insert(Tier::Day, Tier::Day.period_of(first_minute()), part).await.unwrap();
    }
    let refused = desk.report(&query(&[(0, DAY)], &[Dimension::Model]), NOW).await.unwrap_err();
    assert!(matches!(refused, ReportError::TooManyRows { .. }), "{refused}");
    assert_eq!(desk.report(&query(&[(0, DAY)], &[]), NOW).await.unwrap().rows.len(), 1);
}

#[tokio::test]
async fn sums_in_sqlite() {
    for (name, test) in all() {
        println!("{name}");
        let database = Database::in_memory(&hasher()).await.unwrap();
        test(RequestStore::in_memory().await.unwrap(), database).await;
    }
}

#[tokio::test]
async fn sums_on_postgres() {
    let server = Throwaway::start().await;
    for (name, test) in all() {
        println!("{name}");
        let database = server.database(name).await;
        test(RequestStore::open(&database, "nowhere".as_ref()).await.unwrap(), database.clone()).await;
        database.close().await;
    }
}
