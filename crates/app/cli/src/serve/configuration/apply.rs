//! Putting a checked configuration in force: prepared whole, then swapped part by part. On any problem everything stays as
//! it was.

use std::sync::Arc;

use admin::ReloadReport;
use config::{Snapshot, Tls};
use gateway::{Certificate, CertificateHandle, Gateway, Serving};

use super::comparison::compare;
use crate::serve::alerting::SettingsSender;
use crate::serve::demo::with_demo;

/// The certificate of each listener, in the order of the configuration; plain ones have none.
pub(crate) type Certificates = Vec<Option<CertificateHandle>>;

/// What can be swapped in a running gateway.
pub(crate) struct Applier {
    gateway: Arc<Gateway>,
    certificates: Certificates,
    /// What each listener serves now, whatever the file has said since.
    served: Vec<Option<Tls>>,
    demo_url: Option<String>,
    alerts: SettingsSender,
    at_start: Snapshot,
    present: Snapshot,
}

impl Applier {
    pub(crate) fn new(
        gateway: Arc<Gateway>,
        certificates: Certificates,
        demo_url: Option<String>,
        present: Snapshot,
        alerts: SettingsSender,
    ) -> Self {
        let served = present.listeners.iter().map(|listener| listener.tls.clone()).collect();
        gateway.status().note_certificates(certificates.iter().flatten().cloned().collect());
        Self { gateway, certificates, served, demo_url, alerts, at_start: present.clone(), present }
    }

    /// What is in force.
    pub(super) const fn present(&self) -> &Snapshot {
        &self.present
    }

    /// Puts `next` in force. Returns what changed, or every problem.
    pub(super) fn apply(&mut self, mut next: Snapshot) -> Result<ReloadReport, Vec<String>> {
        if next.providers.is_empty() {
            let Some(url) = &self.demo_url else {
                return Err(vec![
                    "no provider is left; the demo provider starts with the process only".to_owned(),
                ]);
            };
            next = with_demo(next, url).map_err(|error| vec![format!("{error:#}")])?;
        }
        // Everything that can fail comes before anything is swapped.
        let certificates = self.new_certificates(&next)?;
        self.gateway.reload(|before| Serving::new(&next, Some(before))).map_err(|why| vec![why])?;
        let mut report = compare(&self.at_start, &self.present, &next);
        for (place, handle, certificate) in certificates {
            report.changed.push(format!("certificate of {}", handle.address()));
            handle.swap(certificate);
            self.served[place].clone_from(&next.listeners[place].tls);
        }
        self.alerts.send_replace(Arc::clone(&next.alerts));
        self.present = next;
        Ok(report)
    }

    /// New certificates for listeners that are open, ready to be swapped in. Listeners are told apart by their place: an
    /// address may have left its port to the system. One that the file gives another address keeps what it has.
    fn new_certificates(
        &self,
        next: &Snapshot,
    ) -> Result<Vec<(usize, CertificateHandle, Certificate)>, Vec<String>> {
        let mut ready = Vec::new();
        let open = self.at_start.listeners.iter().zip(&self.certificates).zip(&self.served);
        for (place, (((opened, handle), served), listener)) in open.zip(&next.listeners).enumerate() {
            let (Some(handle), Some(tls)) = (handle, &listener.tls) else { continue };
            if opened.address == listener.address && served.as_ref() != Some(tls) {
                ready.push((place, handle.clone(), Certificate::new(tls).map_err(|why| vec![why])?));
            }
        }
        Ok(ready)
    }
}
