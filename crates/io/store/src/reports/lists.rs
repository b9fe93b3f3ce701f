//! Which parts a report is made of, and reading them.

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::marks::Marks;
use super::plan::{Minutes, Stretch};
use super::table::{SUMS, Sums};
use super::tier::Tier;
use crate::database::Kind;

/// Where a part lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) number: i64,
    /// The first minute that it is of.
    pub(super) minute: i64,
    pub(super) bytes: i64,
}

/// Parts of some stretches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    pub(super) parts: Vec<Listed>,
    /// How many of those stretches were set aside, as nobody could read them.
    pub(super) set_aside: usize,
}

/// The first minute that a part is of, and what it holds.
pub(super) type Fetched = (i64, Vec<u8>);

impl Sums {
    /// From which minutes on there is what.
    pub(super) async fn marks(&self) -> Result<Marks, sqlx::Error> {
        Marks::read(&self.pool).await
    }

    /// Every part of these stretches, and what of these minutes is fresh, as they lie at one moment.
    pub(super) async fn list(&self, stretches: &[Stretch], fresh: Minutes) -> Result<Listing, sqlx::Error> {
        let fresh = Stretch { tier: Tier::Fresh, periods: fresh };
        // Numbers of ours, not words of anybody's. A month of days may have some hundred stretches: as conditions they would be
        // too many for SQLite.
        let wanted = stretches.iter().chain([&fresh]).flat_map(|Stretch { tier, periods }| {
            [tier.number(), tier.set_aside()]
                .map(|tier| format!("({tier}, {}, {})", periods.start, periods.end))
        });
        let length = match self.kind {
            Kind::Sqlite => "LENGTH(packed)",
            Kind::Postgres => "CAST(OCTET_LENGTH(packed) AS BIGINT)",
        };
        let statement = format!(
            "WITH wanted (tier, begins, ends) AS (VALUES {})
             SELECT number, {SUMS}.tier AS tier, period, {length} AS bytes FROM wanted CROSS JOIN {SUMS}
             WHERE {SUMS}.tier = wanted.tier AND period >= begins AND period < ends ORDER BY number",
            wanted.collect::<Vec<_>>().join(", ")
        );
        let rows = sqlx::query(AssertSqlSafe(statement)).persistent(false).fetch_all(&self.pool).await?;
        let mut listing = Listing::default();
        for row in &rows {
            let (tier, period): (i64, i64) = (row.try_get("tier")?, row.try_get("period")?);
            let Some(tier) = Tier::of_number(tier) else {
                listing.set_aside += 1;
                continue;
            };
            let (number, bytes) = (row.try_get("number")?, row.try_get("bytes")?);
            listing.parts.push(Listed { number, minute: tier.begin_of(period), bytes });
        }
        Ok(listing)
    }

    /// These parts; `None` if one of them is there no more.
    pub(super) async fn fetch(&self, listed: &[Listed]) -> Result<Option<Vec<Fetched>>, sqlx::Error> {
        // Numbers of ours, not words of anybody's.
        let numbers: Vec<String> = listed.iter().map(|part| part.number.to_string()).collect();
        let statement = format!(
            "SELECT number, packed FROM {SUMS} WHERE number IN ({}) ORDER BY number",
            numbers.join(", ")
        );
        // Asked as a statement with values, PostgreSQL answers with bytes rather than with their digits.
        let rows = sqlx::query(AssertSqlSafe(statement)).persistent(false).fetch_all(&self.pool).await?;
        let read = |(row, part): (&AnyRow, &Listed)| {
            let number: i64 = row.try_get("number")?;
            let packed = row.try_get("packed")?;
            Ok((number == part.number).then_some((part.minute, packed)))
        };
        if rows.len() < listed.len() {
            return Ok(None);
        }
        rows.iter().zip(listed).map(read).collect()
    }
}
