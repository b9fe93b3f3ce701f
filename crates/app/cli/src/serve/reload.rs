//! Taking a new configuration: checked whole, then swapped part by part. On any problem everything stays as it was.

use std::sync::{Arc, Mutex, PoisonError};

use admin::ReloadReport;
use config::Snapshot;
use gateway::{Certificate, CertificateHandle, Gateway, Serving};

use super::settings::{Settings, with_demo};

/// The certificate of each listener, in the order of the configuration; plain ones have none.
pub(super) type Certificates = Vec<Option<CertificateHandle>>;

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
        // Everything that can fail comes before anything is swapped.
        let certificates = self.new_certificates(&present, &next)?;
        let label = next.metrics.provider_label.clone();
        self.gateway
            .reload(label.as_deref(), |before| Serving::new(&next, Some(before)))
            .map_err(|why| vec![why])?;
        let mut report = compare(&present, &next);
        for (handle, certificate) in certificates {
            report.changed.push(format!("certificate of {}", handle.address()));
            handle.swap(certificate);
        }
        *present = next;
        Ok(report)
    }

    /// New certificates for listeners that stay, ready to be swapped in. Listeners are told apart by their place: an
    /// address may have left its port to the system.
    fn new_certificates(
        &self,
        present: &Snapshot,
        next: &Snapshot,
    ) -> Result<Vec<(&CertificateHandle, Certificate)>, Vec<String>> {
        let mut ready = Vec::new();
        for ((before, listener), handle) in
            present.listeners.iter().zip(&next.listeners).zip(self.certificates.iter())
        {
            let (Some(handle), Some(tls)) = (handle, &listener.tls) else { continue };
            if before.address == listener.address && before.tls.as_ref() != Some(tls) {
                ready.push((handle, Certificate::new(tls).map_err(|why| vec![why])?));
            }
        }
        Ok(ready)
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
        (
            "limits.body_memory_bytes_max",
            before.limits.body_memory_bytes_max != next.limits.body_memory_bytes_max,
        ),
    ];
    let named = |rows: &[(&str, bool)]| {
        rows.iter().filter(|(_, differs)| *differs).map(|(name, _)| (*name).to_owned()).collect()
    };
    ReloadReport { changed: named(&in_force), needs_restart: named(&at_start) }
}
