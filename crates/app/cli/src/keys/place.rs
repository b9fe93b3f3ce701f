//! Where keys are changed: at the running server, or in the data directory when none runs. Both take and answer what the
//! admin API does.

use std::time::Duration;

use admin::ADMIN_IMPORT_BYTES_MAX;
use anyhow::{Result, bail};
use serde_json::{Value, json};
use store::DataDir;

use crate::admin_client::AdminClient;
use crate::keys::local::LocalKeys;
use crate::pages::all;

/// Longest wait for the answer to an import.
const IMPORT_LIMIT: Duration = Duration::from_secs(120);

pub(super) enum Place {
    Server(AdminClient),
    Directory(Box<LocalKeys>),
}

impl Place {
    pub(super) fn find(dir: &DataDir) -> Result<Self> {
        Ok(match AdminClient::find(dir)? {
            Some(server) => Self::Server(server),
            None => Self::Directory(Box::new(LocalKeys::open(dir)?)),
        })
    }

    pub(super) fn create(&self, wish: Value) -> Result<Value> {
        match self {
            Self::Server(server) => server.ask("POST", "/admin/v1/keys", Some(&wish)),
            Self::Directory(local) => local.create(wish),
        }
    }

    /// Those that fit: names and values as the admin API takes them.
    pub(super) fn list(&self, filter: &[(&str, Option<&str>)]) -> Result<Vec<Value>> {
        match self {
            Self::Server(server) => all("keys", filter, |path| server.ask("GET", path, None)),
            Self::Directory(local) => {
                let said = filter.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
                local.list(&said.collect::<Vec<_>>())
            }
        }
    }

    pub(super) fn show(&self, id: &str) -> Result<Value> {
        match self {
            Self::Server(server) => server.ask("GET", &path_of(id)?, None),
            Self::Directory(local) => local.show(id),
        }
    }

    pub(super) fn change(&self, id: &str, wish: Value) -> Result<Value> {
        match self {
            Self::Server(server) => server.ask("PATCH", &path_of(id)?, Some(&wish)),
            Self::Directory(local) => local.change(id, wish),
        }
    }

    pub(super) fn rotate(
        &self,
        id: &str,
        overlap_seconds: Option<u64>,
        expires: Option<Option<u64>>,
    ) -> Result<Value> {
        match self {
            Self::Server(server) => {
                let mut wish = json!({});
                if let Some(seconds) = overlap_seconds {
                    wish["overlap_seconds"] = seconds.into();
                }
                if let Some(seconds) = expires {
                    wish["expires_in_seconds"] = seconds.into();
                }
                server.ask("POST", &format!("{}/rotate", path_of(id)?), Some(&wish))
            }
            Self::Directory(local) => local.rotate(id, overlap_seconds, expires),
        }
    }

    /// Takes keys over; the answer to a large import takes a while.
    pub(super) fn import(&self, wish: Value) -> Result<Value> {
        match self {
            Self::Server(server) => {
                let bytes = wish.to_string().len();
                if bytes > ADMIN_IMPORT_BYTES_MAX {
                    bail!(
                        "a running server takes at most {} bytes of keys at once, and these are {bytes}: stop it and \
                         run this again, or take them over in parts",
                        ADMIN_IMPORT_BYTES_MAX
                    );
                }
                server.ask_within(IMPORT_LIMIT, "POST", "/admin/v1/keys/import", Some(&wish))
            }
            Self::Directory(local) => local.import(wish),
        }
    }

    pub(super) fn revoke(&self, id: &str) -> Result<Value> {
        match self {
            Self::Server(server) => server.ask("DELETE", &path_of(id)?, None),
            Self::Directory(local) => local.revoke(id),
        }
    }
}

/// Where the admin API has a key. Whatever is no id must not become another path.
fn path_of(id: &str) -> Result<String> {
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        bail!("'{id}' is no id of a key; `bellwether keys list` shows them");
    }
    Ok(format!("/admin/v1/keys/{id}"))
}
