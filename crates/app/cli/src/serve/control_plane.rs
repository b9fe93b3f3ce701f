//! The control runtime: admin calls from either port, signals, and the end. A slow answer here delays no caller.

use std::pin::pin;
use std::sync::Arc;

use admin::{Admin, AdminParts, AlertChannels, Caller, ConfigAsk, ConfigDesk, LimitView, ReportRules};
use anyhow::{Result, bail};
use bytes::Bytes;
use domain::Secret;
use gateway::{ControlCall, ControlCalls, Gateway, ProvenCaller, Workers, wall_clock};
use http_body_util::BodyExt;
use observe::{Level, Log};
use store::{
    AccountDesk, BudgetDesk, KeyDesk, LedgerVerifier, LimitDesk, PriceDesk, SecretDesk, SwitchDesk,
    TenancyDesk, Who,
};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::alerting::{self, Alerting, Surroundings};
use super::configuration::Keeper;
use super::key_checks::KeyChecks;
use super::money::Failures;
use super::stored::{MoneyIn, Records};
use super::{cache_desk, notify, provider_desk, state_desk};

/// What the control plane works with.
pub(super) struct ControlPlane {
    pub(super) gateway: Arc<Gateway>,
    pub(super) desk: Arc<KeyDesk>,
    pub(super) switch_desk: Arc<SwitchDesk>,
    pub(super) prices: Arc<PriceDesk>,
    pub(super) secret_desk: Arc<SecretDesk>,
    pub(super) records: Records,
    pub(super) accounts: Arc<AccountDesk>,
    pub(super) money_in: MoneyIn,
    pub(super) verifier: LedgerVerifier,
    pub(super) budgets: Arc<BudgetDesk>,
    pub(super) limits: Arc<LimitDesk>,
    pub(super) alerts: Alerting,
    /// Told once, if at all.
    pub(super) money_failures: Failures,
    pub(super) admin_key: Secret,
    pub(super) tenancy: Arc<TenancyDesk>,
    pub(super) keeper: Keeper,
    /// Told when the providers' keys are to be tried.
    pub(super) key_checks: Arc<KeyChecks>,
    pub(super) log: Log,
}

/// The signals that are heard, from the moment that this is made: those that come before they are looked at wait.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    pub(super) fn hear() -> Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }
}

impl ControlPlane {
    /// Runs until a signal says stop and all workers have left.
    pub(super) async fn run(
        self,
        mut calls: ControlCalls,
        admin_listener: Option<TcpListener>,
        workers: Workers,
        mut signals: Signals,
    ) -> Result<()> {
        let (config, asks) = ConfigDesk::queue();
        let (channels, alert_asks) = AlertChannels::queue();
        let admin = self.make_admin(config.clone(), channels);
        let Self { gateway, desk, keeper, key_checks, budgets, alerts, log, mut money_failures, .. } = self;
        let mut tasks = JoinSet::new();
        tasks.spawn(keeper.run(asks));
        let mut keys = pin!(super::key_checks::run(&gateway, &key_checks, &log));
        let mut uses = pin!(super::key_uses::keep(&desk, &log));
        let mut probes = pin!(gateway::probe_lines(&gateway));
        let mut paid_probes = pin!(gateway::probe_models(&gateway));
        let around = Surroundings { gateway: gateway.clone(), budgets, log: log.clone() };
        let mut alerts = pin!(alerting::run(alerts, around, alert_asks));
        let stopping = CancellationToken::new();
        if let Some(listener) = admin_listener {
            let (admin, stopping) = (admin.clone(), stopping.clone());
            tasks.spawn(async move { admin.serve(listener, stopping).await });
        }
        let mut workers = Some(workers);
        let mut leaving = JoinSet::new();
        loop {
            tokio::select! {
                Some(call) = calls.next() => {
                    tasks.spawn(answer(admin.clone(), call));
                }
                _ = signals.terminate.recv() => begin_stop(&log, &mut workers, &mut leaving),
                _ = signals.interrupt.recv() => {
                    if workers.is_none() {
                        log.event(Level::Warn, "stopping at once: the second interrupt", &[]);
                        break;
                    }
                    begin_stop(&log, &mut workers, &mut leaving);
                }
                _ = signals.hang_up.recv() => {
                    log.event(Level::Info, "reloading on SIGHUP", &[]);
                    // The same signal tells that the log file was moved away.
                    log.reopen();
                    let config = config.clone();
                    tasks.spawn(async move {
                        // What comes of it is in the log.
                        let who = Who { actor: "SIGHUP", by: None, request_id: None };
                        let _ = config.ask(|reply| ConfigAsk::Reload("SIGHUP", who, reply)).await;
                    });
                }
                // At once: what callers were told from here on would not last.
                Some(why) = money_failures.recv() => bail!(why),
                () = &mut keys => {}
                () = &mut uses => {}
                () = &mut probes => {}
                () = &mut paid_probes => {}
                () = &mut alerts => {}
                Some(_) = leaving.join_next() => break,
                Some(_) = tasks.join_next() => {}
            }
        }
        stopping.cancel();
        tasks.abort_all();
        super::key_uses::keep_last(&desk, &log).await;
        Ok(())
    }

    fn make_admin(&self, config: ConfigDesk, alert_channels: AlertChannels) -> Admin {
        let (explaining, reporting) = (self.gateway.clone(), self.gateway.clone());
        Admin::new(AdminParts {
            key_desk: self.desk.clone(),
            admin_key: self.admin_key.clone(),
            operator: "admin key",
            tenancy: self.tenancy.clone(),
            config,
            providers: provider_desk::open(
                &self.gateway,
                self.switch_desk.clone(),
                &self.key_checks,
                &self.log,
            ),
            cache: cache_desk::open(&self.gateway, &self.log),
            prices: self.prices.clone(),
            audit: self.records.audit.clone(),
            requests: self.records.requests.clone(),
            reports: self.records.reports.clone(),
            report_rules: Box::new(move || {
                let rules = reporting.reports();
                let (keep_hours_days, market_rates) = (rules.keep_hours_days, rules.market_rates);
                ReportRules { keep_hours_days, market_rates, kinds: reporting.provider_kinds() }
            }),
            accounts: self.accounts.clone(),
            vouchers: self.money_in.vouchers.clone(),
            orders: self.money_in.orders.clone(),
            sign_ups: self.money_in.sign_ups.clone(),
            verifier: self.verifier.clone(),
            budgets: self.budgets.clone(),
            limits: self.limits.clone(),
            limit_view: limit_view(&self.gateway),
            alerts: self.alerts.desk(),
            alert_channels,
            secrets: self.secret_desk.clone(),
            state: state_desk::open(&self.gateway),
            explain: Box::new(move |question| explaining.explain(question)),
            clock: wall_clock,
        })
    }
}

/// Plans as they are configured, and what is left as the gateway counts it.
fn limit_view(gateway: &Arc<Gateway>) -> LimitView {
    let (plans, rooms) = (gateway.clone(), gateway.clone());
    LimitView {
        plans: Box::new(move || plans.limit_plans()),
        rooms: Box::new(move |entry| rooms.limit_rooms(entry)),
    }
}

/// Workers leave on a thread of their own, so that health and admin go on answering while streams end.
fn begin_stop(log: &Log, workers: &mut Option<Workers>, leaving: &mut JoinSet<()>) {
    if let Some(workers) = workers.take() {
        notify::tell("STOPPING=1");
        log.event(Level::Info, "stopping: no new connections, open calls end", &[]);
        leaving.spawn_blocking(move || workers.stop());
    }
}

/// Answers one call that came by the data port.
async fn answer(admin: Admin, call: ControlCall) {
    // Only a worker that has looked at a caller's key names him; nothing in a request can.
    let mut request = call.request;
    if let Some(gateway::FromAddress(address)) = request.extensions_mut().remove() {
        request.extensions_mut().insert(admin::FromAddress(address));
    }
    let response = match request.extensions_mut().remove::<ProvenCaller>() {
        Some(ProvenCaller { key, address }) => admin.answer_caller(Caller { key, address }, request).await,
        None => admin.answer(request).await,
    };
    let (head, mut body) = response.into_parts();
    let Some(pieces) = call.answer.begin(head) else { return };
    while let Some(Ok(frame)) = body.frame().await {
        let Ok(piece) = frame.into_data() else { continue };
        if send(&pieces, piece).await.is_err() {
            return;
        }
    }
}

async fn send(pieces: &tokio::sync::mpsc::Sender<Bytes>, piece: Bytes) -> Result<(), ()> {
    if piece.is_empty() { Ok(()) } else { pieces.send(piece).await.map_err(drop) }
}
