//! What a database must do for switches. What an operator typed is checked before.

use std::fmt;

use domain::Timestamp;

use crate::audit::NewAuditEntry;
use crate::keys::Answer;

/// What a switch is for: a provider, and within it perhaps one region, one model, or both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SwitchScope {
    /// The provider's configured id.
    pub provider: String,
    /// One region of it; all if `None`.
    pub region: Option<String>,
    /// One model, by the provider's own name for it; all if `None`.
    pub model: Option<String>,
}

impl SwitchScope {
    /// Whether everything that `other` is for is also within this.
    pub fn holds(&self, other: &Self) -> bool {
        let is_within = |outer: &Option<String>, inner: &Option<String>| outer.is_none() || outer == inner;
        self.provider == other.provider
            && is_within(&self.region, &other.region)
            && is_within(&self.model, &other.model)
    }
}

impl fmt::Display for SwitchScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.provider)?;
        if let Some(region) = &self.region {
            write!(f, ", region {region}")?;
        }
        if let Some(model) = &self.model {
            write!(f, ", model {model}")?;
        }
        Ok(())
    }
}

/// How far somebody is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwitchPosition {
    /// No new calls; what runs ends by itself, and what only he can go on with goes on.
    Draining,
    /// No new attempts at all.
    Off,
}

impl SwitchPosition {
    /// As it is kept and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draining => "draining",
            Self::Off => "off",
        }
    }

    pub(super) fn of(name: &str) -> Option<Self> {
        [Self::Draining, Self::Off].into_iter().find(|position| position.name() == name)
    }
}

/// One switch that is not on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderSwitch {
    /// What it is for.
    pub scope: SwitchScope,
    /// How far it is taken out.
    pub position: SwitchPosition,
    /// Since when.
    pub since: Timestamp,
    /// Who said he did it.
    pub by: Option<String>,
    /// Why.
    pub reason: String,
}

/// The switches in a database. What it has answered to lasts.
pub trait SwitchRecords: Send + Sync {
    /// Puts these in the place of all that were kept, and adds the entry to the audit: both or none. Gives the entry's
    /// number.
    fn replace<'a>(&'a self, all: &'a [ProviderSwitch], entry: &'a NewAuditEntry) -> Answer<'a, i64>;

    /// Every switch that is not on, in the order of their scopes.
    fn switches(&self) -> Answer<'_, Vec<ProviderSwitch>>;
}
