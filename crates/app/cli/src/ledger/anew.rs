//! `bellwether ledger begin-anew`: for who has a database without its journal.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use gateway::wall_clock;
use store::{DataDir, Deed, Who, begin_journal_anew};

use crate::arguments::{DataOptions, ServeOptions};
use crate::environment;
use crate::local_store::{ACTOR, LocalStore};
use crate::say::say;
use crate::serve::ledger_options;
use crate::settings::{Settings, or_refused};

/// Begins a journal behind what the database has.
pub(crate) fn begin_anew(
    data: &DataOptions,
    config: Option<PathBuf>,
    reason: String,
    by: Option<String>,
) -> Result<()> {
    let path = environment::data_dir(data)?;
    if !path.exists() {
        bail!("there is no data directory {}; say --data-dir DIR", path.display())
    }
    let options = ServeOptions { listen: None, config, region: None, service: None };
    let snapshot = or_refused(Settings::new(data, options).read().checked).context("nothing was begun")?;
    let local = LocalStore::open(&DataDir::create(&path)?)?;
    let who = Who { actor: ACTOR, by, request_id: None };
    let deed = Deed { who, user: None, at: wall_clock(), reason };
    let options = ledger_options(&snapshot.ledger, &path);
    let behind = local.runtime.block_on(begin_journal_anew(&local.store, options, &deed))?;
    say(&format!("the journal of money goes on behind record {} of the database", behind.0));
    Ok(())
}
