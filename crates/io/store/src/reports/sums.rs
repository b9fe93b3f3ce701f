//! Parts in a database: a table beside the rows of calls. What a batch of rows comes to is written with the rows, in one
//! transaction; a fold takes what is fresh into every tier, each once. One task writes.

use std::collections::BTreeMap;

use domain::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::cells::Cells;
use super::lists::Listed;
use super::marks;
use super::plan::Stretch;
use super::table::{SUMS, Sums};
use super::tier::{REPORT_MINUTES_KEPT_HOURS, Tier, minute_of};
use crate::database::{AnyConnection, AnyPool, Kind};
use crate::error::StoreError;

/// Fresh parts that one fold takes.
const FOLDED_AT_ONCE: i64 = 512;
/// A stretch that is not over has so many parts at most before they become one.
const PARTS_MAX: i64 = 16;
/// Stretches that one step makes whole.
const JOINED_AT_ONCE: usize = 32;
/// So many bytes become one part at most; what is bigger stays as it is.
const JOINED_BYTES_MAX: i64 = 64 << 20;
/// How long after its end a stretch is left alone: long calls come late.
const GRACE_MINUTES: i64 = 5;

/// What a fold took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Folded {
    pub(crate) parts: usize,
    /// Those of them that could not be read.
    pub(crate) damaged: usize,
}

/// What joining came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Joined {
    /// Stretches of which parts became one.
    pub(crate) stretches: usize,
    /// Parts that could not be read, and were set aside.
    pub(crate) damaged: usize,
}

/// A part, read.
struct Kept {
    number: i64,
    period: i64,
    packed: Vec<u8>,
}

impl Sums {
    /// Beside the rows; the table is made where it is missing.
    pub(crate) async fn open(pool: AnyPool, kind: Kind) -> Result<Self, sqlx::Error> {
        let (number, bytes) = match kind {
            Kind::Sqlite => ("INTEGER PRIMARY KEY AUTOINCREMENT", "BLOB"),
            Kind::Postgres => ("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "BYTEA"),
        };
        let make = format!(
            "CREATE TABLE IF NOT EXISTS {SUMS} (number {number}, tier BIGINT NOT NULL, period BIGINT NOT NULL, packed {bytes} NOT NULL);
             CREATE INDEX IF NOT EXISTS {SUMS}_by_period ON {SUMS} (tier, period)"
        );
        sqlx::raw_sql(AssertSqlSafe(make)).execute(&pool).await?;
        marks::open(&pool).await?;
        Ok(Self::beside(pool, kind))
    }

    /// Writes what a batch comes to, by its minutes, in the transaction of the batch.
    pub(crate) async fn put(
        connection: &mut AnyConnection,
        minutes: BTreeMap<i64, Vec<u8>>,
    ) -> Result<(), sqlx::Error> {
        for (minute, part) in minutes {
            insert(connection, Tier::Fresh.number(), minute, part).await?;
        }
        Ok(())
    }

    /// Takes some of what is fresh into every tier: it is taken away first, so that of two who fold each part is one's alone.
    /// Parts that cannot be read are set aside.
    pub(crate) async fn fold(&self) -> Result<Folded, StoreError> {
        let failed = || StoreError::database("fold sums of calls");
        let mut transaction = self.pool.begin().await.map_err(failed())?;
        let statement = format!(
            "DELETE FROM {SUMS} WHERE number IN (SELECT number FROM {SUMS} WHERE tier = $1 ORDER BY number LIMIT $2)
             RETURNING number, period, packed"
        );
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind(Tier::Fresh.number())
            .bind(FOLDED_AT_ONCE)
            .fetch_all(&mut *transaction)
            .await
            .map_err(failed())?;
        let (fresh, damaged) = sifted(kept(&rows).map_err(failed())?);
        for tier in Tier::KEPT {
            for (period, part) in folded(&fresh, |minute| tier.period_of(minute))? {
                insert(&mut transaction, tier.number(), period, part).await.map_err(failed())?;
            }
        }
        let folded = Folded { parts: rows.len(), damaged: damaged.len() };
        set_aside(&mut transaction, Tier::Fresh, damaged).await.map_err(failed())?;
        transaction.commit().await.map_err(failed())?;
        Ok(folded)
    }

    /// Makes one part of those of stretches that are over, or that have many. Parts that cannot be read are set aside, and hinder
    /// no others.
    pub(crate) async fn join(&self, now: Timestamp) -> Result<Joined, StoreError> {
        let failed = || StoreError::database("join sums of calls");
        let statement = format!(
            "SELECT tier, period, COUNT(*) AS parts FROM {SUMS} WHERE tier > $1 GROUP BY tier, period HAVING COUNT(*) > 1"
        );
        let rows = sqlx::query(AssertSqlSafe(statement)).bind(Tier::Fresh.number());
        let rows = rows.fetch_all(&self.pool).await.map_err(failed())?;
        let mut joined = Joined::default();
        for row in &rows {
            let (tier, period, parts) = stretch_of(row).map_err(failed())?;
            let Some(tier) = Tier::of_number(tier) else { continue };
            let is_over = tier.begin_of(period + 1) + GRACE_MINUTES <= minute_of(now);
            if joined.stretches < JOINED_AT_ONCE && (is_over || parts > PARTS_MAX) {
                let one = self.join_one(tier, period).await?;
                joined.stretches += one.stretches;
                joined.damaged += one.damaged;
            }
        }
        Ok(joined)
    }

    /// Makes one of the smallest parts of a stretch, as many as may be, where there are two.
    async fn join_one(&self, tier: Tier, period: i64) -> Result<Joined, StoreError> {
        let failed = || StoreError::database("join sums of calls");
        let stretch = Stretch { tier, periods: period..period + 1 };
        let mut listed = self.list(&[stretch], 0..0).await.map_err(failed())?.parts;
        listed.sort_unstable_by_key(|part| part.bytes);
        let numbers = small_ones(&listed);
        if numbers.len() < 2 {
            return Ok(Joined::default());
        }
        let mut transaction = self.pool.begin().await.map_err(failed())?;
        let statement = format!(
            "DELETE FROM {SUMS} WHERE number IN ({}) RETURNING number, period, packed",
            numbers.join(", ")
        );
        let rows = sqlx::query(AssertSqlSafe(statement)).persistent(false).fetch_all(&mut *transaction).await;
        let (whole, damaged) = sifted(kept(&rows.map_err(failed())?).map_err(failed())?);
        let joined = Joined { stretches: 1, damaged: damaged.len() };
        for (period, part) in folded(&whole, |_| period)? {
            insert(&mut transaction, tier.number(), period, part).await.map_err(failed())?;
        }
        set_aside(&mut transaction, tier, damaged).await.map_err(failed())?;
        transaction.commit().await.map_err(failed())?;
        Ok(joined)
    }

    /// Drops minutes that are old, and hours and quarters of an hour of more days ago than these, which is marked. Days are kept.
    pub(crate) async fn drop_old(&self, now: Timestamp, fine_kept_days: u32) -> Result<(), StoreError> {
        let failed = || StoreError::database("drop old sums of calls");
        let (minute, fine_kept) = (minute_of(now), i64::from(fine_kept_days) * Tier::Day.minutes());
        let fine_from = Tier::Quarter.begin_of(Tier::Quarter.period_of(minute - fine_kept));
        let minutes_from = minute - (REPORT_MINUTES_KEPT_HOURS + 1) * 60;
        let mut transaction = self.pool.begin().await.map_err(failed())?;
        let mut is_marked = false;
        for (tier, kept_from) in
            [(Tier::Minute, minutes_from), (Tier::Quarter, fine_from), (Tier::Hour, fine_from)]
        {
            let statement = format!("DELETE FROM {SUMS} WHERE tier IN ($1, $2) AND period < $3");
            let gone = sqlx::query(AssertSqlSafe(statement))
                .bind(tier.number())
                .bind(tier.set_aside())
                .bind(tier.period_of(kept_from))
                .execute(&mut *transaction)
                .await
                .map_err(failed())?;
            is_marked |= tier != Tier::Minute && gone.rows_affected() > 0;
        }
        if is_marked {
            marks::dropped(&mut transaction, fine_from).await.map_err(failed())?;
        }
        transaction.commit().await.map_err(failed())
    }

    /// Puts a part where it belongs, for who makes parts up.
    #[cfg(test)]
    pub(super) async fn insert(&self, tier: Tier, period: i64, part: Vec<u8>) -> Result<(), sqlx::Error> {
        insert(&mut *self.pool.acquire().await?, tier.number(), period, part).await
    }
}

/// The numbers of the first parts, as many as may become one.
fn small_ones(listed: &[Listed]) -> Vec<String> {
    let mut bytes = 0;
    let small = listed.iter().take_while(|part| {
        bytes += part.bytes;
        bytes <= JOINED_BYTES_MAX
    });
    small.map(|part| part.number.to_string()).collect()
}

/// What can be read, and what cannot.
fn sifted(parts: Vec<Kept>) -> (Vec<Kept>, Vec<Kept>) {
    parts.into_iter().partition(|part| is_whole(&part.packed))
}

/// Whether a part can be read to its end.
pub(super) fn is_whole(part: &[u8]) -> bool {
    Cells::default().add_part(part).is_some()
}

/// What parts come to, by the stretches that each is of.
fn folded(parts: &[Kept], period_of: impl Fn(i64) -> i64) -> Result<BTreeMap<i64, Vec<u8>>, StoreError> {
    let mut periods: BTreeMap<i64, Cells<'_>> = BTreeMap::new();
    for part in parts {
        let cells = periods.entry(period_of(part.period)).or_default();
        cells.add_part(&part.packed).ok_or_else(|| damaged(part.number))?;
    }
    Ok(periods.into_iter().map(|(period, cells)| (period, cells.written())).collect())
}

/// Keeps what nobody could read where no report and no fold looks for it.
async fn set_aside(
    connection: &mut AnyConnection,
    tier: Tier,
    damaged: Vec<Kept>,
) -> Result<(), sqlx::Error> {
    for part in damaged {
        insert(connection, tier.set_aside(), part.period, part.packed).await?;
    }
    Ok(())
}

async fn insert(
    connection: &mut AnyConnection,
    tier: i64,
    period: i64,
    part: Vec<u8>,
) -> Result<(), sqlx::Error> {
    let statement = format!("INSERT INTO {SUMS} (tier, period, packed) VALUES ($1, $2, $3)");
    let query = sqlx::query(AssertSqlSafe(statement)).bind(tier).bind(period).bind(part);
    query.execute(connection).await.map(|_| ())
}

fn kept(rows: &[AnyRow]) -> Result<Vec<Kept>, sqlx::Error> {
    let kept = |row: &AnyRow| {
        Ok(Kept {
            number: row.try_get("number")?,
            period: row.try_get("period")?,
            packed: row.try_get("packed")?,
        })
    };
    rows.iter().map(kept).collect()
}

fn stretch_of(row: &AnyRow) -> Result<(i64, i64, i64), sqlx::Error> {
    Ok((row.try_get("tier")?, row.try_get("period")?, row.try_get("parts")?))
}

fn damaged(number: i64) -> StoreError {
    StoreError::Damaged { what: "sum of calls", found: format!("part {number}") }
}

#[cfg(test)]
mod tests {
    use super::super::lists::Listed;
    use super::{JOINED_BYTES_MAX, small_ones};

    #[test]
    fn so_much_becomes_one_part_and_no_more() {
        let listed = |bytes: &[i64]| -> Vec<Listed> {
            (1..).zip(bytes).map(|(number, bytes)| Listed { number, minute: 0, bytes: *bytes }).collect()
        };
        assert_eq!(small_ones(&listed(&[1, 2, JOINED_BYTES_MAX - 3])), ["1", "2", "3"]);
        assert_eq!(small_ones(&listed(&[1, 2, JOINED_BYTES_MAX - 2])), ["1", "2"]);
        assert_eq!(small_ones(&listed(&[JOINED_BYTES_MAX, JOINED_BYTES_MAX])), ["1"]);
    }
}
