//! `bellwether keys`: on the running server through its admin API, or in the data directory when none runs.

use anyhow::{Result, bail};
use serde_json::{Value, json};
use store::DataDir;

use crate::admin_client::AdminClient;
use crate::arguments::{DataOptions, KeysCommand};
use crate::environment;
use crate::keys::local::LocalKeys;
use crate::keys::table;
use crate::say::say;

/// Keys asked for at once.
const PAGE: u32 = 500;

/// Carries one verb out and prints its outcome.
pub(crate) fn run(data: &DataOptions, command: KeysCommand) -> Result<()> {
    let path = environment::data_dir(data)?;
    // Only making the first key may make a directory: a mistyped one must not look like an empty one.
    if !path.exists() && !matches!(command, KeysCommand::Create { .. }) {
        bail!("there is no data directory {}; say --data-dir DIR", path.display());
    }
    let dir = DataDir::create(path)?;
    let place = match AdminClient::find(&dir)? {
        Some(server) => Place::Server(server),
        None => Place::Directory(Box::new(LocalKeys::open(&dir)?)),
    };
    match command {
        KeysCommand::Create { name, expires_days, strict, models, json } => {
            let key = place.create(&name, expires_days, strict, models)?;
            say(&if json { key.to_string() } else { table::created(&key) });
        }
        KeysCommand::List { json } => {
            let keys = place.list()?;
            say(&if json { json!({ "keys": keys }).to_string() } else { table::listed(&keys) });
        }
        KeysCommand::Change { id, strict, no_strict, models, all_models, json } => {
            let models = (all_models || !models.is_empty()).then_some(models);
            let key = place.change(&id, (strict || no_strict).then_some(strict), models)?;
            say(&if json { key.to_string() } else { table::changed(&key) });
        }
        KeysCommand::Revoke { id, json } => {
            let key = place.revoke(&id)?;
            say(&if json { key.to_string() } else { table::revoked(&key) });
        }
    }
    Ok(())
}

/// Where the keys are changed. Both answer in the admin API's JSON.
enum Place {
    Server(AdminClient),
    Directory(Box<LocalKeys>),
}

impl Place {
    fn create(
        &self,
        name: &str,
        expires_days: Option<u32>,
        is_strict: bool,
        models: Vec<String>,
    ) -> Result<Value> {
        let seconds = expires_days.map(|days| u64::from(days) * 86_400);
        match self {
            Self::Server(server) => {
                let mut wish = json!({ "name": name });
                if let Some(seconds) = seconds {
                    wish["expires_in_seconds"] = seconds.into();
                }
                // Unsaid where it need not be said: a server of an earlier version does not know it.
                if is_strict {
                    wish["is_strict"] = true.into();
                }
                if !models.is_empty() {
                    wish["models"] = models.into();
                }
                server.ask("POST", "/admin/v1/keys", Some(&wish))
            }
            Self::Directory(local) => local.create(name, seconds, is_strict, models),
        }
    }

    fn list(&self) -> Result<Vec<Value>> {
        let Self::Server(server) = self else {
            let Self::Directory(local) = self else { unreachable!("there are two places") };
            return local.list();
        };
        let mut keys = Vec::new();
        let mut after = String::new();
        loop {
            let page = server.ask("GET", &format!("/admin/v1/keys?limit={PAGE}{after}"), None)?;
            let Some(listed) = page["keys"].as_array() else {
                bail!("the server listed no keys: is it a Bellwether?")
            };
            keys.extend_from_slice(listed);
            match page["next_after"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return Ok(keys),
            }
        }
    }

    /// What is not given stays; no models are all there are.
    fn change(&self, id: &str, is_strict: Option<bool>, models: Option<Vec<String>>) -> Result<Value> {
        let path = path_of(id)?;
        match self {
            Self::Server(server) => {
                let mut wish = json!({});
                if let Some(is_strict) = is_strict {
                    wish["is_strict"] = is_strict.into();
                }
                if let Some(models) = models {
                    wish["models"] = if models.is_empty() { Value::Null } else { models.into() };
                }
                server.ask("PATCH", &path, Some(&wish))
            }
            Self::Directory(local) => local.change(id, is_strict, models),
        }
    }

    fn revoke(&self, id: &str) -> Result<Value> {
        let path = path_of(id)?;
        match self {
            Self::Server(server) => server.ask("DELETE", &path, None),
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
