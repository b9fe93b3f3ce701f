//! I2: what is kept of calls by the quarter of an hour in which they were received, which reports are held against, is what the
//! calls of that quarter come to: each call that was paid is in one sum, once.

use domain::Timestamp;
use ledger::Invariant;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::report::{VerifyError, VerifyReport};
use crate::database::{Database, Kind};
use crate::error::StoreError;
use crate::ledger::applier::{QUARTER_MS, joined};

/// See the module.
pub(super) async fn is_calls(database: &Database, report: &mut VerifyReport) -> Result<(), VerifyError> {
    let failed = StoreError::database("hold what was received against calls");
    let rows = sqlx::query(AssertSqlSafe(statement(database.kind))).fetch_all(&database.pool).await;
    for row in &rows.map_err(failed)? {
        report.found(Invariant::BalancesAreEntries.violated(told(row)?));
    }
    Ok(())
}

/// Sums of either side that the other has not. Whole units and nano-units apart: the sum of many amounts is beyond 64 bits of the
/// latter.
fn statement(kind: Kind) -> String {
    let received = received_ms(kind);
    let sum = |of: &str, name: &str| format!("CAST(SUM({of}) AS BIGINT) AS {name}");
    let (kept_calls, calls) = (sum("kept_calls", "kept_calls"), sum("calls", "calls"));
    let (kept_units, units) = (sum("kept_units", "kept_units"), sum("units", "units"));
    let (kept_nano, nano) = (sum("kept_nano", "kept_nano"), sum("nano", "nano"));
    format!(
        "SELECT quarter, customer, currency, {kept_calls}, {kept_units}, {kept_nano}, {calls}, {units}, {nano} FROM (
             SELECT quarter, customer, currency, calls AS kept_calls, units AS kept_units, nano AS kept_nano,
                 0 AS calls, 0 AS units, 0 AS nano FROM ledger_received
             UNION ALL
             SELECT {received} / {QUARTER_MS}, customer, currency, 0, 0, 0,
                 1, amount / 1000000000, amount % 1000000000 FROM ledger_calls
         ) AS sides GROUP BY quarter, customer, currency
         HAVING SUM(kept_calls) <> SUM(calls) OR SUM(kept_units) <> SUM(units) OR SUM(kept_nano) <> SUM(nano)
         ORDER BY quarter, customer, currency"
    )
}

/// The first six bytes of a call's id are when it was received. SQLite reads a number in hexadecimal digits as JSON alone.
const fn received_ms(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => "(('0x' || hex(substr(call_id, 1, 6))) ->> '$')",
        Kind::Postgres => "('x' || encode(substring(call_id FROM 1 FOR 6), 'hex'))::BIT(48)::BIGINT",
    }
}

fn told(row: &AnyRow) -> Result<String, StoreError> {
    let number = |column: &str| -> Result<i64, StoreError> {
        row.try_get(column).map_err(StoreError::database("read what was received"))
    };
    let currency: String = row.try_get("currency").map_err(StoreError::database("read what was received"))?;
    let from = Timestamp(number("quarter")?.saturating_mul(QUARTER_MS)).rfc3339();
    let kept = joined(number("kept_units")?, number("kept_nano")?);
    let sum = joined(number("units")?, number("nano")?);
    Ok(format!(
        "of calls of customer {} in {currency} that were received in the quarter of an hour from {from}, {} and {kept} nano-units \
         are kept; there are {} and they come to {sum}",
        number("customer")?.cast_unsigned(),
        number("kept_calls")?,
        number("calls")?
    ))
}

#[cfg(test)]
mod tests {
    use domain::CallId;
    use sqlx::AssertSqlSafe;

    use super::received_ms;
    use crate::database::Database;
    use crate::database::throwaway::hasher;

    #[tokio::test]
    async fn sqlite_reads_when_a_call_was_received_out_of_its_id() {
        let database = Database::in_memory(&hasher()).await.unwrap();
        for id in [0, 1, 1 << 80, 0x01a2_1cc1_26d3 << 80 | 0xff, u128::MAX, 0x0fff_ffff << 88] {
            let statement =
                format!("SELECT {} FROM (SELECT $1 AS call_id) AS calls", received_ms(database.kind));
            let read: i64 = sqlx::query_scalar(AssertSqlSafe(statement))
                .bind(id.to_be_bytes().to_vec())
                .fetch_one(&database.pool)
                .await
                .unwrap();
            assert_eq!(read, CallId(id).received_at().unix_ms(), "{id:032x}");
        }
    }
}
