//! Where switches are changed: checks the wish, has it put in force, then has the database keep it. Control side only.

use domain::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::contract::{ProviderSwitch, SwitchPosition, SwitchRecords, SwitchScope};
use crate::audit::NewAuditEntry;
use crate::error::StoreError;
use crate::who::Who;
use crate::words::line;

/// Longest reason.
pub const SWITCH_REASON_CHARS_MAX: usize = 500;
/// Longest name of who did it.
pub const SWITCH_NAME_CHARS_MAX: usize = 100;
/// Most switches that are not on at once.
pub const SWITCHES_MAX: usize = 1000;

/// Changes switches.
pub struct SwitchDesk {
    records: Box<dyn SwitchRecords>,
    /// Held over a change: of two at once, memory and database end with the same.
    present: Mutex<Present>,
}

struct Present {
    /// As they are in force.
    switches: Vec<ProviderSwitch>,
    /// Whether the database has them so.
    are_kept: bool,
}

/// A change somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchWish {
    /// Of what; that it exists was checked.
    pub scope: SwitchScope,
    /// How far to take it out; `None` puts it back, with all that is within it.
    pub position: Option<SwitchPosition>,
    /// Why.
    pub reason: String,
    /// By whom.
    pub who: Who,
}

/// What a change did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switched {
    /// What it was for.
    pub scope: SwitchScope,
    /// The switches that it replaced or put back.
    pub before: Vec<ProviderSwitch>,
    /// The switches that hold here now; also wider ones.
    pub after: Vec<ProviderSwitch>,
    /// Its number in the audit.
    pub audit: i64,
}

/// Why a switch was not changed. Nothing has changed then, unless it says so.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    /// No reason, too long a one, or one that would garble a listing.
    #[error("a reason must be 1 to 500 characters without control characters, and not only spaces")]
    BadReason,
    /// A name that would garble a listing.
    #[error("the name of who does it must be 1 to 100 characters without control characters")]
    BadName,
    /// There are too many already.
    #[error("there are {SWITCHES_MAX} switches already; enable what need not be off any more")]
    TooMany,
    /// It is on.
    #[error("{0} is not switched off{hint}", hint = wider(.1))]
    NotOff(SwitchScope, Option<Box<ProviderSwitch>>),
    /// The database failed after the change was in force.
    #[error("{0} is switched from now on, but a restart would forget it: {1}; do it again")]
    NotKept(SwitchScope, StoreError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn wider(switch: &Option<Box<ProviderSwitch>>) -> String {
    let Some(ProviderSwitch { scope, position, .. }) = switch.as_deref() else { return String::new() };
    format!(" by itself: it is {} with {scope}, which can be enabled", position.name())
}

impl SwitchDesk {
    /// Reads all switches and opens the desk.
    pub async fn open(records: Box<dyn SwitchRecords>) -> Result<Self, StoreError> {
        let present = Present { switches: records.switches().await?, are_kept: true };
        Ok(Self { records, present: Mutex::new(present) })
    }

    /// Every switch that is not on, in the order of their scopes.
    pub async fn switches(&self) -> Vec<ProviderSwitch> {
        self.present.lock().await.switches.clone()
    }

    /// Makes a change. `put_in_force` gets all switches as they are then, before the database is asked: an outage does not
    /// wait for a disk.
    pub async fn change(
        &self,
        wish: SwitchWish,
        now: Timestamp,
        put_in_force: impl FnOnce(&[ProviderSwitch]),
    ) -> Result<Switched, SwitchError> {
        let reason = line(&wish.reason, SWITCH_REASON_CHARS_MAX).ok_or(SwitchError::BadReason)?;
        let by = match &wish.who.by {
            None => None,
            Some(name) => Some(line(name, SWITCH_NAME_CHARS_MAX).ok_or(SwitchError::BadName)?),
        };
        let mut present = self.present.lock().await;
        let SwitchWish { scope, position, who, .. } = wish;
        let goes = |known: &ProviderSwitch| match position {
            Some(_) => known.scope == scope,
            None => scope.holds(&known.scope),
        };
        let (before, mut next): (Vec<_>, Vec<_>) = present.switches.iter().cloned().partition(goes);
        let set = position.map(|position| {
            let (scope, by, reason) = (scope.clone(), by.clone(), reason.clone());
            ProviderSwitch { scope, position, since: now, by, reason }
        });
        if set.is_none() && before.is_empty() && present.are_kept {
            let wider = next.into_iter().find(|known| known.scope.holds(&scope));
            return Err(SwitchError::NotOff(scope, wider.map(Box::new)));
        }
        next.extend(set.clone());
        next.sort_by(|left, right| left.scope.cmp(&right.scope));
        if next.len() > SWITCHES_MAX {
            return Err(SwitchError::TooMany);
        }
        put_in_force(&next);
        *present = Present { switches: next, are_kept: false };
        let entry = NewAuditEntry {
            at: now,
            actor: who.actor,
            by,
            action: action(position),
            subject: scope.to_string(),
            organisation: None,
            before: shown(&before),
            after: shown(set.as_slice()),
            reason,
            request_id: who.request_id,
        };
        let audit = match self.records.replace(&present.switches, &entry).await {
            Ok(number) => number,
            Err(source) => return Err(SwitchError::NotKept(scope, source)),
        };
        present.are_kept = true;
        let after = present.switches.iter().filter(|known| known.scope.holds(&scope)).cloned().collect();
        Ok(Switched { scope, before, after, audit })
    }
}

impl Switched {
    /// How its scope stands now; a wider switch may still hold.
    pub fn state(&self) -> &'static str {
        let positions = self.after.iter().map(|switch| switch.position);
        let strictest = positions.max_by_key(|position| *position == SwitchPosition::Off);
        strictest.map_or("on", SwitchPosition::name)
    }

    /// As it is shown, with what still runs there, if that is known.
    pub fn json(&self, running: Option<u32>) -> Value {
        json!({
            "provider": self.scope.provider,
            "region": self.scope.region,
            "model": self.scope.model,
            "state": self.state(),
            "running": running,
            "before": self.before.iter().map(ProviderSwitch::json).collect::<Vec<_>>(),
            "after": self.after.iter().map(ProviderSwitch::json).collect::<Vec<_>>(),
            "audit": self.audit,
        })
    }
}

impl std::fmt::Debug for SwitchDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SwitchDesk").finish_non_exhaustive()
    }
}

impl ProviderSwitch {
    /// As it is shown.
    pub fn json(&self) -> Value {
        json!({
            "provider": self.scope.provider,
            "region": self.scope.region,
            "model": self.scope.model,
            "position": self.position.name(),
            "since": self.since.rfc3339(),
            "by": self.by,
            "reason": self.reason,
        })
    }
}

const fn action(position: Option<SwitchPosition>) -> &'static str {
    match position {
        Some(SwitchPosition::Off) => "provider.disable",
        Some(SwitchPosition::Draining) => "provider.drain",
        None => "provider.enable",
    }
}

fn shown(switches: &[ProviderSwitch]) -> String {
    Value::from_iter(switches.iter().map(ProviderSwitch::json)).to_string()
}

#[cfg(test)]
mod tests;
