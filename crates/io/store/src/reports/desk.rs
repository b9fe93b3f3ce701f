//! Where reports are made: reads what is asked for, in bounds, and holds what accounts paid against the ledger.

use domain::Timestamp;

use super::gather::{Booked, Gathering, ReportRow};
use super::plan::plan;
use super::query::{ReportError, ReportQuery};
use super::received::received;
use super::sums::{Listed, Sums, damaged};
use super::tier::minute_of;
use crate::database::Database;
use crate::error::StoreError;
use crate::requests::RequestStore;

/// Most that one report reads.
pub const REPORT_BYTES_MAX: i64 = 256 << 20;
/// How much is read at a time, and in how many parts: others get their turn between.
const STEP_BYTES: i64 = 4 << 20;
const STEP_PARTS: usize = 200;
/// How often it begins anew because parts were folded meanwhile.
const TRIES_MAX: usize = 4;
/// How long a row may be ahead of the ledger, or behind it.
const LAG_MINUTES: i64 = 5;
const MEBIBYTE: i64 = 1 << 20;

/// Makes reports.
#[derive(Clone, Debug)]
pub struct ReportDesk {
    sums: Sums,
    database: Database,
}

/// A report.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What calls came to, in the order of their windows.
    pub rows: Vec<ReportRow>,
    /// What accounts paid for calls that left no row.
    pub unrecorded: Vec<Unrecorded>,
}

/// What an account paid for calls of which nothing else is known, as they were running in a crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrecorded {
    /// The place of the window.
    pub window: usize,
    /// The account's number.
    pub account: u64,
    /// In what.
    pub currency: String,
    /// How many calls. Negative where rows outlived the ledger's last moments.
    pub calls: i64,
    /// In nano-units.
    pub charged: i128,
}

impl ReportDesk {
    /// Over the rows of calls and the ledger.
    pub fn new(requests: &RequestStore, database: Database) -> Self {
        Self { sums: requests.sums().clone(), database }
    }

    /// A report as the database has it now.
    pub async fn report(&self, query: &ReportQuery, now: Timestamp) -> Result<Report, ReportError> {
        let (Some(first), Some(last)) = (query.windows.first(), query.windows.last()) else {
            return Ok(Report::default());
        };
        let stretches = plan(&query.windows, query.is_fine);
        for _ in 0..TRIES_MAX {
            let listed = self.sums.list(&stretches, first.start..last.end).await.map_err(failed())?;
            let bytes: i64 = listed.iter().map(|part| part.bytes).sum();
            if bytes > REPORT_BYTES_MAX {
                let most = REPORT_BYTES_MAX / MEBIBYTE;
                return Err(ReportError::TooMuch { mebibytes: bytes / MEBIBYTE, most });
            }
            if let Some((rows, booked)) = self.gather(query, &listed).await? {
                let unrecorded = match query.is_reconciled {
                    true => self.unrecorded(query, booked, now).await.map_err(failed())?,
                    false => Vec::new(),
                };
                return Ok(Report { rows, unrecorded });
            }
        }
        Err(ReportError::Restless)
    }

    /// `None` where a part is there no more: it was folded into another meanwhile.
    async fn gather(
        &self,
        query: &ReportQuery,
        listed: &[Listed],
    ) -> Result<Option<(Vec<ReportRow>, Booked)>, ReportError> {
        let mut gathering = Gathering::of(query);
        for step in steps(listed) {
            let numbers: Vec<i64> = step.iter().map(|part| part.number).collect();
            let fetched = self.sums.fetch(&numbers).await.map_err(failed())?;
            if fetched.len() < step.len() {
                return Ok(None);
            }
            for (number, packed) in fetched {
                let part = step.iter().find(|part| part.number == number);
                let minute = part.map_or(i64::MIN, |part| part.minute);
                gathering.add(minute, &packed).ok_or_else(|| damaged(number))??;
            }
        }
        Ok(Some(gathering.rows()))
    }

    async fn unrecorded(
        &self,
        query: &ReportQuery,
        mut booked: Booked,
        now: Timestamp,
    ) -> Result<Vec<Unrecorded>, sqlx::Error> {
        let mut unrecorded = Vec::new();
        let mut add = |place: usize, account, currency: String, calls: i64, charged: i128| {
            // Of the last minutes the ledger may not have all that rows have.
            let is_settled = query.windows[place].end + LAG_MINUTES <= minute_of(now);
            if charged > 0 || (charged < 0 && is_settled) {
                unrecorded.push(Unrecorded { window: place, account, currency, calls, charged });
            }
        };
        for (place, window) in query.windows.iter().enumerate() {
            for found in received(&self.database, window).await? {
                let key = (place as u32, found.account, found.currency);
                let (calls, charged) = booked.remove(&key).unwrap_or_default();
                add(place, found.account, key.2, found.calls - calls.cast_signed(), found.charged - charged);
            }
        }
        // What rows have and the ledger does not.
        for ((place, account, currency), (calls, charged)) in booked {
            add(place as usize, account, currency, -calls.cast_signed(), -charged);
        }
        unrecorded.sort_by(|left, right| {
            (left.window, left.account, &left.currency).cmp(&(right.window, right.account, &right.currency))
        });
        Ok(unrecorded)
    }
}

/// Parts that are read at a time.
fn steps(listed: &[Listed]) -> Vec<&[Listed]> {
    let (mut steps, mut begin, mut bytes) = (Vec::new(), 0, 0);
    for (place, part) in listed.iter().enumerate() {
        if place > begin && (bytes + part.bytes > STEP_BYTES || place - begin >= STEP_PARTS) {
            steps.push(&listed[begin..place]);
            (begin, bytes) = (place, 0);
        }
        bytes += part.bytes;
    }
    steps.push(&listed[begin..]);
    steps.retain(|step| !step.is_empty());
    steps
}

fn failed() -> impl FnOnce(sqlx::Error) -> StoreError {
    StoreError::database("read sums of calls")
}
