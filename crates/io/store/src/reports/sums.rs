//! Parts in a database: a table beside the rows of calls. What a batch of rows comes to is written with the rows, in one
//! transaction; a fold takes what is fresh into every tier, each once. One task writes.

use std::collections::BTreeMap;

use domain::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::cells::Cells;
use super::plan::Stretch;
use super::tier::{REPORT_MINUTES_KEPT_HOURS, Tier, minute_of};
use crate::database::{AnyConnection, AnyPool, Kind};
use crate::error::StoreError;

const TABLE: &str = "requests_sums";
/// Fresh parts that one fold takes.
const FOLDED_AT_ONCE: i64 = 512;
/// A stretch that is not over has so many parts at most before they become one.
const PARTS_MAX: i64 = 16;
/// Stretches that one step makes whole.
const JOINED_AT_ONCE: usize = 32;
/// So many bytes become one part at most; what is bigger stays as it is.
const JOINED_BYTES_MAX: i64 = 64 << 20;
/// The tier of fresh parts that nobody could read: they are kept, and in no report.
const DAMAGED: i64 = -1;
/// How long after its end a stretch is left alone: long calls come late.
const GRACE_MINUTES: i64 = 5;

/// The parts in a database.
#[derive(Clone, Debug)]
pub(crate) struct Sums {
    pool: AnyPool,
    kind: Kind,
}

/// Where a part lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) number: i64,
    /// The first minute that it is of.
    pub(super) minute: i64,
    pub(super) bytes: i64,
}

/// What a fold took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Folded {
    pub(crate) parts: usize,
    /// Those of them that could not be read.
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
            "CREATE TABLE IF NOT EXISTS {TABLE} (number {number}, tier BIGINT NOT NULL, period BIGINT NOT NULL, packed {bytes} NOT NULL);
             CREATE INDEX IF NOT EXISTS {TABLE}_by_period ON {TABLE} (tier, period)"
        );
        sqlx::raw_sql(AssertSqlSafe(make)).execute(&pool).await?;
        Ok(Self::beside(pool, kind))
    }

    /// What is there, with nothing made.
    pub(crate) const fn beside(pool: AnyPool, kind: Kind) -> Self {
        Self { pool, kind }
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
            "DELETE FROM {TABLE} WHERE number IN (SELECT number FROM {TABLE} WHERE tier = $1 ORDER BY number LIMIT $2)
             RETURNING number, period, packed"
        );
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind(Tier::Fresh.number())
            .bind(FOLDED_AT_ONCE)
            .fetch_all(&mut *transaction)
            .await
            .map_err(failed())?;
        let (fresh, damaged): (Vec<_>, Vec<_>) = kept(&rows)
            .map_err(failed())?
            .into_iter()
            .partition(|part| Cells::default().add_part(&part.packed).is_some());
        for tier in Tier::KEPT {
            for (period, part) in folded(&fresh, tier)? {
                insert(&mut transaction, tier.number(), period, part).await.map_err(failed())?;
            }
        }
        let folded = Folded { parts: rows.len(), damaged: damaged.len() };
        for part in damaged {
            insert(&mut transaction, DAMAGED, part.period, part.packed).await.map_err(failed())?;
        }
        transaction.commit().await.map_err(failed())?;
        Ok(folded)
    }

    /// Makes one part of those of stretches that are over, or that have many. Gives how many stretches there were.
    pub(crate) async fn join(&self, now: Timestamp) -> Result<usize, StoreError> {
        let failed = || StoreError::database("join sums of calls");
        let statement = format!(
            "SELECT tier, period, COUNT(*) AS parts FROM {TABLE} WHERE tier > $1 GROUP BY tier, period HAVING COUNT(*) > 1"
        );
        let rows = sqlx::query(AssertSqlSafe(statement)).bind(Tier::Fresh.number());
        let rows = rows.fetch_all(&self.pool).await.map_err(failed())?;
        let mut joined = 0;
        for row in &rows {
            let (tier, period, parts) = stretch_of(row).map_err(failed())?;
            let Some(tier) = Tier::of_number(tier) else { continue };
            let is_over = tier.begin_of(period + 1) + GRACE_MINUTES <= minute_of(now);
            if joined < JOINED_AT_ONCE
                && (is_over || parts > PARTS_MAX)
                && self.join_one(tier, period).await?
            {
                joined += 1;
            }
        }
        Ok(joined)
    }

    /// Makes one of the smallest parts of a stretch, as many as may be. Gives whether there were two.
    async fn join_one(&self, tier: Tier, period: i64) -> Result<bool, StoreError> {
        let failed = || StoreError::database("join sums of calls");
        let stretch = Stretch { tier, periods: period..period + 1 };
        let mut listed = self.list(&[stretch], 0..0).await.map_err(failed())?;
        listed.sort_unstable_by_key(|part| part.bytes);
        let numbers = small_ones(&listed);
        if numbers.len() < 2 {
            return Ok(false);
        }
        let mut transaction = self.pool.begin().await.map_err(failed())?;
        let statement = format!(
            "DELETE FROM {TABLE} WHERE number IN ({}) RETURNING number, period, packed",
            numbers.join(", ")
        );
        let rows = sqlx::query(AssertSqlSafe(statement)).fetch_all(&mut *transaction).await;
        let parts = kept(&rows.map_err(failed())?).map_err(failed())?;
        let mut cells = Cells::default();
        for part in &parts {
            cells.add_part(&part.packed).ok_or_else(|| damaged(part.number))?;
        }
        if !parts.is_empty() {
            insert(&mut transaction, tier.number(), period, cells.written()).await.map_err(failed())?;
        }
        transaction.commit().await.map_err(failed())?;
        Ok(true)
    }

    /// Drops minutes that are old, and quarters of an hour of more days ago than these. Days are kept.
    pub(crate) async fn drop_old(&self, now: Timestamp, quarters_kept_days: u32) -> Result<(), StoreError> {
        let (minute, quarters_kept) = (minute_of(now), i64::from(quarters_kept_days) * Tier::Day.minutes());
        let minutes_kept = (REPORT_MINUTES_KEPT_HOURS + 1) * 60;
        for (tier, kept_from) in
            [(Tier::Minute, minute - minutes_kept), (Tier::Quarter, minute - quarters_kept)]
        {
            let statement = format!("DELETE FROM {TABLE} WHERE tier = $1 AND period < $2");
            let gone =
                sqlx::query(AssertSqlSafe(statement)).bind(tier.number()).bind(tier.period_of(kept_from));
            gone.execute(&self.pool).await.map_err(StoreError::database("drop old sums of calls"))?;
        }
        Ok(())
    }

    /// Every part of these stretches, and what of these minutes is fresh, as they lie at one moment.
    pub(super) async fn list(
        &self,
        stretches: &[Stretch],
        fresh: std::ops::Range<i64>,
    ) -> Result<Vec<Listed>, sqlx::Error> {
        let fresh = Stretch { tier: Tier::Fresh, periods: fresh };
        let wanted: Vec<&Stretch> = stretches.iter().chain([&fresh]).collect();
        let within = (0..wanted.len()).map(|place| {
            let first = place * 3 + 1;
            format!("(tier = ${first} AND period >= ${} AND period < ${})", first + 1, first + 2)
        });
        let length = match self.kind {
            Kind::Sqlite => "LENGTH(packed)",
            Kind::Postgres => "CAST(OCTET_LENGTH(packed) AS BIGINT)",
        };
        let statement = format!(
            "SELECT number, tier, period, {length} AS bytes FROM {TABLE} WHERE {} ORDER BY number",
            within.collect::<Vec<_>>().join(" OR ")
        );
        let mut query = sqlx::query(AssertSqlSafe(statement));
        for stretch in wanted {
            query = query.bind(stretch.tier.number()).bind(stretch.periods.start).bind(stretch.periods.end);
        }
        let listed = |row: &AnyRow| {
            let (number, tier, period): (i64, i64, i64) =
                (row.try_get("number")?, row.try_get("tier")?, row.try_get("period")?);
            let minute = Tier::of_number(tier).map_or(period, |tier| tier.begin_of(period));
            Ok(Listed { number, minute, bytes: row.try_get("bytes")? })
        };
        query.fetch_all(&self.pool).await?.iter().map(listed).collect()
    }

    /// These parts, in no order; those that are there no more are left out.
    pub(super) async fn fetch(&self, numbers: &[i64]) -> Result<Vec<(i64, Vec<u8>)>, sqlx::Error> {
        // Numbers of ours, not words of anybody's.
        let list: Vec<String> = numbers.iter().map(i64::to_string).collect();
        let statement = format!("SELECT number, packed FROM {TABLE} WHERE number IN ({})", list.join(", "));
        let rows = sqlx::raw_sql(AssertSqlSafe(statement)).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((row.try_get("number")?, row.try_get("packed")?))).collect()
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

/// What fresh parts come to in a tier, by its stretches.
fn folded(fresh: &[Kept], tier: Tier) -> Result<BTreeMap<i64, Vec<u8>>, StoreError> {
    let mut periods: BTreeMap<i64, Cells<'_>> = BTreeMap::new();
    for part in fresh {
        let cells = periods.entry(tier.period_of(part.period)).or_default();
        cells.add_part(&part.packed).ok_or_else(|| damaged(part.number))?;
    }
    Ok(periods.into_iter().map(|(period, cells)| (period, cells.written())).collect())
}

async fn insert(
    connection: &mut AnyConnection,
    tier: i64,
    period: i64,
    part: Vec<u8>,
) -> Result<(), sqlx::Error> {
    let statement = format!("INSERT INTO {TABLE} (tier, period, packed) VALUES ($1, $2, $3)");
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

pub(super) fn damaged(number: i64) -> StoreError {
    StoreError::Damaged { what: "sum of calls", found: format!("part {number}") }
}

#[cfg(test)]
mod tests {
    use super::{JOINED_BYTES_MAX, Listed, small_ones};

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
