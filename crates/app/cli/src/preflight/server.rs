//! The server that is looked at: as an operator reaches it, and as a caller does.

use anyhow::{Context, Result, anyhow, bail};
use domain::{BaseUrl, Secret};
use serde_json::json;
use store::{DataDir, RunningServer};

use crate::admin_client::AdminClient;
use crate::arguments::DataOptions;
use crate::environment;

/// So long a key of our own works, should nobody take it back.
const KEY_SECONDS: u64 = 3600;

/// A running server.
pub(super) struct Server {
    pub(super) admin: AdminClient,
    callers: BaseUrl,
}

/// A caller's key, and its id where it was made for this look.
pub(super) struct Key {
    secret: Secret,
    made: Option<String>,
}

impl Server {
    pub(super) fn find(data: &DataOptions, url: Option<String>) -> Result<Self> {
        let path = environment::data_dir(data)?;
        let admin = AdminClient::find_in(path.clone())?.with_context(|| {
            format!("no server runs on {}; start it, or set BELLWETHER_URL", path.display())
        })?;
        let running = || RunningServer::find(&DataDir::create(&path).ok()?)?.urls.into_iter().next();
        let Some(url) = url.or_else(|| environment::variable("BELLWETHER_URL")).or_else(running) else {
            bail!("say --url URL, where callers reach the server")
        };
        let callers = BaseUrl::parse(&url).map_err(|error| anyhow!("{url} {error}"))?;
        Ok(Self { admin, callers })
    }

    /// As anybody asks.
    pub(super) fn open(&self) -> AdminClient {
        AdminClient::without_key(self.callers.clone())
    }

    /// As a caller asks.
    pub(super) fn caller(&self, key: &Key) -> AdminClient {
        AdminClient::with_key(self.callers.clone(), key.secret.clone())
    }

    /// The caller's key of the environment, else one that is made for this look.
    pub(super) fn key(&self) -> Result<Key> {
        if let Some(secret) = environment::secret("BELLWETHER_KEY")? {
            return Ok(Key { secret, made: None });
        }
        let name = format!("preflight {}", gateway::wall_clock().rfc3339());
        let wish = json!({ "name": name, "expires_in_seconds": KEY_SECONDS });
        let made = self.admin.ask("POST", "/admin/v1/keys", Some(&wish))?;
        let text = |field: &str| made[field].as_str().map(str::to_owned).context("the server made no key");
        Ok(Key { secret: Secret::new(text("key")?), made: Some(text("id")?) })
    }

    /// Takes a key back that was made for this look.
    pub(super) fn give_back(&self, key: &Key) -> Result<()> {
        if let Some(id) = &key.made {
            self.admin.ask("DELETE", &format!("/admin/v1/keys/{id}"), None)?;
        }
        Ok(())
    }
}
