//! The same answers without a server: from the file and the versions in the data directory.

use std::path::Path;

use anyhow::{Context, Result, bail};
use gateway::wall_clock;
use serde_json::{Value, json};
use store::{AuditRecords, ConfigShelf, DataDir, NewAuditEntry};

use crate::environment;
use crate::local_store::{ACTOR, LocalStore};
use crate::replace_file::replace_file;
use crate::settings::{Settings, or_refused, refused};

/// What a start here would put in force.
pub(super) fn show(settings: &Settings) -> Result<Value> {
    let snapshot = or_refused(settings.read().checked)?;
    Ok(json!({
        "file": settings.file_name(),
        "version": null,
        "since": null,
        "reason": null,
        "problems": [],
        "needs_restart": [],
        "effective": config::effective(&snapshot),
        "configured": config::configured(&snapshot, &config::defaults()),
    }))
}

/// Versions in an opened, locked data directory.
pub(super) struct LocalConfig {
    local: LocalStore,
    shelf: ConfigShelf,
}

impl LocalConfig {
    pub(super) fn open(dir: &DataDir) -> Result<Self> {
        let local = LocalStore::open(dir)?;
        let (hasher, seal) = (local.master.key_hasher(), local.store.seal(&local.master));
        let shelf = ConfigShelf::new(Box::new(local.store.clone()), hasher, seal);
        Ok(Self { local, shelf })
    }

    pub(super) fn versions(&self) -> Result<Value> {
        let kept = self.local.runtime.block_on(self.shelf.list())?;
        let row = |kept: &store::ConfigVersion| {
            json!({
                "version": kept.number,
                "taken_at": kept.taken_at.rfc3339(),
                "reason": kept.reason,
                "file": kept.file,
                "is_in_force": false,
            })
        };
        Ok(json!({ "versions": kept.iter().map(row).collect::<Vec<_>>() }))
    }

    pub(super) fn difference(&self, settings: &Settings, from: &str, to: &str) -> Result<Value> {
        let (from, to) = (self.text_of(settings, from)?, self.text_of(settings, to)?);
        let changes = config::difference(&from, &to).map_err(|problems| refused(&problems))?;
        Ok(json!({ "changes": changes.iter().map(change).collect::<Vec<_>>() }))
    }

    /// Without a server nothing is in force: what was last stands for it.
    fn text_of(&self, settings: &Settings, side: &str) -> Result<String> {
        match side {
            "file" => read(file(settings)?),
            "in-force" => self.text(self.local.runtime.block_on(self.shelf.former(None))?),
            number => self.text(number.parse().context("the number of a version")?),
        }
    }

    fn text(&self, number: i64) -> Result<String> {
        Ok(self.local.runtime.block_on(self.shelf.text(number))?)
    }

    /// Writes a version into the file, for the next start. What stands there is kept as a version before.
    pub(super) fn revert(&self, settings: &Settings, number: Option<i64>) -> Result<Value> {
        let file = file(settings)?;
        let name = file.display().to_string();
        let standing = environment::read_file(file).ok();
        let from = match number {
            Some(number) => number,
            None => self.local.runtime.block_on(self.shelf.former(standing.as_deref()))?,
        };
        let text = self.text(from)?;
        or_refused(settings.check_text(&text))?;
        if let Some(standing) = standing {
            self.local.runtime.block_on(self.shelf.keep_aside(&standing, &name, wall_clock()))?;
        }
        replace_file(file, &text).with_context(|| format!("cannot write {name}"))?;
        self.note_revert(&name, from)?;
        Ok(json!({ "from": from, "version": null, "file": name }))
    }

    fn note_revert(&self, file: &str, from: i64) -> Result<()> {
        let entry = NewAuditEntry {
            at: wall_clock(),
            actor: ACTOR,
            by: environment::user(),
            action: "config.revert",
            subject: file.to_owned(),
            organisation: None,
            before: "null".to_owned(),
            after: json!({ "version": from }).to_string(),
            reason: format!("revert to version {from}, for the next start"),
            request_id: None,
        };
        self.local.runtime.block_on(self.local.store.note(&entry)).map(drop).context("the file is written")
    }
}

fn file(settings: &Settings) -> Result<&Path> {
    let Some(file) = settings.file() else {
        bail!("there is no configuration file here; name one by --config FILE")
    };
    Ok(file)
}

fn read(file: &Path) -> Result<String> {
    environment::read_file(file).map_err(anyhow::Error::msg)
}

fn change(change: &config::Change) -> Value {
    json!({ "path": change.path, "before": change.before, "after": change.after })
}
