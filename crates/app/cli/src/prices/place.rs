//! Where prices are asked for and changed: a running server, or the data directory. Both answer in the admin API's JSON.

use anyhow::{Result, bail};
use serde_json::Value;
use store::DataDir;

use super::ask::Ask;
use super::local::LocalPrices;
use crate::admin_client::AdminClient;
use crate::arguments::DataOptions;
use crate::environment;

/// Where it is asked.
pub(super) enum Place {
    Server(AdminClient),
    Directory(Box<LocalPrices>),
}

impl Place {
    pub(super) fn find(data: &DataOptions) -> Result<Self> {
        let path = environment::data_dir(data)?;
        if !path.exists() && environment::variable("BELLWETHER_URL").is_none() {
            bail!("there is no data directory {}; say --data-dir DIR", path.display());
        }
        let dir = DataDir::create(path)?;
        Ok(match AdminClient::find(&dir)? {
            Some(server) => Self::Server(server),
            None => Self::Directory(Box::new(LocalPrices::open(&dir, data)?)),
        })
    }

    pub(super) fn ask(&self, ask: Ask) -> Result<Value> {
        match self {
            Self::Server(server) => {
                let (method, path, body) = ask.spoken()?;
                server.ask(method, &format!("/admin/v1/prices{path}"), body.as_ref())
            }
            Self::Directory(local) => local.ask(ask),
        }
    }
}
