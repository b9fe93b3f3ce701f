//! Providers of a data directory that no server uses: what is switched here holds from the next start.

use admin::{ProviderWish, SwitchRefusal};
use anyhow::{Context, Result, anyhow};
use gateway::Serving;
use serde_json::Value;
use store::{DataDir, SwitchDesk, SwitchPosition};

use crate::arguments::ProviderChange;
use crate::local_store::{ACTOR, LocalStore};
use crate::settings::{Settings, or_refused};
use crate::switching::switch;

/// Switches in an opened, locked data directory, and the providers that the next start will have.
pub(super) struct LocalProviders {
    local: LocalStore,
    desk: SwitchDesk,
    serving: Serving,
}

impl LocalProviders {
    pub(super) fn open(dir: &DataDir, settings: &Settings) -> Result<Self> {
        let snapshot = or_refused(settings.read().checked).context("no server runs here")?;
        // It is there already where a test has run before.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let serving = Serving::new(&snapshot, None).map_err(anyhow::Error::msg)?;
        let local = LocalStore::open(dir)?;
        let desk = local.runtime.block_on(SwitchDesk::open(Box::new(local.store.clone())))?;
        Ok(Self { local, desk, serving })
    }

    pub(super) fn list(&self) -> Value {
        let switches = self.local.runtime.block_on(self.desk.switches());
        self.serving.providers_shown(&switches)
    }

    pub(super) fn switch(&self, change: &ProviderChange, position: Option<SwitchPosition>) -> Result<Value> {
        let wish = ProviderWish {
            position,
            provider: change.provider.clone(),
            region: change.region.clone(),
            model: change.model.clone(),
            reason: change.reason.clone(),
            by: change.by.clone(),
            request_id: None,
        };
        let done = switch(&self.desk, &self.serving, wish, ACTOR, |_| {});
        match self.local.runtime.block_on(done) {
            Ok(switched) => Ok(switched.json(None)),
            Err(SwitchRefusal::Unknown(_, message)) => Err(anyhow!(
                "{message} (no server runs here, so the configuration was read: --config FILE names it)"
            )),
            Err(SwitchRefusal::Failed(error)) => Err(error.into()),
        }
    }
}
