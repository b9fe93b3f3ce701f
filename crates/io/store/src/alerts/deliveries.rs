//! Messages in a database.

use alerts::Notice;
use domain::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row, query};

use super::delivery::{Attempted, DELIVERIES_KEPT, Delivery, DeliveryState, WAITING_MAX};
use crate::columns::{damaged, parsed, time, time_if_any};

/// Adds messages, and forgets old ones.
pub(super) async fn add(
    to: &mut AnyConnection,
    notices: &[(String, Notice)],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let row = query(
        "SELECT COALESCE(MAX(number), 0) AS newest,
           (SELECT COUNT(*) FROM alert_deliveries WHERE state = 'waiting') AS waiting FROM alert_deliveries",
    )
    .fetch_one(&mut *to)
    .await?;
    let (newest, waiting): (i64, i64) = (row.try_get("newest")?, row.try_get("waiting")?);
    for (place, (channel, notice)) in (1_i64..).zip(notices) {
        let has_room = waiting + place <= i64::from(WAITING_MAX);
        let state = if has_room { DeliveryState::Waiting } else { DeliveryState::GivenUp };
        let text = serde_json::to_string(notice).map_err(|error| sqlx::Error::Encode(error.into()))?;
        query(
            "INSERT INTO alert_deliveries (number, channel, notice, state, attempts, made_at_ms, next_at_ms, ended_at_ms, error)
             VALUES ($1, $2, $3, $4, 0, $5, $5, $6, $7)",
        )
        .bind(newest + place)
        .bind(channel)
        .bind(text)
        .bind(state.name())
        .bind(now.unix_ms())
        .bind((!has_room).then_some(now.unix_ms()))
        .bind((!has_room).then_some("too many messages wait already"))
        .execute(&mut *to)
        .await?;
    }
    let last = newest + i64::try_from(notices.len()).unwrap_or(i64::MAX);
    query("DELETE FROM alert_deliveries WHERE number <= $1 AND state <> 'waiting'")
        .bind(last - i64::from(DELIVERIES_KEPT))
        .execute(to)
        .await
        .map(|_| ())
}

/// Those that wait, the oldest first.
pub(super) async fn waiting(from: &mut AnyConnection) -> Result<Vec<Delivery>, sqlx::Error> {
    let rows = query("SELECT * FROM alert_deliveries WHERE state = 'waiting' ORDER BY number")
        .fetch_all(from)
        .await?;
    rows.iter().map(read).collect()
}

/// Up to `count`, the newest first, of those before `before`.
pub(super) async fn list(
    from: &mut AnyConnection,
    before: Option<u64>,
    count: u32,
) -> Result<Vec<Delivery>, sqlx::Error> {
    let rows = query("SELECT * FROM alert_deliveries WHERE number < $1 ORDER BY number DESC LIMIT $2")
        .bind(before.map_or(i64::MAX, u64::cast_signed))
        .bind(i64::from(count))
        .fetch_all(from)
        .await?;
    rows.iter().map(read).collect()
}

/// Notes what came of a try.
pub(super) async fn attempted(
    to: &mut AnyConnection,
    number: i64,
    outcome: &Attempted,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let (state, next, error) = match outcome {
        Attempted::Delivered => (DeliveryState::Delivered, None, None),
        Attempted::TryAgain(why, next) => (DeliveryState::Waiting, Some(*next), Some(why)),
        Attempted::GivenUp(why) => (DeliveryState::GivenUp, None, Some(why)),
    };
    query(
        "UPDATE alert_deliveries SET state = $1, attempts = attempts + 1, next_at_ms = COALESCE(CAST($2 AS BIGINT), next_at_ms),
           ended_at_ms = $3, error = $4 WHERE number = $5",
    )
    .bind(state.name())
    .bind(next.map(Timestamp::unix_ms))
    .bind((state != DeliveryState::Waiting).then_some(now.unix_ms()))
    .bind(error)
    .bind(number)
    .execute(to)
    .await
    .map(|_| ())
}

fn read(row: &AnyRow) -> Result<Delivery, sqlx::Error> {
    let (notice, attempts): (&str, i64) = (row.try_get("notice")?, row.try_get("attempts")?);
    Ok(Delivery {
        number: row.try_get("number")?,
        channel: row.try_get("channel")?,
        notice: serde_json::from_str(notice).map_err(|_| damaged("notice", notice))?,
        state: parsed(row, "state", DeliveryState::named)?,
        attempts: u32::try_from(attempts).map_err(|_| damaged("attempts", &attempts.to_string()))?,
        made_at: time(row, "made_at_ms")?,
        next_at: time(row, "next_at_ms")?,
        ended_at: time_if_any(row, "ended_at_ms")?,
        error: row.try_get("error")?,
    })
}
