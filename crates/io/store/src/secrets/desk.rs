//! Where secrets are set, removed and looked up: checks what was typed, seals it, and keeps what is in force in memory. Whoever
//! reads the configuration looks them up here; nobody else is given one.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use domain::{Secret, Timestamp};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::contract::{Resealed, SealedSecret, SecretRecords};
use super::sealed_places::purpose_of_secret;
use crate::audit::NewAuditEntry;
use crate::error::StoreError;
use crate::seal::{Seal, SealError};
use crate::switches::{SWITCH_NAME_CHARS_MAX, SWITCH_REASON_CHARS_MAX};
use crate::who::Who;
use crate::words::is_line;

/// Most secrets.
pub const SECRETS_MAX: usize = 1000;
/// Longest name of one.
pub const SECRET_NAME_CHARS_MAX: usize = 64;
/// Longest secret, as in the configuration.
pub const SECRET_BYTES_MAX: usize = 16 * 1024;
/// Its path in the admin API is taken.
const RESERVED: &str = "rotate";

/// Sets, removes and looks up.
pub struct SecretDesk {
    records: Box<dyn SecretRecords>,
    seal: Seal,
    /// Held over a change: of two at once, memory and database end with the same.
    change: Mutex<()>,
    held: RwLock<Held>,
}

/// What is known in memory.
#[derive(Default)]
struct Held {
    secrets: BTreeMap<String, Entry>,
    /// Where the configuration in force names which.
    uses: BTreeMap<String, Vec<String>>,
}

struct Entry {
    view: SecretView,
    secret: Result<Secret, SealError>,
}

/// What is told of a secret: never the secret itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretView {
    /// What the configuration calls it, behind `secret:`.
    pub name: String,
    /// Its last four characters, if it is long.
    pub hint: String,
    /// How often it was set.
    pub version: i64,
    /// When it was set first.
    pub created_at: Timestamp,
    /// When it was set last.
    pub changed_at: Timestamp,
    /// Where the configuration in force names it.
    pub used_by: Vec<String>,
    /// Why it cannot be used, if it cannot.
    pub flaw: Option<SealError>,
}

/// What a look-up finds.
#[derive(Clone, Debug, PartialEq)]
pub enum HeldSecret {
    /// The secret.
    Found(Secret),
    /// One that does not open.
    Unreadable(SealError),
    /// None; these there are.
    Missing(Vec<String>),
}

/// What setting one did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretChange {
    /// The secret as it is now.
    pub secret: SecretView,
    /// The number of the entry in the audit.
    pub audit: i64,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// A name that no configuration could use.
    #[error(
        "the name of a secret must be 1 to 64 letters, digits, dots, dashes or underscores, beginning with a letter or digit, and not 'rotate'"
    )]
    BadName,
    /// No secret that could be sent in a header.
    #[error("a secret must be one word of 1 to 16384 visible ASCII characters")]
    BadValue,
    /// A reason or a name of who does it that would garble a listing.
    #[error(
        "a reason must be at most 500 characters, and the name of who does it at most 100, without control characters"
    )]
    BadWords,
    /// There are too many already.
    #[error("there are {SECRETS_MAX} secrets already; remove what is not used any more")]
    TooMany,
    /// There is none of this name.
    #[error("there is no secret {0}; `bellwether secrets list` shows them")]
    Unknown(String),
    /// The configuration names it.
    #[error("the secret {name} is used by {}; take it out of the configuration first", .used_by.join(", "))]
    InUse {
        /// Which.
        name: String,
        /// Where.
        used_by: Vec<String>,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SecretDesk {
    /// Reads and opens all secrets. One that does not open is none of the others' trouble.
    pub async fn open(records: Box<dyn SecretRecords>, seal: Seal) -> Result<Self, StoreError> {
        let kept = records.secrets().await?;
        let secrets = kept.iter().map(|kept| (kept.name.clone(), entry(kept, &seal))).collect();
        let held = RwLock::new(Held { secrets, uses: BTreeMap::new() });
        Ok(Self { records, seal, change: Mutex::new(()), held })
    }

    /// The secret of a name, for whoever reads the configuration.
    pub fn find(&self, name: &str) -> HeldSecret {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        match held.secrets.get(name).map(|entry| &entry.secret) {
            Some(Ok(secret)) => HeldSecret::Found(secret.clone()),
            Some(Err(why)) => HeldSecret::Unreadable(*why),
            None => HeldSecret::Missing(held.secrets.keys().cloned().collect()),
        }
    }

    /// Says where the configuration in force names secrets: names and paths.
    pub fn note_uses(&self, uses: impl IntoIterator<Item = (String, String)>) {
        let mut by_name = BTreeMap::<String, Vec<String>>::new();
        for (name, path) in uses {
            by_name.entry(name).or_default().push(path);
        }
        self.held.write().unwrap_or_else(PoisonError::into_inner).uses = by_name;
    }

    /// All secrets, in the order of their names.
    pub fn list(&self) -> Vec<SecretView> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.secrets.keys().filter_map(|name| held.view(name)).collect()
    }

    /// Sets a secret, also in the place of another of its name. The configuration takes it with the next reading.
    pub async fn set(
        &self,
        name: &str,
        secret: Secret,
        reason: String,
        who: Who,
        now: Timestamp,
    ) -> Result<SecretChange, SecretError> {
        if !is_name(name) {
            return Err(SecretError::BadName);
        }
        check_words(&reason, &who)?;
        let text = secret.expose();
        if !(1..=SECRET_BYTES_MAX).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Err(SecretError::BadValue);
        }
        let _change = self.change.lock().await;
        let before = self.view(name);
        if before.is_none() && self.list().len() >= SECRETS_MAX {
            return Err(SecretError::TooMany);
        }
        let kept = SealedSecret {
            name: name.to_owned(),
            sealed: self.seal.seal(&purpose_of_secret(name), text.as_bytes()),
            hint: secret.masked(),
            version: before.as_ref().map_or(1, |before| before.version + 1),
            created_at: before.as_ref().map_or(now, |before| before.created_at),
            changed_at: now,
        };
        let view = view(&kept);
        let entry = audit_entry("secret.set", name, [before.as_ref(), Some(&view)], reason, who, now);
        let audit = self.records.put(&kept, &entry).await?;
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.secrets.insert(name.to_owned(), Entry { view, secret: Ok(secret) });
        let secret = held.view(name).ok_or_else(|| SecretError::Unknown(name.to_owned()))?;
        Ok(SecretChange { secret, audit })
    }

    /// Removes a secret that the configuration in force does not name. Gives the number of the entry in the audit.
    pub async fn remove(
        &self,
        name: &str,
        reason: String,
        who: Who,
        now: Timestamp,
    ) -> Result<i64, SecretError> {
        check_words(&reason, &who)?;
        let _change = self.change.lock().await;
        let unknown = || SecretError::Unknown(name.to_owned());
        let before = self.view(name).ok_or_else(unknown)?;
        if !before.used_by.is_empty() {
            return Err(SecretError::InUse { name: before.name, used_by: before.used_by });
        }
        let entry = audit_entry("secret.remove", name, [Some(&before), None], reason, who, now);
        let audit = self.records.remove(name, &entry).await?.ok_or_else(unknown)?;
        self.held.write().unwrap_or_else(PoisonError::into_inner).secrets.remove(name);
        Ok(audit)
    }

    /// Seals everything anew under the next key of the envelope. Nothing that is in force changes.
    pub async fn rotate(&self, reason: String, who: Who, now: Timestamp) -> Result<Resealed, SecretError> {
        check_words(&reason, &who)?;
        let _change = self.change.lock().await;
        let entry = audit_entry("secret.rotate", "envelope", [None, None], reason, who, now);
        Ok(self.records.reseal(&self.seal, &entry).await?)
    }

    fn view(&self, name: &str) -> Option<SecretView> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).view(name)
    }
}

impl Held {
    fn view(&self, name: &str) -> Option<SecretView> {
        let entry = self.secrets.get(name)?;
        let used_by = self.uses.get(name).cloned().unwrap_or_default();
        Some(SecretView { used_by, flaw: entry.secret.as_ref().err().copied(), ..entry.view.clone() })
    }
}

impl SecretView {
    /// As it is shown.
    pub fn json(&self) -> Value {
        json!({
            "name": self.name,
            "hint": self.hint,
            "version": self.version,
            "created_at": self.created_at.rfc3339(),
            "changed_at": self.changed_at.rfc3339(),
            "used_by": self.used_by,
            "flaw": self.flaw.map(|flaw| flaw.to_string()),
        })
    }
}

impl Resealed {
    /// As it is shown.
    pub fn json(&self) -> Value {
        json!({
            "generation": self.generation,
            "secrets": self.secrets,
            "config_versions": self.config_versions,
            "left": self.left,
            "audit": self.audit,
        })
    }
}

fn entry(kept: &SealedSecret, seal: &Seal) -> Entry {
    let opened = seal.open(&purpose_of_secret(&kept.name), &kept.sealed);
    let secret = opened.and_then(|plain| String::from_utf8(plain).map_err(|_| SealError::Damaged));
    Entry { view: view(kept), secret: secret.map(Secret::new) }
}

fn view(kept: &SealedSecret) -> SecretView {
    SecretView {
        name: kept.name.clone(),
        hint: kept.hint.clone(),
        version: kept.version,
        created_at: kept.created_at,
        changed_at: kept.changed_at,
        used_by: Vec::new(),
        flaw: None,
    }
}

fn audit_entry(
    action: &'static str,
    subject: &str,
    [before, after]: [Option<&SecretView>; 2],
    reason: String,
    who: Who,
    at: Timestamp,
) -> NewAuditEntry {
    let state = |view: Option<&SecretView>| {
        let shown = view.map(|view| json!({ "hint": view.hint, "version": view.version }));
        json!(shown).to_string()
    };
    NewAuditEntry {
        at,
        actor: who.actor,
        by: who.by,
        action,
        subject: subject.to_owned(),
        organisation: None,
        before: state(before),
        after: state(after),
        reason,
        request_id: who.request_id,
    }
}

fn check_words(reason: &str, who: &Who) -> Result<(), SecretError> {
    let by = who.by.as_deref().unwrap_or_default();
    if is_line(reason, SWITCH_REASON_CHARS_MAX) && is_line(by, SWITCH_NAME_CHARS_MAX) {
        return Ok(());
    }
    Err(SecretError::BadWords)
}

fn is_name(name: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=SECRET_NAME_CHARS_MAX).contains(&name.len())
        && name.bytes().all(is_word)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name != RESERVED
}

impl std::fmt::Debug for SecretDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretDesk").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
