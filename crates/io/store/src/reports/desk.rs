//! Where reports are made: reads what is asked for, in bounds, and holds what accounts paid against the ledger. While parts are
//! added up on a thread of their own, the next ones are read.

use std::sync::Arc;

use domain::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::gather::{Booked, Gathering, ReportRow};
use super::lists::{Fetched, Listed};
use super::plan::{Stretch, plan};
use super::query::{ReportError, ReportQuery};
use super::received::received;
use super::sums::is_whole;
use super::table::Sums;
use super::tier::{Tier, minute_of};
use crate::database::Database;
use crate::error::StoreError;
use crate::requests::RequestStore;

/// Most that one report reads.
pub const REPORT_BYTES_MAX: i64 = 256 << 20;
/// Reports that are made at once; others wait for their turn.
pub const REPORTS_AT_ONCE: usize = 2;
/// How much is read at a time, and in how many parts: others get their turn between.
const STEP_BYTES: i64 = 4 << 20;
const STEP_PARTS: usize = 200;
/// How often it begins anew because parts were folded meanwhile.
const TRIES_MAX: usize = 4;
/// How long a row may be ahead of the ledger, or behind it.
const LAG_MINUTES: i64 = 5;
const MEBIBYTE: i64 = 1 << 20;
const MINUTE_MS: i64 = 60_000;

/// Makes reports.
#[derive(Clone, Debug)]
pub struct ReportDesk {
    sums: Sums,
    database: Database,
    turns: Arc<Semaphore>,
}

/// A report.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What calls came to, in the order of their windows.
    pub rows: Vec<ReportRow>,
    /// What accounts paid for calls that left no row.
    pub unrecorded: Vec<Unrecorded>,
    /// Hours and quarters of an hour before this moment were dropped, and the report needs some of them.
    pub dropped_before: Option<Timestamp>,
    /// How many sums of its time nobody can read: it is without them.
    pub damaged: usize,
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

/// Parts, added up; how many of them could not be read.
struct Adding {
    gathering: Gathering,
    /// Whether each part is read to its end before anything of it is added.
    is_careful: bool,
    damaged: usize,
}

/// Why adding up ended.
enum Stopped {
    /// A part is damaged, and some of it may have been added: carefully from the beginning.
    Damaged,
    /// Parts are there no more: they were folded into others meanwhile.
    Changed,
    Refused(ReportError),
}

impl ReportDesk {
    /// Over the rows of calls and the ledger.
    pub fn new(requests: &RequestStore, database: Database) -> Self {
        Self { sums: requests.sums().clone(), database, turns: Arc::new(Semaphore::new(REPORTS_AT_ONCE)) }
    }

    /// A report as the database has it now.
    pub async fn report(&self, query: &ReportQuery, now: Timestamp) -> Result<Report, ReportError> {
        let (Some(first), Some(last)) = (query.windows.first(), query.windows.last()) else {
            return Ok(Report::default());
        };
        // It is never closed.
        let _turn = self.turns.acquire().await;
        let shared = Arc::new(query.clone());
        let mut is_careful = false;
        for _ in 0..TRIES_MAX {
            let marks = self.sums.marks().await.map_err(failed())?;
            let stretches = plan(&query.windows, query.is_fine, marks.hours_from);
            let listing = self.sums.list(&stretches, first.start..last.end).await.map_err(failed())?;
            let bytes: i64 = listing.parts.iter().map(|part| part.bytes).sum();
            if bytes > REPORT_BYTES_MAX {
                let most = REPORT_BYTES_MAX / MEBIBYTE;
                return Err(ReportError::TooMuch { mebibytes: bytes / MEBIBYTE, most });
            }
            let gathering = Gathering::of(Arc::clone(&shared));
            let added = match self.add(Adding { gathering, is_careful, damaged: 0 }, &listing.parts).await {
                Ok(added) => added,
                Err(Stopped::Refused(refusal)) => return Err(refusal),
                Err(Stopped::Changed) => continue,
                Err(Stopped::Damaged) => {
                    is_careful = true;
                    continue;
                }
            };
            let (rows, booked) = added.gathering.rows();
            let unrecorded = match query.is_reconciled {
                true => self.unrecorded(query, booked, now).await.map_err(failed())?,
                false => Vec::new(),
            };
            let dropped_before = self.dropped_before(&stretches).await.map_err(failed())?;
            let damaged = listing.set_aside + added.damaged;
            return Ok(Report { rows, unrecorded, dropped_before, damaged });
        }
        Err(ReportError::Restless)
    }

    /// Adds up all of these parts.
    async fn add(&self, adding: Adding, listed: &[Listed]) -> Result<Adding, Stopped> {
        let mut at_work: JoinSet<Result<Adding, Stopped>> = JoinSet::new();
        let mut resting = Some(adding);
        for step in steps(listed) {
            let fetched = self.sums.fetch(step).await.map_err(|error| refused(failed()(error)))?;
            let fetched = fetched.ok_or(Stopped::Changed)?;
            let mut adding = match resting.take() {
                Some(adding) => adding,
                None => ended(at_work.join_next().await)?,
            };
            at_work.spawn_blocking(move || adding.take_in(&fetched).map(|()| adding));
        }
        match resting {
            Some(adding) => Ok(adding),
            None => ended(at_work.join_next().await),
        }
    }

    /// Before which moment there is nothing any more of what these stretches need. It is asked afterwards: what was dropped meanwhile
    /// counts.
    async fn dropped_before(&self, stretches: &[Stretch]) -> Result<Option<Timestamp>, sqlx::Error> {
        let before = self.sums.marks().await?.dropped_before;
        let is_fine = |stretch: &Stretch| matches!(stretch.tier, Tier::Quarter | Tier::Hour);
        let needs = |stretch: &Stretch| is_fine(stretch) && stretch.begin() < before;
        Ok(stretches.iter().any(needs).then(|| Timestamp(before * MINUTE_MS)))
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
        for found in received(&self.database, &query.windows).await? {
            let key = (found.window as u32, found.account, found.currency);
            let (calls, charged) = booked.remove(&key).unwrap_or_default();
            let (calls, charged) = (found.calls - calls.cast_signed(), found.charged - charged);
            add(found.window, found.account, key.2, calls, charged);
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

impl Adding {
    fn take_in(&mut self, parts: &[Fetched]) -> Result<(), Stopped> {
        for (minute, packed) in parts {
            if self.is_careful && !is_whole(packed) {
                self.damaged += 1;
                continue;
            }
            self.gathering.add(*minute, packed).ok_or(Stopped::Damaged)?.map_err(Stopped::Refused)?;
        }
        Ok(())
    }
}

/// What a thread came to that added up.
fn ended(joined: Option<Result<Result<Adding, Stopped>, tokio::task::JoinError>>) -> Result<Adding, Stopped> {
    joined.and_then(Result::ok).unwrap_or(Err(Stopped::Refused(ReportError::Unfinished)))
}

fn refused(error: StoreError) -> Stopped {
    Stopped::Refused(ReportError::Store(error))
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
