//! `bellwether backup`: reads the database beside whoever has it, so that a running server goes on meanwhile.

use anyhow::{Context, Result, bail};
use gateway::wall_clock;
use serde_json::json;
use store::{DataDir, back_up};

use super::packing::NewFile;
use super::shown;
use crate::arguments::{BackupOptions, DataOptions};
use crate::environment;
use crate::local_store::{database_place, used_master_key};
use crate::say::say;

/// Makes a backup and says what is in it.
pub(crate) fn make(data: &DataOptions, options: &BackupOptions) -> Result<()> {
    let path = environment::data_dir(data)?;
    if !path.exists() {
        bail!("there is no data directory {}; say --data-dir DIR", path.display());
    }
    let dir = DataDir::create(path)?;
    let place = database_place(dir.path())?;
    let hasher = used_master_key(&dir)?.key_hasher();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    let mut file = NewFile::new(&options.file)?;
    let mut progress = shown::progress();
    let report = runtime.block_on(back_up(&place, &hasher, wall_clock(), &mut file.out, &mut progress))?;
    let bytes = file.finish()?;
    let name = options.file.display().to_string();
    if options.json {
        let mut told = shown::json(&report);
        told["file"] = json!(name);
        told["bytes"] = json!(bytes);
        say(&told.to_string());
    } else {
        say(&shown::made(&name, bytes, &report));
    }
    Ok(())
}
