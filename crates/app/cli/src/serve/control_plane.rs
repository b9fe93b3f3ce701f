//! The control runtime: admin calls from either port, signals, and the end. A slow answer here delays no caller.

use std::sync::Arc;

use admin::{Admin, AdminParts};
use anyhow::Result;
use bytes::Bytes;
use domain::Secret;
use gateway::{ControlCall, ControlCalls, Gateway, Workers, wall_clock};
use http_body_util::BodyExt;
use observe::{Level, Log};
use store::KeyDesk;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::notify;
use super::reload::Reloader;

/// What the control plane works with.
pub(super) struct ControlPlane {
    pub(super) gateway: Arc<Gateway>,
    pub(super) desk: Arc<KeyDesk>,
    pub(super) admin_key: Secret,
    pub(super) reloader: Reloader,
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
        let (log, reloader) = (self.log.clone(), self.reloader.clone());
        let admin = self.admin();
        let mut tasks = JoinSet::new();
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
                    let _ = tell_reload(&log, &reloader);
                }
                Some(_) = leaving.join_next() => break,
                Some(_) = tasks.join_next() => {}
            }
        }
        stopping.cancel();
        tasks.abort_all();
        Ok(())
    }

    fn admin(self) -> Admin {
        let Self { gateway, desk, admin_key, reloader, log } = self;
        Admin::new(AdminParts {
            key_desk: desk,
            admin_key,
            reload: Box::new(move || {
                let outcome = tell_reload(&log, &reloader);
                Box::pin(std::future::ready(outcome))
            }),
            health: Box::new(move || gateway.health()),
            clock: wall_clock,
        })
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

fn tell_reload(log: &Log, reloader: &Reloader) -> Result<admin::ReloadReport, Vec<String>> {
    let outcome = reloader.reload();
    match &outcome {
        Ok(report) => {
            let (changed, restart) = (report.changed.join(", "), report.needs_restart.join(", "));
            log.event(
                Level::Info,
                "configuration reloaded",
                &[("changed", &changed), ("needs_restart", &restart)],
            );
        }
        Err(problems) => {
            for problem in problems {
                log.event(
                    Level::Error,
                    "the new configuration is refused; the old one stays in force",
                    &[("problem", problem)],
                );
            }
        }
    }
    outcome
}

/// Answers one call that came by the data port.
async fn answer(admin: Admin, call: ControlCall) {
    let response = admin.answer(call.request).await;
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
