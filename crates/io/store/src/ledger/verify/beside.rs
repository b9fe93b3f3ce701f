//! Proving the ledger of a gateway that runs: the database as it is at one moment, the journal's files as far as they were on the
//! disk then. By a thread and connections of its own, so that nothing waits for it; one at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::timeout;

use super::look::verify_until;
use super::report::{HOLD_AGE_MAX_MS, VerifyError, VerifyReport};
use crate::accounts::AccountDesk;
use crate::database::{Database, DatabasePlace};
use crate::error::StoreError;
use crate::ledger::journal::KeptFiles;
use crate::requests::RequestStore;

/// Verifies when it is asked to; copies are one and the same.
#[derive(Clone, Debug)]
pub struct LedgerVerifier {
    ground: Arc<Ground>,
    state: Arc<watch::Sender<VerifyState>>,
}

/// What is verified.
#[derive(Debug)]
struct Ground {
    database: Database,
    place: DatabasePlace,
    requests: PathBuf,
    /// The journal's folder, and which node it is of.
    journal: (PathBuf, u32),
    accounts: Arc<AccountDesk>,
    clock: fn() -> Timestamp,
}

/// How it stands.
#[derive(Clone, Debug)]
pub enum VerifyState {
    /// Not asked for since the start.
    Never,
    /// It runs.
    Running {
        /// Since when.
        since: Timestamp,
    },
    /// It was done.
    Done {
        /// When it began.
        since: Timestamp,
        /// When it ended.
        until: Timestamp,
        /// What was found.
        report: Arc<VerifyReport>,
    },
    /// It could not be looked at.
    Failed {
        /// When it began.
        since: Timestamp,
        /// When it ended.
        until: Timestamp,
        /// Why.
        why: String,
    },
}

/// One runs already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ledger is being verified already, since {}; its outcome comes first", .since.rfc3339())]
pub struct VerifyRuns {
    /// Since when.
    pub since: Timestamp,
}

impl LedgerVerifier {
    /// Of a database at a place, rows of calls at a path, and the journal of a node in a folder.
    pub fn new(
        database: Database,
        (place, requests): (DatabasePlace, PathBuf),
        journal: (PathBuf, u32),
        accounts: Arc<AccountDesk>,
        clock: fn() -> Timestamp,
    ) -> Self {
        let ground = Ground { database, place, requests, journal, accounts, clock };
        Self { ground: Arc::new(ground), state: Arc::new(watch::Sender::new(VerifyState::Never)) }
    }

    /// Begins, unless it runs. Says since when.
    pub fn begin(&self) -> Result<Timestamp, VerifyRuns> {
        let now = (self.ground.clock)();
        let mut running = None;
        self.state.send_if_modified(|state| {
            if let VerifyState::Running { since } = state {
                running = Some(*since);
                return false;
            }
            *state = VerifyState::Running { since: now };
            true
        });
        if let Some(since) = running {
            return Err(VerifyRuns { since });
        }
        let (ground, state) = (Arc::clone(&self.ground), Arc::clone(&self.state));
        let thread = std::thread::Builder::new().name("ledger-verify".to_owned());
        if let Err(error) = thread.spawn(move || ground.run(now, &state)) {
            let why = format!("no thread can be started: {error}");
            self.state.send_replace(VerifyState::Failed { since: now, until: now, why });
        }
        Ok(now)
    }

    /// How it stands; where it runs, when it has ended, if that is within so long.
    pub async fn state(&self, wait: Duration) -> VerifyState {
        let mut state = self.state.subscribe();
        let ended = state.wait_for(|state| !matches!(state, VerifyState::Running { .. }));
        if let Ok(Ok(state)) = timeout(wait, ended).await {
            return state.clone();
        }
        self.state.borrow().clone()
    }
}

impl Ground {
    /// The thread's life.
    fn run(&self, since: Timestamp, state: &watch::Sender<VerifyState>) {
        let looked = catch_unwind(AssertUnwindSafe(|| self.look()));
        let looked = looked.unwrap_or_else(|_| Err("it panicked, which is a bug".to_owned()));
        let until = (self.clock)();
        state.send_replace(match looked {
            Ok(report) => VerifyState::Done { since, until, report: Arc::new(report) },
            Err(why) => VerifyState::Failed { since, until, why },
        });
    }

    fn look(&self) -> Result<VerifyReport, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("no runtime can be started: {error}"))?;
        runtime.block_on(self.verify()).map_err(|error| error.to_string())
    }

    async fn verify(&self) -> Result<VerifyReport, VerifyError> {
        // From before the moment that is read: files that it needs stay.
        let kept: Option<KeptFiles> = self.accounts.ledger().map(|ledger| ledger.journal().keep_files());
        let moment = self.database.at_a_moment(&self.place).await?;
        // The moment begins with the first question. What it has of the journal is on the disk by now.
        let pinned = sqlx::query("SELECT COUNT(*) FROM ledger_journals").fetch_one(&moment.pool).await;
        pinned.map_err(StoreError::database("begin to read the ledger"))?;
        let until = self.accounts.ledger().map(|ledger| ledger.journal().durable());
        // Not within the moment: whoever drops old rows would wait for its end.
        let going_on = self.database.beside(&self.place).await?;
        let rows = RequestStore::beside(&going_on, &self.requests).await?;
        let opened_min = Timestamp((self.clock)().unix_ms() - HOLD_AGE_MAX_MS);
        let (folder, node) = &self.journal;
        let report = verify_until((folder, *node), &moment, rows.as_ref(), opened_min, until).await;
        drop(kept);
        if let Some(rows) = rows {
            rows.close().await;
        }
        moment.pool.close().await;
        going_on.pool.close().await;
        report
    }
}

impl VerifyState {
    /// As the admin API tells it.
    pub fn json(&self) -> Value {
        match self {
            Self::Never => json!({ "state": "never" }),
            Self::Running { since } => json!({ "state": "running", "began_at": since.rfc3339() }),
            Self::Done { since, until, report } => json!({
                "state": "done",
                "began_at": since.rfc3339(),
                "ended_at": until.rfc3339(),
                "report": report.json(),
            }),
            Self::Failed { since, until, why } => json!({
                "state": "failed",
                "began_at": since.rfc3339(),
                "ended_at": until.rfc3339(),
                "why": why,
            }),
        }
    }
}
