//! Messages in a database.

use std::collections::BTreeSet;

use alerts::Notice;
use domain::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{Row, query};

use super::delivery::{Attempted, DELIVERIES_KEPT, Delivery, DeliveryState, NEWS_WAIT_MS, WAITING_MAX};
use crate::columns::{damaged, parsed, time, time_if_any};
use crate::database::AnyConnection;

/// Adds messages, and forgets old ones. Gives the channels that have no room for all of theirs, and how many were given up.
pub(super) async fn add(
    to: &mut AnyConnection,
    notices: &[(String, Notice)],
    now: Timestamp,
) -> Result<Vec<(String, u64)>, sqlx::Error> {
    let row =
        query("SELECT COALESCE(MAX(number), 0) AS newest FROM alert_deliveries").fetch_one(&mut *to).await?;
    let newest: i64 = row.try_get("newest")?;
    for (place, (channel, notice)) in (1_i64..).zip(notices) {
        let text = serde_json::to_string(notice).map_err(|error| sqlx::Error::Encode(error.into()))?;
        query(
            "INSERT INTO alert_deliveries (number, channel, notice, state, attempts, made_at_ms, next_at_ms)
             VALUES ($1, $2, $3, 'waiting', 0, $4, $4)",
        )
        .bind(newest + place)
        .bind(channel)
        .bind(text)
        .bind(now.unix_ms())
        .execute(&mut *to)
        .await?;
    }
    let last = newest + i64::try_from(notices.len()).unwrap_or(i64::MAX);
    query("DELETE FROM alert_deliveries WHERE number <= $1 AND state <> 'waiting'")
        .bind(last - i64::from(DELIVERIES_KEPT))
        .execute(&mut *to)
        .await?;
    let channels: BTreeSet<&String> = notices.iter().map(|(channel, _)| channel).collect();
    let mut given_up = Vec::new();
    for channel in channels {
        hurry(to, channel, now).await?;
        let count = give_up_oldest(to, channel, now).await?;
        if count > 0 {
            given_up.push((channel.clone(), count));
        }
    }
    Ok(given_up)
}

/// There is news for a channel: it may be well again.
async fn hurry(to: &mut AnyConnection, channel: &str, now: Timestamp) -> Result<(), sqlx::Error> {
    query(
        "UPDATE alert_deliveries SET next_at_ms = $1 WHERE channel = $2 AND state = 'waiting' AND next_at_ms > $1",
    )
    .bind(now.unix_ms().saturating_add(NEWS_WAIT_MS))
    .bind(channel)
    .execute(to)
    .await
    .map(|_| ())
}

/// Of more than may wait for a channel the oldest go. Other channels have room of their own.
async fn give_up_oldest(to: &mut AnyConnection, channel: &str, now: Timestamp) -> Result<u64, sqlx::Error> {
    let done = query(
        "UPDATE alert_deliveries SET state = 'given_up', ended_at_ms = $1, error = 'too many newer messages wait'
         WHERE number IN (SELECT number FROM alert_deliveries WHERE channel = $2 AND state = 'waiting'
                          ORDER BY number DESC LIMIT 1000000 OFFSET $3)",
    )
    .bind(now.unix_ms())
    .bind(channel)
    .bind(i64::from(WAITING_MAX))
    .execute(to)
    .await?;
    Ok(done.rows_affected())
}

/// Those that wait, the oldest first.
pub(super) async fn waiting(from: &mut AnyConnection) -> Result<Vec<Delivery>, sqlx::Error> {
    let rows = query("SELECT * FROM alert_deliveries WHERE state = 'waiting' ORDER BY number")
        .fetch_all(from)
        .await?;
    rows.iter().map(read).collect()
}

/// Whom there are messages for.
pub(super) async fn channels(from: &mut AnyConnection) -> Result<BTreeSet<String>, sqlx::Error> {
    let rows = query("SELECT DISTINCT channel FROM alert_deliveries").fetch_all(from).await?;
    rows.iter().map(|row| row.try_get("channel")).collect()
}

/// Those whose newest message was given up.
pub(super) async fn failed(from: &mut AnyConnection) -> Result<BTreeSet<String>, sqlx::Error> {
    let rows = query(
        "SELECT channel FROM alert_deliveries WHERE state = 'given_up'
           AND number IN (SELECT MAX(number) FROM alert_deliveries GROUP BY channel)",
    )
    .fetch_all(from)
    .await?;
    rows.iter().map(|row| row.try_get("channel")).collect()
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

/// Notes what came of a try. What was given up meanwhile stays so, unless it was taken.
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
           ended_at_ms = $3, error = $4
         WHERE number = $5 AND (state = 'waiting' OR $6 = 1)",
    )
    .bind(state.name())
    .bind(next.map(Timestamp::unix_ms))
    .bind((state != DeliveryState::Waiting).then_some(now.unix_ms()))
    .bind(error)
    .bind(number)
    .bind(i64::from(state == DeliveryState::Delivered))
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
