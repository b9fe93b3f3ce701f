//! `bellwether serve`: puts everything together in order, runs until told to stop, and leaves in good order.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use config::Snapshot;
use domain::Secret;
use gateway::{
    BindFailure, BodyRoom, BoundListener, ControlCalls, ControlSender, Gateway, GatewayParts,
    InheritedSockets, RowInlet, Serving, wall_clock,
};
use observe::{Format, Level, Log, LogOptions, LogThread, Metrics, Sink};
use store::{AdminKey, DataDir, LockedDataDir, MasterKey, RunFile};
use tokio::net::TcpListener;

use crate::arguments::{DataOptions, ServeOptions};
use crate::environment;
use crate::serve::configuration::{Applier, Keeper, KeeperParts};
use crate::serve::control_plane::{ControlPlane, Signals};
use crate::serve::keepers::Keepers;
use crate::serve::key_checks::KeyChecks;
use crate::serve::stored::{self, Stored, Vault};
use crate::serve::{banner, demo, money, nofile, notify, taken_port};
use crate::settings::{Reading, Settings, or_refused};

/// Log batches on their way to the writer.
const LOG_BATCHES_MAX: usize = 64;
/// This process among those that share a database; one until there can be more.
const NODE: u16 = 0;

/// Serves until a signal says stop.
pub(crate) fn serve(data: &DataOptions, options: ServeOptions) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the control runtime")?;
    let done = runtime.block_on(run(data, options));
    // After a second interrupt workers are still leaving on a thread of this runtime: nobody waits for them.
    runtime.shutdown_background();
    done
}

async fn run(data: &DataOptions, options: ServeOptions) -> Result<()> {
    // Before anything that starts a thread.
    let mut inherited = InheritedSockets::from_environment().context("what the service manager passed")?;
    // Cannot fail: it is the first use. Needed by every TLS listener and line.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let descriptors_max = nofile::raise();
    let settings = Settings::new(data, options);
    let Reading { text, checked, seen } = settings.read();
    let snapshot = or_refused(checked)?;
    let dir = DataDir::create(environment::data_dir(data)?)?.lock()?;
    let secrets = Secrets::read(&dir)?;
    let listeners = bind_all(&snapshot, &mut inherited)?;
    let admin_listener = bind_admin(&snapshot, &mut inherited)?;
    refuse_unused(&inherited, |_| true)?;
    let vault = Vault::open(&dir, &secrets.master).await?;
    let settings = settings.with_secrets(vault.secrets.clone());
    let snapshot = with_stored_secrets(snapshot, text.as_deref(), &settings)?;
    let (snapshot, demo) = demo::with_demo_if_empty(snapshot).await?;
    let (money_inlet, money_outlet) = money::money_way();
    let stored = Stored::open(vault, (&secrets.master, dir.path()), &snapshot, money_inlet).await?;

    let (log, log_thread) = start_log(&snapshot)?;
    let (sender, control_calls) = ControlCalls::queue();
    let (rows, row_outlet) = gateway::row_queue();
    let made =
        Made { snapshot: &snapshot, stored: &stored, log: &log, data_dir: dir.path(), descriptors_max };
    let gateway = made.gateway(sender, rows).await?;
    let (keepers, money_failures) = Keepers::start(&gateway, &stored, (row_outlet, money_outlet), &log);

    // Whoever knows that we are ready may ask us to stop or to reload at once.
    let signals = Signals::hear()?;
    let certificates = listeners.iter().map(BoundListener::certificate).collect();
    let urls: Vec<String> = listeners.iter().map(BoundListener::url).collect();
    let workers = gateway::start_workers(&gateway, listeners).context("cannot start a worker")?;
    let admin_url = admin_url(admin_listener.as_ref(), &urls)?;
    let run_file = RunFile::write(&dir, urls.clone(), admin_url, wall_clock())?;
    banner::print(&banner::Facts {
        urls: &urls,
        first_key: stored.first_key.as_ref(),
        snapshot: &snapshot,
        settings: &settings,
        data_dir: dir.path(),
        database: &stored.place,
        descriptors_max,
    });
    tell_notes(&snapshot, &[&*secrets.notes, &*stored.notes].concat(), &gateway, &log);
    notify::tell("READY=1");
    log.event(Level::Info, "ready", &[("url", &urls[0]), ("epoch", &stored.epoch)]);

    let key_checks = Arc::new(KeyChecks::new());
    key_checks.want();
    let demo_url = demo.as_ref().map(demo::demo_url);
    let keeper = Keeper::new(KeeperParts {
        settings,
        applier: Applier::new(gateway.clone(), certificates, demo_url, snapshot, stored.alerts.settings()),
        gateway: gateway.clone(),
        shelf: stored.shelf(&secrets.master),
        prices: stored.prices.clone(),
        secrets: stored.secrets.clone(),
        audit: Arc::new(stored.database.clone()),
        log: log.clone(),
        key_checks: key_checks.clone(),
        text,
        seen,
    });
    let plane = ControlPlane {
        gateway: gateway.clone(),
        records: stored.records(),
        desk: stored.keys,
        switch_desk: stored.switches,
        prices: stored.prices,
        secret_desk: stored.secrets,
        accounts: stored.accounts,
        money_in: stored.money_in,
        verifier: stored.verifier,
        budgets: stored.budgets,
        limits: stored.limits,
        alerts: stored.alerts,
        money_failures,
        admin_key: secrets.admin,
        tenancy: stored.tenancy,
        keeper,
        key_checks,
        log: log.clone(),
    };
    plane.run(control_calls, admin_listener, workers, signals).await?;

    // In the reverse order of the start: whoever uses a thing ends before it.
    drop(run_file);
    stored.answers.close().await;
    keepers.stop().await;
    if let Some(demo) = demo {
        demo.stop().await;
    }
    stored::close(&stored.requests, &stored.database).await;
    log.event(Level::Info, "stopped", &[]);
    drop((gateway, log));
    log_thread.stop();
    Ok(())
}

/// What a gateway is made of.
struct Made<'a> {
    snapshot: &'a Snapshot,
    stored: &'a Stored,
    log: &'a Log,
    data_dir: &'a Path,
    descriptors_max: Option<u64>,
}

impl Made<'_> {
    async fn gateway(&self, control: ControlSender, rows: RowInlet) -> Result<Arc<Gateway>> {
        let Self { snapshot, stored, log, .. } = self;
        let workers = worker_count(snapshot);
        let metrics = Metrics::new(snapshot.service.clone(), workers);
        metrics.watch_log(Arc::clone(log.counts()));
        let gateway = Gateway::new(GatewayParts {
            serving: Serving::new(snapshot, None).map_err(anyhow::Error::msg)?,
            keys: stored.keys.directory(),
            hasher: stored.keys.hasher(),
            metrics,
            log: (*log).clone(),
            workers,
            epoch: stored.epoch,
            node: NODE,
            caller_desk: Some(control.clone()),
            control: snapshot.admin_listen.is_none().then_some(control),
            body_room: body_room(snapshot, self.data_dir)?,
            descriptors_max: self.descriptors_max,
            switches: stored.switches.switches().await,
            answers: Some(stored.answers.clone()),
            rows: Some(rows),
        });
        let pricing = gateway.clone();
        stored.prices.hear(move |book| pricing.set_prices(book));
        let paying = gateway.clone();
        stored.accounts.hear(move |payers| paying.set_payers(payers));
        let limiting = gateway.clone();
        stored.budgets.hear(move |budgets| limiting.set_budgets(budgets));
        let pacing = gateway.clone();
        stored.limits.hear(move |limits| pacing.set_limits(limits));
        Ok(gateway)
    }
}

/// The configuration once more where it names secrets: it was known to be good but for these, and the store is open now.
fn with_stored_secrets(snapshot: Snapshot, text: Option<&str>, settings: &Settings) -> Result<Snapshot> {
    match text {
        Some(text) if !snapshot.secret_uses.is_empty() => or_refused(settings.check_text(text)),
        _ => Ok(snapshot),
    }
}

/// What an operator should know of this start. What was switched off before is off: whoever wonders finds it in the log.
fn tell_notes(snapshot: &Snapshot, notes: &[String], gateway: &Gateway, log: &Log) {
    for note in snapshot.notes.iter().chain(notes) {
        log.event(Level::Warn, note, &[]);
    }
    for switch in gateway.switches().iter() {
        let (state, since) = (switch.position.name(), switch.since.rfc3339());
        let fields: [(&str, &dyn Display); 4] =
            [("provider", &switch.scope), ("state", &state), ("since", &since), ("reason", &switch.reason)];
        log.event(Level::Warn, "a provider is switched by an operator", &fields);
    }
}

/// The secrets of the installation.
struct Secrets {
    master: MasterKey,
    admin: Secret,
    notes: Vec<String>,
}

impl Secrets {
    fn read(dir: &LockedDataDir) -> Result<Self> {
        let (master, master_note) = match environment::secret("BELLWETHER_MASTER_KEY")? {
            Some(text) => (MasterKey::from_text(&text).context("BELLWETHER_MASTER_KEY")?, None),
            None => MasterKey::from_data_dir(dir)?,
        };
        let (admin, admin_note) = match environment::secret("BELLWETHER_ADMIN_KEY")? {
            Some(text) => (AdminKey::from_text(&text).context("BELLWETHER_ADMIN_KEY")?, None),
            None => AdminKey::from_data_dir(dir)?,
        };
        Ok(Self {
            master,
            admin: admin.into_secret(),
            notes: master_note.into_iter().chain(admin_note).collect(),
        })
    }
}

/// Where bodies lie. A directory that takes no file is better told now than with the first upload.
fn body_room(snapshot: &Snapshot, data_dir: &Path) -> Result<BodyRoom> {
    let spool_dir = snapshot.spool_dir.clone().unwrap_or_else(|| data_dir.to_owned());
    gateway::try_spool_dir(&spool_dir)
        .with_context(|| format!("spool_dir: cannot make files in {}", spool_dir.display()))?;
    let limits = &snapshot.limits;
    Ok(BodyRoom {
        memory_bytes_max: limits.body_memory_bytes_max,
        spool_dir,
        spool_bytes_max: limits.spool_bytes_max,
    })
}

fn bind_all(snapshot: &Snapshot, inherited: &mut InheritedSockets) -> Result<Vec<BoundListener>> {
    snapshot
        .listeners
        .iter()
        .map(|listener| match gateway::bind(listener, inherited) {
            Ok(bound) => Ok(bound),
            Err(BindFailure::Taken(address)) => {
                refuse_unused(inherited, |unused| unused.port() == address.port())?;
                bail!(
                    "{address} is taken by another process; try:\n  {}",
                    taken_port::command_with_free_port(address)
                )
            }
            Err(failure) => Err(failure.into()),
        })
        .collect()
}

/// The address of the admin API, where it has one of its own.
fn bind_admin(snapshot: &Snapshot, inherited: &mut InheritedSockets) -> Result<Option<TcpListener>> {
    let Some(address) = snapshot.admin_listen else { return Ok(None) };
    let bound = match gateway::bind_or_inherit(address, inherited) {
        Ok(bound) => bound,
        Err(BindFailure::Taken(address)) => bail!(
            "{address} (admin.listen) is taken by another process; a free one is {}",
            taken_port::free_address(address)
        ),
        Err(failure) => return Err(failure.into()),
    };
    Ok(Some(TcpListener::from_std(bound)?))
}

/// Where commands find the admin API.
fn admin_url(own: Option<&TcpListener>, callers: &[String]) -> Result<String> {
    Ok(match own {
        Some(listener) => format!("http://{}", listener.local_addr()?),
        None => callers[0].clone(),
    })
}

/// A socket that callers can connect to and that nobody answers is worse than none.
fn refuse_unused(inherited: &InheritedSockets, concerns: impl Fn(&SocketAddr) -> bool) -> Result<()> {
    let Some(address) = inherited.unused().find(concerns) else { return Ok(()) };
    bail!(
        "the service manager passed a socket on {address}, and no listener has that address; \
         write it under listeners, or say --listen {address}"
    )
}

fn start_log(snapshot: &Snapshot) -> Result<(Log, LogThread)> {
    use std::io::IsTerminal;

    let sink = snapshot.log.file.clone().map_or(Sink::Stderr, Sink::File);
    let is_watched = snapshot.log.file.is_none() && std::io::stderr().is_terminal();
    let format = match snapshot.log.format {
        Some(config::LogFormat::Json) => Format::Json,
        Some(config::LogFormat::Pretty) => Format::Pretty,
        None if is_watched => Format::Pretty,
        None => Format::Json,
    };
    let place =
        snapshot.log.file.as_ref().map_or("standard error".to_owned(), |file| file.display().to_string());
    let options = LogOptions { format, sink, queue_batches_max: LOG_BATCHES_MAX, now: wall_clock };
    Log::start(&options).with_context(|| format!("cannot write the log to {place}"))
}

fn worker_count(snapshot: &Snapshot) -> usize {
    snapshot
        .workers
        .map_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get), usize::from)
}
