//! What runs beside the ledger, from its opening to the end: the database follows the journal, charges that could not be
//! recorded are tried again, and a journal that fails ends this process.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use config::{AccountSettings, LedgerSettings, NewOrganisations};
use gateway::{Gateway, wall_clock};
use ledger::Lsn;
use observe::{Level, Log};
use store::{
    Applied, Applier, ApplyError, Database, JournalSizes, Ledger, LedgerOptions, Recovered, SignUpTerms,
};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::lapses::Lapses;
use super::slots_place;

/// How long the database is left alone behind a small batch.
const PAUSE: Duration = Duration::from_millis(100);
/// A batch of so many records is no small one.
const LARGE_BATCH: usize = 2_000;
/// How long a database that failed is left alone.
const PAUSE_FAILED: Duration = Duration::from_secs(1);
/// How long a stop waits for the database to have everything.
const STOP_WAIT_MAX: Duration = Duration::from_secs(5);
/// How long files of the journal are kept that the database has.
const KEPT_MS: i64 = 24 * 3_600_000;
/// How often they are looked through.
const CLEARING_INTERVAL: Duration = Duration::from_secs(600);

/// A ledger that was opened, and what follows it.
pub(super) struct Opened {
    ledger: Arc<Ledger>,
    applier: Applier,
    recovered: Recovered,
}

/// Gives the ledger to its keeper, once it is open.
#[derive(Clone)]
pub(super) struct MoneyInlet(mpsc::UnboundedSender<Opened>);

/// Waits for a ledger to be opened.
pub(super) struct MoneyOutlet(mpsc::UnboundedReceiver<Opened>);

/// Why money cannot be kept safe any more: nothing that happened from here on would last, and the process must end.
pub(super) type Failures = mpsc::Receiver<String>;

/// The running task.
pub(super) struct MoneyKeeper {
    task: JoinSet<()>,
    stop: CancellationToken,
}

/// A way for the ledger, which is opened at most once.
pub(super) fn money_way() -> (MoneyInlet, MoneyOutlet) {
    let (inlet, outlet) = mpsc::unbounded_channel();
    (MoneyInlet(inlet), MoneyOutlet(outlet))
}

impl MoneyInlet {
    pub(super) fn give(&self, ledger: Arc<Ledger>, applier: Applier, recovered: Recovered) {
        // Whoever waited for it has ended, and with him the process.
        let _ = self.0.send(Opened { ledger, applier, recovered });
    }
}

impl MoneyKeeper {
    pub(super) fn start(
        gateway: &Arc<Gateway>,
        database: Database,
        mut outlet: MoneyOutlet,
        log: &Log,
    ) -> (Self, Failures) {
        let (mut task, stop) = (JoinSet::new(), CancellationToken::new());
        let (failed, failures) = mpsc::channel(1);
        let (gateway, log, stopping) = (gateway.clone(), log.clone(), stop.clone());
        task.spawn(async move {
            let opened = tokio::select! {
                opened = outlet.0.recv() => opened,
                () = stopping.cancelled() => None,
            };
            if let Some(opened) = opened
                && let Err(why) = keep(&gateway, &database, opened, &log, &stopping).await
            {
                log.event(Level::Error, "money cannot be kept safe: this process ends", &[("reason", &why)]);
                // Nobody hears it where the process ends already.
                let _ = failed.send(why).await;
            }
        });
        (Self { task, stop }, failures)
    }

    /// The database has everything when this returns, or will have it at the next start. To be called when the workers have ended.
    pub(super) async fn stop(mut self) {
        self.stop.cancel();
        let _ = timeout(STOP_WAIT_MAX, self.task.join_next()).await;
    }
}

async fn keep(
    gateway: &Gateway,
    database: &Database,
    opened: Opened,
    log: &Log,
    stop: &CancellationToken,
) -> Result<(), String> {
    let Opened { ledger, mut applier, recovered } = opened;
    tell_recovered(&recovered, log);
    let (mut reached, mut wanted) = (ledger.journal().reached(), ledger.remote_wanted());
    let mut cleared = Instant::now();
    let mut lapses = Lapses::new();
    loop {
        gateway.uncharged().charge(wall_clock());
        let durable = reached.borrow_and_update().durable;
        if let Some(failure) = reached.borrow().failure.clone() {
            return Err(failure.to_string());
        }
        let stepped = step(&ledger, &mut applier, durable, log).await?;
        let pause = match &stepped {
            Some(applied) => {
                lapses.note(applied.lapses_at);
                if applied.records >= LARGE_BATCH { Duration::ZERO } else { PAUSE }
            }
            None => PAUSE_FAILED,
        };
        if cleared.elapsed() >= CLEARING_INTERVAL {
            clear(&ledger, log);
            cleared = Instant::now();
        }
        lapses.look(&ledger, database, wall_clock(), log).await;
        let has_more = reached.borrow().durable > applier.applied();
        let is_stopping = stop.is_cancelled();
        if is_stopping && !has_more && gateway.uncharged().charge(wall_clock()) == 0 {
            return Ok(());
        }
        if !has_more && !is_stopping {
            tokio::select! {
                () = stop.cancelled() => continue,
                changed = reached.changed() => if changed.is_err() { return Ok(()) },
                () = sleep(lapses.pause(CLEARING_INTERVAL)) => {}
            }
        }
        // What follows soon is taken together with what has come, unless somebody waits for it.
        let applied = applier.applied();
        tokio::select! {
            () = stop.cancelled(), if !is_stopping => {}
            _ = wanted.wait_for(|wanted| *wanted > applied), if stepped.is_some() => {}
            () = sleep(pause) => {}
        }
    }
}

/// Takes what is on the disk into the database; `None` where it failed.
async fn step(
    ledger: &Ledger,
    applier: &mut Applier,
    durable: Lsn,
    log: &Log,
) -> Result<Option<Applied>, String> {
    match applier.step(durable).await {
        Ok(applied) => {
            ledger.applied(&applied);
            if ledger.remote_is_back() {
                log.event(Level::Info, "the database has caught up: ends wait for it again", &[]);
            }
            Ok(Some(applied))
        }
        Err(ApplyError::Store(error)) => {
            log.event(
                Level::Warn,
                "the database cannot take the ledger; it is tried again",
                &[("reason", &error)],
            );
            Ok(None)
        }
        Err(fatal) => Err(fatal.to_string()),
    }
}

fn clear(ledger: &Ledger, log: &Log) {
    let before = domain::Timestamp(wall_clock().unix_ms() - KEPT_MS);
    if let Err(error) = ledger.journal().remove_applied(ledger.applied_to(), before) {
        log.event(Level::Warn, "old files of the journal cannot be removed", &[("reason", &error)]);
    }
}

fn tell_recovered(recovered: &Recovered, log: &Log) {
    if *recovered != Recovered::default() {
        log.event(
            Level::Info,
            "the ledger was brought up to date",
            &[
                ("records", &recovered.records),
                ("calls_settled", &recovered.settled),
                ("calls_voided", &recovered.voided),
                ("torn_bytes", &recovered.torn_bytes),
            ],
        );
    }
}

/// Where the ledger is, as it is configured.
pub(crate) fn options(settings: &LedgerSettings, data_dir: &Path) -> LedgerOptions {
    let sizes = JournalSizes {
        segment_bytes: settings.segment_bytes,
        journal_bytes_max: settings.journal_bytes_max,
        ..JournalSizes::default()
    };
    let slots = settings.slots_file.clone().unwrap_or_else(|| slots_place::usual(data_dir));
    LedgerOptions { sizes, slots, ..LedgerOptions::of(data_dir) }
}

/// What new organisations get, as it is configured.
pub(crate) fn sign_up_terms(settings: &AccountSettings) -> SignUpTerms {
    SignUpTerms {
        is_prepaid: settings.new_organisations == NewOrganisations::Prepaid,
        credit: settings.sign_up_credit,
        credit_days: settings.sign_up_credit_days,
        per_email_domain_max: settings.per_email_domain_max,
        per_ip_max: settings.per_ip_max,
    }
}
