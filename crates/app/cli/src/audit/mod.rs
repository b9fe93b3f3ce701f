//! `bellwether audit`: who changed what, and whether that is all as it was written; from the running server or, without one,
//! from the data directory.

mod list;
mod verify;

use std::path::PathBuf;

use anyhow::{Result, bail};
use store::DataDir;

pub(crate) use list::list;
pub(crate) use verify::verify;

use crate::local_store::LocalStore;

fn local(path: PathBuf) -> Result<LocalStore> {
    if !path.exists() {
        bail!("there is no data directory {}; say --data-dir DIR", path.display())
    }
    LocalStore::open(&DataDir::create(path)?)
}
