//! Where these things are changed: both places answer in the admin API's JSON.

use anyhow::{Result, bail};
use serde_json::Value;
use store::DataDir;

use super::local::LocalTenancy;
use crate::admin_client::AdminClient;
use crate::arguments::DataOptions;
use crate::environment;
use crate::query::{path, query};

/// Things asked for at once.
const PAGE: &str = "500";

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

/// All of a kind that a server lists, page after page.
pub(super) fn all(server: &AdminClient, noun: &str, organisation: Option<&str>) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let said = [("limit", Some(PAGE)), ("organisation", organisation), ("after", after.as_deref())];
        let page = server.ask("GET", &format!("{}{}", path(&[noun]), query(said)), None)?;
        let Some(listed) = page[noun].as_array() else {
            bail!("the server listed no {noun}: is it a Bellwether of this version?")
        };
        found.extend_from_slice(listed);
        match page["next_after"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => return Ok(found),
        }
    }
}
