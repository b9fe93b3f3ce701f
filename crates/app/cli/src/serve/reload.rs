//! Taking a new configuration: checked whole, then swapped part by part. On any problem everything stays as it was.

use std::sync::{Arc, Mutex, PoisonError};

use admin::ReloadReport;
use config::Snapshot;
use gateway::{Gateway, Serving};

use super::Certificates;
use super::settings::{Settings, with_demo};

/// Reloads a running gateway.
#[derive(Clone)]
pub(super) struct Reloader {
    settings: Settings,
    gateway: Arc<Gateway>,
    certificates: Arc<Certificates>,
    demo_url: Option<String>,
    /// What is in force; its lock also puts reloads in a row.
    present: Arc<Mutex<Snapshot>>,
}

impl Reloader {
    pub(super) fn new(
        settings: Settings,
        present: Snapshot,
        gateway: Arc<Gateway>,
        certificates: Certificates,
        demo_url: Option<String>,
    ) -> Self {
        Self {
            settings,
            gateway,
            certificates: Arc::new(certificates),
            demo_url,
            present: Arc::new(Mutex::new(present)),
        }
    }

    /// Reads everything anew. Returns what changed, or every problem.
    pub(super) fn reload(&self) -> Result<ReloadReport, Vec<String>> {
        // A snapshot is replaced whole, so a panic elsewhere cannot have left it half done.
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        let checked = self.settings.check().map_err(|error| vec![format!("{error:#}")])?;
        let mut next =
            checked.map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        if next.providers.is_empty() {
            let Some(url) = &self.demo_url else {
                return Err(vec![
                    "no provider is left; the demo provider starts with the process only".to_owned(),
                ]);
            };
            next = with_demo(next, url).map_err(|error| vec![format!("{error:#}")])?;
        }
        let label = next.metrics.provider_label.clone();
        self.gateway
            .reload(label.as_deref(), |before| Serving::new(&next, Some(before)))
            .map_err(|why| vec![why])?;
        let mut report = compare(&present, &next);
        report.changed.extend(self.swap_certificates(&present, &next)?);
        *present = next;
        Ok(report)
    }

    /// New certificates for listeners that stay.
    fn swap_certificates(&self, present: &Snapshot, next: &Snapshot) -> Result<Vec<String>, Vec<String>> {
        let mut swapped = Vec::new();
        for listener in &next.listeners {
            let before = present.listeners.iter().find(|before| before.address == listener.address);
            let (Some(before), Some(tls)) = (before, &listener.tls) else { continue };
            let place = self.certificates.iter().find(|(address, _)| *address == listener.address);
            if before.tls.as_ref() != Some(tls)
                && let Some((address, certificate)) = place
            {
                certificate.swap(tls).map_err(|why| vec![why])?;
                swapped.push(format!("certificate of {address}"));
            }
        }
        Ok(swapped)
    }
}

/// Which sections differ, and which of them count from the next start only.
fn compare(before: &Snapshot, next: &Snapshot) -> ReloadReport {
    let addresses = |snapshot: &Snapshot| {
        snapshot.listeners.iter().map(|l| (l.address, l.tls.is_some())).collect::<Vec<_>>()
    };
    let listed =
        |snapshot: &Snapshot| snapshot.routes.listed().map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
    let in_force = [
        ("providers", before.providers != next.providers),
        ("models", listed(before) != listed(next)),
        ("limits", before.limits != next.limits),
        ("timeouts", before.timeouts != next.timeouts),
        ("errors", before.errors != next.errors),
        ("metrics", before.metrics != next.metrics),
        ("region", before.region != next.region),
        ("public_url", before.public_url != next.public_url),
    ];
    let at_start = [
        ("listeners", addresses(before) != addresses(next)),
        ("admin.listen", before.admin_listen != next.admin_listen),
        ("workers", before.workers != next.workers),
        ("service", before.service != next.service),
        ("keys", before.keys != next.keys),
        ("log", before.log != next.log),
    ];
    let named = |rows: &[(&str, bool)]| {
        rows.iter().filter(|(_, differs)| *differs).map(|(name, _)| (*name).to_owned()).collect()
    };
    ReloadReport { changed: named(&in_force), needs_restart: named(&at_start) }
}
