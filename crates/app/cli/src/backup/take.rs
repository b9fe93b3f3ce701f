//! `bellwether restore`: fills an empty database. No server may run on it.

use anyhow::{Context, Result, bail};
use gateway::wall_clock;
use serde_json::json;
use store::{DataDir, MASTER_KEY_FILE, NewAuditEntry, restore};

use super::{packing, shown};
use crate::arguments::{DataOptions, RestoreOptions};
use crate::environment;
use crate::local_store::{ACTOR, database_place, used_master_key};
use crate::say::say;

/// Restores a backup and says what was in it.
pub(crate) fn take(data: &DataOptions, options: &RestoreOptions) -> Result<()> {
    if !options.file.exists() {
        bail!("there is no file {}", options.file.display());
    }
    let dir = DataDir::create(environment::data_dir(data)?)?;
    let lock = dir.lock()?;
    let place = database_place(dir.path())?;
    // It is not made here, as a start would: only the one of the backup is of any use.
    let master = used_master_key(&dir).with_context(|| {
        format!(
            "the master key of the backup is needed: give it by BELLWETHER_MASTER_KEY, or put it into {}",
            dir.join(MASTER_KEY_FILE).display()
        )
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    let entry = NewAuditEntry {
        at: wall_clock(),
        actor: ACTOR,
        by: options.by.clone().or_else(environment::user),
        action: "database.restore",
        subject: "database".to_owned(),
        organisation: None,
        before: "null".to_owned(),
        after: "null".to_owned(),
        reason: String::new(),
        request_id: None,
    };
    let source = || packing::open(&options.file);
    let mut progress = shown::progress();
    let restored = runtime.block_on(restore(&place, &master.key_hasher(), &source, entry, &mut progress))?;
    drop(lock);
    if options.json {
        let mut told = shown::json(&restored.report);
        told["has_other_sums"] = json!(restored.has_other_sums);
        told["audit_fault"] = json!(restored.audit.as_ref().map(ToString::to_string));
        say(&told.to_string());
    } else {
        say(&shown::taken(&place.to_string(), &restored));
    }
    Ok(())
}
