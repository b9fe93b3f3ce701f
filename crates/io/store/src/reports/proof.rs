//! A month of calls made up: as sums, and the last of them as rows; the ledger has what they cost. How long reports take, and how
//! much room it all takes, is printed, and the former judged; nothing may be left unrecorded, to the nano-unit. `make
//! prove-reports` does it with a hundred million calls.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use domain::{CallId, Currency, Money, NANO, Timestamp, Usage};
use sqlx::{AssertSqlSafe, Row};

use super::cells::{Cells, by_minute};
use super::desk::ReportDesk;
use super::figures::Count;
use super::plan::Stretch;
use super::query::{Dimension, ReportQuery};
use super::tier::{Tier, minute_of};
use crate::database::throwaway::{Throwaway, hasher};
use crate::requests::suite::row;
use crate::requests::{REQUESTS_FILE, RequestRecords, RequestRow, RequestStore, RowBatch, RowCost, RowsKept};
use crate::{DATABASE_FILE, Database, DatabasePlace};

/// Midnight in UTC, when the month begins.
const BEGIN: i64 = 1_793_491_200_000;
const MINUTE_MS: i64 = 60_000;
const DAYS: i64 = 30;
const DAY: i64 = 1440;
const PROJECTS: u64 = 40;
const KEYS_OF_A_PROJECT: u64 = 3;
const MODELS_OF_A_PROJECT: u64 = 3;
const MODELS: [&str; 8] = ["large", "small", "writer", "quick", "thinker", "smart", "cheap", "embed"];
/// What a report of a month may take.
const MONTH_MAX: Duration = Duration::from_secs(1);
/// The same of a build that nobody optimised, beside other tests.
const MONTH_MAX_UNOPTIMISED: Duration = Duration::from_secs(20);
/// Above so many calls of a day each stands for so many alike: it fills the same cells.
const CALLS_EACH_MAX: u64 = 500_000;
const TIMES: u64 = 10;
const ROWS_OF_A_BATCH: u64 = 500;

struct Size {
    /// Calls of the month, as sums.
    calls: u64,
    /// Calls of them that are written as rows.
    rows: u64,
}

impl Size {
    fn of_environment() -> Self {
        let number = |name: &str, default: u64| {
            std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
        };
        Self { calls: number("REPORTS_CALLS", 50_000), rows: number("REPORTS_ROWS", 2_000) }
    }
}

/// A call by chance: few projects make most calls, each with a few models, and most go well.
fn call(minute: i64, seed: u64) -> RequestRow<'static> {
    let chance = |salt: u64| {
        let mixed = (seed ^ salt.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 33
    };
    let skewed = |salt: u64, count: u64| (chance(salt) % count).min(chance(salt + 100) % count);
    let project = skewed(1, PROJECTS);
    let place = (project * 3 + skewed(2, MODELS_OF_A_PROJECT)) % MODELS.len() as u64;
    let model = MODELS[place as usize];
    // One in fifty is served by another.
    let is_elsewhere = chance(6) % 50 == 0;
    let provider = ["north", "south", "east", "west"][(place + u64::from(is_elsewhere)) as usize % 4];
    let fails = chance(3) % 100 < 2;
    let (input, output) = (chance(4) % 4000, chance(5) % 800);
    let price = Money::from_nano((input * 2_500 + output * 10_000) as i64);
    let ms = BEGIN + minute * MINUTE_MS + (chance(7) % MINUTE_MS as u64) as i64;
    RequestRow {
        call_id: CallId(((ms as u128) << 80) | u128::from(seed)),
        request_id: "".into(),
        key: format!("key_{project:02}{}aaaaaaaaaaaaaaaaa", skewed(8, KEYS_OF_A_PROJECT)).into(),
        organisation: format!("org_{:02}aaaaaaaaaaaaaaaaaa", project / 4).into(),
        project: format!("proj_{project:02}aaaaaaaaaaaaaaaaaa").into(),
        model: model.into(),
        provider: provider.into(),
        upstream_model: model.into(),
        region: ["us-west", "eu-central"][place as usize % 2].into(),
        fallback_attempts: is_elsewhere.into(),
        kind: if fails { "upstream_timeout".into() } else { "".into() },
        hedged: "".into(),
        flags: "".into(),
        segments: "".into(),
        status: if fails { 504 } else { 200 },
        took_us: 100_000 + chance(10) % 3_000_000,
        usage: (!fails).then_some(Usage { input, output, ..Usage::default() }),
        cost: (!fails).then_some(RowCost { list: price, price, currency: Currency::USD, version: 1 }),
        account: (!fails).then_some(project / 4 + 1),
        ..row(1)
    }
}

/// A day's quarters of an hour, the hours and the day that they come to, and what the ledger has of them.
async fn write_day(store: &RequestStore, database: &Database, day: i64, calls: u64) {
    let begin = minute_of(Timestamp(BEGIN)) + day * DAY;
    let (mut hours, mut paid) = (Vec::new(), Vec::new());
    let times = if calls > CALLS_EACH_MAX { TIMES } else { 1 };
    for hour in 0..24_i64 {
        let mut quarters = Vec::new();
        for quarter in hour * 4..hour * 4 + 4 {
            let mut batch = RowBatch::default();
            let period = Tier::Quarter.period_of(begin + quarter * 15);
            let mut paid_by = BTreeMap::<u64, (u64, i64)>::new();
            for number in 0..calls / 96 / times {
                let seed = day.cast_unsigned() << 40 | quarter.cast_unsigned() << 32 | number;
                let row = call(day * DAY + quarter * 15, seed);
                if let (Some(account), Some(cost)) =
                    (row.account, row.cost.filter(|cost| cost.price.nano() > 0))
                {
                    let sum = paid_by.entry(account).or_default();
                    *sum = (sum.0 + times, sum.1 + cost.price.nano() * times as i64);
                }
                batch.push(&row);
            }
            let (_, part) = by_minute(&batch).pop_first().unwrap();
            let mut cells = Cells::default();
            (0..times).for_each(|_| cells.add_part(&part).unwrap());
            let part = cells.written();
            store.sums().insert(Tier::Quarter, period, part.clone()).await.unwrap();
            quarters.push(part);
            paid.extend(paid_by.into_iter().map(|(account, (calls, nano))| {
                format!("({period}, {account}, 'USD', {calls}, {}, {})", nano / NANO, nano % NANO)
            }));
        }
        let part = together(&quarters);
        store.sums().insert(Tier::Hour, Tier::Hour.period_of(begin + hour * 60), part.clone()).await.unwrap();
        hours.push(part);
    }
    store.sums().insert(Tier::Day, Tier::Day.period_of(begin), together(&hours)).await.unwrap();
    let paid = format!(
        "INSERT INTO ledger_received (quarter, customer, currency, calls, units, nano) VALUES {}",
        paid.join(", ")
    );
    sqlx::query(AssertSqlSafe(paid)).execute(&database.pool).await.unwrap();
}

fn together(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut cells = Cells::default();
    parts.iter().for_each(|part| cells.add_part(part).unwrap());
    cells.written()
}

async fn write_rows(store: &RequestStore, rows: u64) -> Duration {
    let begun = Instant::now();
    for batch_number in 0..rows / ROWS_OF_A_BATCH {
        let mut batch = RowBatch::default();
        let minute = DAYS * DAY + batch_number as i64 / 20;
        for number in 0..ROWS_OF_A_BATCH {
            batch.push(&call(minute, 1 << 62 | batch_number << 32 | number));
        }
        store.write(&batch, RowsKept::ALL).await.unwrap();
        if batch_number % 50 == 49 {
            store.sum_up(Timestamp(BEGIN + minute * MINUTE_MS)).await.unwrap();
        }
    }
    store.sum_up(Timestamp(BEGIN + 40 * DAY * MINUTE_MS)).await.unwrap();
    begun.elapsed()
}

fn windows(zone_minutes: i64, step: i64, from: i64, to: i64) -> Vec<std::ops::Range<i64>> {
    let begin = minute_of(Timestamp(BEGIN)) - zone_minutes;
    (from..to).map(|at| begin + at * step..begin + (at + 1) * step).collect()
}

async fn prove(
    name: &str,
    store: &RequestStore,
    database: &Database,
    size: &Size,
    room: impl AsyncFn() -> u64,
) {
    let (desk, now) = (ReportDesk::new(store, database.clone()), Timestamp(BEGIN + 31 * DAY * MINUTE_MS));
    let before = room().await;
    for day in 0..DAYS {
        write_day(store, database, day, size.calls / DAYS as u64).await;
    }
    let of_sums = room().await.saturating_sub(before);
    for tier in [Tier::Quarter, Tier::Hour, Tier::Day] {
        let begin = minute_of(Timestamp(BEGIN));
        let periods = tier.period_of(begin)..tier.period_of(begin + DAYS * DAY);
        let listed = store.sums().list(&[Stretch { tier, periods }], 0..0).await.unwrap().parts;
        let bytes: i64 = listed.iter().map(|part| part.bytes).sum();
        println!("{name}: {tier:?}: {} parts, {} KiB a day", listed.len(), (bytes >> 10) / DAYS);
    }
    let took = write_rows(store, size.rows).await;
    let of_rows = room().await.saturating_sub(before + of_sums);
    println!(
        "{name}: {} calls as sums take {} KiB, {} KiB a day; {} rows with their sums {} KiB, written in {took:?}",
        size.calls,
        of_sums >> 10,
        (of_sums >> 10) / DAYS as u64,
        size.rows,
        of_rows >> 10
    );
    let most = if cfg!(debug_assertions) { MONTH_MAX_UNOPTIMISED } else { MONTH_MAX };
    let by_owner = vec![Dimension::Organisation, Dimension::Project, Dimension::Model, Dimension::Provider];
    for (what, windows, by) in [
        ("a month by day, in UTC", windows(0, DAY, 0, DAYS), vec![]),
        ("a month by day and model, in UTC", windows(0, DAY, 0, DAYS), vec![Dimension::Model]),
        ("a month in one row for each project, model and provider", windows(0, DAY * DAYS, 0, 1), by_owner),
        ("a month by day and model, in Shanghai", windows(480, DAY, 1, DAYS), vec![Dimension::Model]),
        ("a month by day and model, in Kathmandu", windows(345, DAY, 1, DAYS), vec![Dimension::Model]),
        ("a month by the hour", windows(0, 60, 0, DAYS * 24), vec![]),
        ("a month by the hour and model", windows(0, 60, 0, DAYS * 24), vec![Dimension::Model]),
        ("a month by the hour, in Kathmandu", windows(345, 60, 6, DAYS * 24), vec![]),
    ] {
        let query = ReportQuery { windows, by, is_reconciled: true, ..ReportQuery::default() };
        let begun = Instant::now();
        let report = desk.report(&query, now).await.unwrap();
        let took = begun.elapsed();
        let calls: u64 = report.rows.iter().map(|row| row.figures.count(Count::Calls)).sum();
        println!("{name}: {what}: {took:?}, {} rows of {calls} calls", report.rows.len());
        assert!(calls > size.calls / 2 && took < most, "{what}: {took:?}");
        assert!(report.unrecorded.is_empty(), "{what}: {:?}", report.unrecorded.first());
    }
}

fn bytes_in(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

#[tokio::test]
async fn a_month_is_reported_in_time_from_a_file() {
    let home = tempfile::tempdir().unwrap();
    let place = DatabasePlace::File(home.path().join(DATABASE_FILE));
    let database = Database::open(&place, &hasher()).await.unwrap();
    let store = RequestStore::open(&database, &home.path().join(REQUESTS_FILE)).await.unwrap();
    prove("SQLite", &store, &database, &Size::of_environment(), async || bytes_in(home.path())).await;
}

#[tokio::test]
async fn a_month_is_reported_in_time_from_postgresql() {
    let server = Throwaway::start().await;
    let database = server.database("month").await;
    let store = RequestStore::open(&database, "nowhere".as_ref()).await.unwrap();
    let room = async || {
        let asked = "SELECT CAST(pg_database_size(current_database()) AS BIGINT) AS bytes";
        let row = sqlx::query(asked).fetch_one(&database.pool).await.unwrap();
        row.get::<i64, _>("bytes").cast_unsigned()
    };
    prove("PostgreSQL", &store, &database, &Size::of_environment(), room).await;
    database.close().await;
}
