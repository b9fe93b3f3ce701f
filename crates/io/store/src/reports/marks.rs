//! From which minute on there are hours, and quarters of an hour: marks in a table beside the sums, so that a report can say what
//! it is without.

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::table::{MARKS, SUMS};
use super::tier::Tier;
use crate::database::{AnyConnection, AnyPool};

/// Hours before it were never made: an earlier version kept quarters alone.
const HOURS_FROM: &str = "hours_from";
/// Hours and quarters of an hour before it were dropped, where there were some.
const DROPPED_BEFORE: &str = "dropped_before";

/// Minutes; the least there is where nothing is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) hours_from: i64,
    pub(super) dropped_before: i64,
}

impl Marks {
    /// As they are now.
    pub(super) async fn read(pool: &AnyPool) -> Result<Self, sqlx::Error> {
        let statement = format!("SELECT name, minute FROM {MARKS}");
        let rows = sqlx::query(AssertSqlSafe(statement)).fetch_all(pool).await?;
        let mut marks = Self { hours_from: i64::MIN, dropped_before: i64::MIN };
        for row in &rows {
            let (name, minute): (String, i64) = (row.try_get("name")?, row.try_get("minute")?);
            match name.as_str() {
                HOURS_FROM => marks.hours_from = minute,
                DROPPED_BEFORE => marks.dropped_before = minute,
                // Of a later version.
                _ => {}
            }
        }
        Ok(marks)
    }
}

/// The table, with what can be told of sums that an earlier version has left.
pub(super) async fn open(pool: &AnyPool) -> Result<(), sqlx::Error> {
    let make = format!(
        "CREATE TABLE IF NOT EXISTS {MARKS} (name TEXT NOT NULL PRIMARY KEY, minute BIGINT NOT NULL)"
    );
    sqlx::raw_sql(AssertSqlSafe(make)).execute(pool).await?;
    let statement = format!("SELECT minute FROM {MARKS} WHERE name = $1");
    let known = sqlx::query(AssertSqlSafe(statement)).bind(HOURS_FROM).fetch_optional(pool).await?;
    if known.is_some() {
        return Ok(());
    }
    let (oldest_quarter, newest_quarter) = ends(pool, Tier::Quarter).await?;
    let (oldest_day, newest_day) = ends(pool, Tier::Day).await?;
    let mut connection = pool.acquire().await?;
    let behind_newest = |minute: i64| Tier::Hour.begin_of(Tier::Hour.period_of(minute) + 1);
    raise(&mut connection, HOURS_FROM, newest_quarter.map_or(0, behind_newest)).await?;
    if let (Some(oldest), Some(newest)) = (oldest_day, newest_day) {
        let kept_from = oldest_quarter.unwrap_or(newest + Tier::Day.minutes());
        if oldest + Tier::Day.minutes() <= kept_from {
            dropped(&mut connection, kept_from).await?;
        }
    }
    Ok(())
}

/// Notes that hours and quarters before a minute are gone.
pub(super) async fn dropped(connection: &mut AnyConnection, before: i64) -> Result<(), sqlx::Error> {
    raise(connection, DROPPED_BEFORE, before).await
}

/// Sets a mark; one that stands further on stays.
async fn raise(connection: &mut AnyConnection, name: &str, minute: i64) -> Result<(), sqlx::Error> {
    let statement = format!(
        "INSERT INTO {MARKS} (name, minute) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET minute = excluded.minute WHERE {MARKS}.minute < excluded.minute"
    );
    let query = sqlx::query(AssertSqlSafe(statement)).bind(name.to_owned()).bind(minute);
    query.execute(connection).await.map(|_| ())
}

/// The first minutes of the oldest and the newest stretch of a tier.
async fn ends(pool: &AnyPool, tier: Tier) -> Result<(Option<i64>, Option<i64>), sqlx::Error> {
    let statement = format!(
        "SELECT (SELECT MIN(period) FROM {SUMS} WHERE tier = $1) AS oldest, (SELECT MAX(period) FROM {SUMS} WHERE tier = $1) AS newest"
    );
    let row: AnyRow = sqlx::query(AssertSqlSafe(statement)).bind(tier.number()).fetch_one(pool).await?;
    let begin = |period: Option<i64>| period.map(|period| tier.begin_of(period));
    Ok((begin(row.try_get("oldest")?), begin(row.try_get("newest")?)))
}
