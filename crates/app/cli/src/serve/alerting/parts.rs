//! What alerts are made of: where they are kept, the settings in force, and the channels.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use alerts::{Address, Channel, Rule, Severity, Way};
use anyhow::Result;
use config::{AlertSettings, LowBalance, Snapshot};
use gateway::wall_clock;
use store::{AlertDesk, Database};
use tokio::sync::watch;

/// The channel that `accounts.low_balance_webhook` is.
const LOW_BALANCE: &str = "accounts.low_balance_webhook";

/// Channels that took a test since the last look, by name.
pub(super) type Proven = RefCell<BTreeSet<String>>;

/// The way for new settings.
pub(crate) type SettingsSender = Arc<watch::Sender<Arc<AlertSettings>>>;

/// What alerts are made of.
pub(crate) struct Alerting {
    pub(super) desk: Arc<AlertDesk>,
    settings: SettingsSender,
    /// Read at the start, as all of `accounts` is.
    low_balance: Option<Channel>,
    pub(super) service: String,
}

impl Alerting {
    pub(crate) async fn open(database: &Database, snapshot: &Snapshot) -> Result<Self> {
        Ok(Self {
            desk: Arc::new(AlertDesk::open(database.clone(), wall_clock()).await?),
            settings: Arc::new(watch::Sender::new(Arc::clone(&snapshot.alerts))),
            low_balance: snapshot.accounts.low_balance.clone().map(low_balance),
            service: snapshot.service.clone(),
        })
    }

    /// Where alerts are kept.
    pub(crate) fn desk(&self) -> Arc<AlertDesk> {
        Arc::clone(&self.desk)
    }

    /// The way for new settings.
    pub(crate) fn settings(&self) -> SettingsSender {
        Arc::clone(&self.settings)
    }

    /// The settings in force.
    pub(super) fn present(&self) -> Arc<AlertSettings> {
        Arc::clone(&self.settings.borrow())
    }

    /// Where alerts are told at present.
    pub(super) fn channels(&self) -> Vec<Channel> {
        self.present().channels().chain(&self.low_balance).cloned().collect()
    }
}

fn low_balance(configured: LowBalance) -> Channel {
    Channel {
        name: LOW_BALANCE.to_owned(),
        way: Way::LowBalance { address: Address::from(configured.url), secret: configured.secret.secret },
        severity_min: Severity::Info,
        rules: vec![Rule::Balance],
        is_public_only: false,
    }
}
