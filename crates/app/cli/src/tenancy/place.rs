//! Where these things are changed: both places answer in the admin API's JSON.

use anyhow::{Result, bail};
use store::DataDir;

use super::local::LocalTenancy;
use crate::admin_client::AdminClient;
use crate::arguments::DataOptions;
use crate::environment;

/// The running server, or a data directory that none uses.
pub(super) enum Place {
    Server(AdminClient),
    Directory(Box<LocalTenancy>),
}

impl Place {
    /// A data directory that is not there is named, not made: a mistyped one must not look like an empty one.
    pub(super) fn open(data: &DataOptions) -> Result<Self> {
        let path = environment::data_dir(data)?;
        match AdminClient::find_in(path.clone())? {
            Some(server) => Ok(Self::Server(server)),
            None if !path.exists() => {
                bail!("there is no data directory {}; say --data-dir DIR", path.display())
            }
            None => Ok(Self::Directory(Box::new(LocalTenancy::open(&DataDir::create(path)?)?))),
        }
    }
}
