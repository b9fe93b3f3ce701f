//! Where alerts are kept and silenced. What is told of an alert and that it is told are kept together: a crash loses no message
//! and makes none twice.

use std::collections::BTreeSet;

use alerts::{Board, Notice, Silence, SpendSeries};
use domain::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::delivery::{Attempted, DELIVERIES_PER_PAGE_MAX, Delivery};
use super::error::AlertError;
use super::keys::{KeyTimes, KeysEnding};
use super::silences::NewSilence;
use super::sizes::SILENCES_MAX;
use super::{deliveries, silences, sql};
use crate::audit;
use crate::database::Database;
use crate::tenancy::Deed;

/// Keeps alerts.
#[derive(Debug)]
pub struct AlertDesk {
    database: Database,
    /// Held over a change: of two at once, memory and database end with the same.
    present: Mutex<Present>,
}

#[derive(Debug)]
struct Present {
    board: Board,
    /// Those in force when last looked at.
    silences: Vec<Silence>,
}

impl AlertDesk {
    /// The desk of a database, with the alerts that are kept there.
    pub async fn open(database: Database, now: Timestamp) -> Result<Self, AlertError> {
        let mut from = database.pool.acquire().await?;
        let channels = deliveries::channels(&mut from).await?;
        let board = Board::of(sql::all(&mut from, &channels).await?);
        let silences = silences::in_force(&mut from, now).await?;
        drop(from);
        Ok(Self { database, present: Mutex::new(Present { board, silences }) })
    }

    /// All alerts as they are kept.
    pub async fn board(&self) -> Board {
        self.present.lock().await.board.clone()
    }

    /// What is not told now.
    pub async fn silences(&self, now: Timestamp) -> Vec<Silence> {
        let present = self.present.lock().await;
        present.silences.iter().filter(|silence| now < silence.until).cloned().collect()
    }

    /// Keeps what has changed, with the messages about it and the channels they go to: all or nothing. Gives the channels for
    /// which too many waited, and how many were given up.
    pub async fn keep(
        &self,
        board: Board,
        notices: &[(String, Notice)],
        now: Timestamp,
    ) -> Result<Vec<(String, u64)>, AlertError> {
        let mut present = self.present.lock().await;
        if board == present.board && notices.is_empty() {
            return Ok(Vec::new());
        }
        let mut transaction = self.database.begin().await?;
        for gone in present.board.iter().filter(|alert| board.find(alert.rule, &alert.subject).is_none()) {
            sql::remove(&mut transaction, gone).await?;
        }
        for alert in
            board.iter().filter(|alert| present.board.find(alert.rule, &alert.subject) != Some(alert))
        {
            sql::put(&mut transaction, alert).await?;
        }
        let given_up = deliveries::add(&mut transaction, notices, now).await?;
        transaction.commit().await?;
        present.board = board;
        Ok(given_up)
    }

    /// Keeps something quiet for a while.
    pub async fn silence(&self, wish: NewSilence, deed: &Deed) -> Result<Value, AlertError> {
        let mut silence = wish.checked(&deed.reason, deed.who.by.clone(), deed.at)?;
        let mut present = self.present.lock().await;
        present.silences.retain(|known| deed.at < known.until);
        if present.silences.len() >= SILENCES_MAX {
            return Err(AlertError::TooManySilences);
        }
        let mut transaction = self.database.begin().await?;
        silence.number = silences::insert(&mut transaction, &silence).await?;
        let shown = silences::json(&silence);
        let subject = format!("silence {}", silence.number);
        audit::write(&mut transaction, &deed.entry("alert.silence", &subject, None, &Value::Null, &shown))
            .await?;
        transaction.commit().await?;
        present.silences.push(silence);
        Ok(shown)
    }

    /// Ends a silence before its time.
    pub async fn unsilence(&self, number: &str, deed: &Deed) -> Result<Value, AlertError> {
        let mut present = self.present.lock().await;
        let is_it = |silence: &Silence| silence.number.to_string() == number && deed.at < silence.until;
        let Some(place) = present.silences.iter().position(is_it) else {
            return Err(AlertError::UnknownSilence(number.to_owned()));
        };
        let shown = silences::json(&present.silences[place]);
        let subject = format!("silence {}", present.silences[place].number);
        let mut transaction = self.database.begin().await?;
        silences::remove(&mut transaction, present.silences[place].number, deed.at).await?;
        audit::write(&mut transaction, &deed.entry("alert.unsilence", &subject, None, &shown, &Value::Null))
            .await?;
        transaction.commit().await?;
        present.silences.remove(place);
        Ok(shown)
    }

    /// Notes in the audit that channels were tried, and what came of it.
    pub async fn note_test(&self, outcome: &Value, deed: &Deed) -> Result<(), AlertError> {
        let mut transaction = self.database.begin().await?;
        audit::write(&mut transaction, &deed.entry("alert.test", "channels", None, &Value::Null, outcome))
            .await?;
        Ok(transaction.commit().await?)
    }

    /// All that is known now, as it is shown.
    pub async fn shown(&self, now: Timestamp) -> Value {
        let (board, silenced) = (self.board().await, self.silences(now).await);
        let alerts: Vec<Value> = board
            .iter()
            .map(|alert| {
                json!({
                    "rule": alert.rule.name(),
                    "subject": alert.subject,
                    "severity": alert.severity.name(),
                    "state": alert.state.name(),
                    "summary": alert.summary,
                    "details": alert.details,
                    "since": alert.since.rfc3339(),
                    "raised_at": alert.raised_at.map(Timestamp::rfc3339),
                    "resolved_at": alert.resolved_at.map(Timestamp::rfc3339),
                    "told": alert.told.name(),
                    "told_at": alert.told_at.map(Timestamp::rfc3339),
                    "known_to": alert.known_to.keys().collect::<Vec<_>>(),
                    "is_silenced": silenced.iter().any(|silence| silence.covers(alert, now)),
                })
            })
            .collect();
        json!({ "alerts": alerts, "silences": silenced.iter().map(silences::json).collect::<Vec<_>>() })
    }

    /// Messages that wait, the oldest first.
    pub async fn waiting(&self) -> Result<Vec<Delivery>, AlertError> {
        Ok(deliveries::waiting(&mut *self.database.pool.acquire().await?).await?)
    }

    /// The channels whose newest message was given up, by name.
    pub async fn channels_failed(&self) -> Result<BTreeSet<String>, AlertError> {
        Ok(deliveries::failed(&mut *self.database.pool.acquire().await?).await?)
    }

    /// Notes what came of trying a message.
    pub async fn attempted(
        &self,
        number: i64,
        outcome: &Attempted,
        now: Timestamp,
    ) -> Result<(), AlertError> {
        Ok(deliveries::attempted(&mut *self.database.pool.acquire().await?, number, outcome, now).await?)
    }

    /// Up to `count` messages, the newest first, of those before `before`.
    pub async fn deliveries(&self, before: Option<u64>, count: u32) -> Result<Vec<Delivery>, AlertError> {
        let count = count.min(DELIVERIES_PER_PAGE_MAX);
        Ok(deliveries::list(&mut *self.database.pool.acquire().await?, before, count).await?)
    }

    /// What was spent of late, as it was kept last.
    pub async fn spend(&self) -> Result<SpendSeries, AlertError> {
        let kept = sql::spend(&mut *self.database.pool.acquire().await?).await?;
        Ok(kept.unwrap_or_default())
    }

    /// Keeps what was spent of late.
    pub async fn keep_spend(&self, series: &SpendSeries) -> Result<(), AlertError> {
        let text = serde_json::to_string(series).unwrap_or_default();
        Ok(sql::put_spend(&mut *self.database.pool.acquire().await?, &text).await?)
    }

    /// Keys without a successor that end soon, and those that have ended of late.
    pub async fn keys_ending(&self, times: KeyTimes) -> Result<KeysEnding, AlertError> {
        Ok(sql::keys_ending(&mut *self.database.pool.acquire().await?, times).await?)
    }
}

impl Delivery {
    /// As it is shown.
    pub fn json(&self) -> Value {
        json!({
            "number": self.number,
            "channel": self.channel,
            "title": alerts::subject(&self.notice),
            "alerts": self.notice.items.iter().map(alerts::Item::key).collect::<Vec<_>>(),
            "state": self.state.name(),
            "attempts": self.attempts,
            "made_at": self.made_at.rfc3339(),
            "next_at": (self.state.name() == "waiting").then(|| self.next_at.rfc3339()),
            "ended_at": self.ended_at.map(Timestamp::rfc3339),
            "error": self.error,
        })
    }
}
