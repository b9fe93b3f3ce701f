//! The verbs of `bellwether provider`, each asked of the running server or done in the data directory.

use std::path::PathBuf;

use anyhow::{Result, bail};
use serde_json::{Value, json};
use store::{DataDir, SwitchPosition};

use super::local::LocalProviders;
use super::shown;
use crate::admin_client::AdminClient;
use crate::arguments::{DataOptions, ProviderChange, ProviderCommand, ProviderListing, ServeOptions};
use crate::environment;
use crate::say::say;
use crate::settings::Settings;

/// Carries one verb out and prints its outcome. `config` is a file named before the verb.
pub(crate) fn run(data: &DataOptions, config: Option<PathBuf>, command: ProviderCommand) -> Result<()> {
    let place = |listing: &ProviderListing| Place::find(data, listing.config.clone().or(config));
    match command {
        ProviderCommand::List(listing) => {
            let listed = place(&listing)?.list()?;
            say(&if listing.json { listed.to_string() } else { shown::listed(&listed) });
        }
        ProviderCommand::Disable(change) => {
            switch(&place(&change.listing)?, change, Verb::Disable)?;
        }
        ProviderCommand::Drain(change) => switch(&place(&change.listing)?, change, Verb::Drain)?,
        ProviderCommand::Enable(change) => switch(&place(&change.listing)?, change, Verb::Enable)?,
    }
    Ok(())
}

/// What is to become of a provider.
#[derive(Clone, Copy)]
enum Verb {
    Disable,
    Drain,
    Enable,
}

impl Verb {
    const fn name(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Drain => "drain",
            Self::Enable => "enable",
        }
    }

    const fn position(self) -> Option<SwitchPosition> {
        match self {
            Self::Disable => Some(SwitchPosition::Off),
            Self::Drain => Some(SwitchPosition::Draining),
            Self::Enable => None,
        }
    }
}

fn switch(place: &Place, mut change: ProviderChange, verb: Verb) -> Result<()> {
    change.by = change.by.or_else(environment::user);
    let done = place.switch(&change, verb)?;
    say(&if change.listing.json { done.to_string() } else { shown::switched(&done) });
    Ok(())
}

/// Where providers are switched. Both answer in the admin API's JSON.
enum Place {
    Server(AdminClient),
    Directory(Box<LocalProviders>),
}

impl Place {
    fn find(data: &DataOptions, config: Option<PathBuf>) -> Result<Self> {
        let path = environment::data_dir(data)?;
        if let Some(server) = AdminClient::find_in(path.clone())? {
            return Ok(Self::Server(server));
        }
        if !path.exists() {
            bail!("there is no data directory {}; say --data-dir DIR", path.display());
        }
        // The region is part of what an operator may name.
        let region = environment::variable("BELLWETHER_REGION");
        let serve = ServeOptions { listen: None, config, region, service: None };
        let local = LocalProviders::open(&DataDir::create(path)?, &Settings::new(data, serve))?;
        Ok(Self::Directory(Box::new(local)))
    }

    fn list(&self) -> Result<Value> {
        match self {
            Self::Server(server) => server.ask("GET", "/admin/v1/providers", None),
            Self::Directory(local) => Ok(local.list()),
        }
    }

    fn switch(&self, change: &ProviderChange, verb: Verb) -> Result<Value> {
        match self {
            Self::Server(server) => {
                let path = format!("{}/{}", path_of(&change.provider)?, verb.name());
                let mut wish = json!({ "reason": change.reason });
                let given = [("region", &change.region), ("model", &change.model), ("by", &change.by)];
                for (name, value) in
                    given.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)))
                {
                    wish[name] = value.as_str().into();
                }
                server.ask("POST", &path, Some(&wish))
            }
            Self::Directory(local) => local.switch(change, verb.position()),
        }
    }
}

/// Where the admin API has a provider. Whatever can be no id must not become another path.
fn path_of(id: &str) -> Result<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if id.is_empty() || id.starts_with('.') || !id.bytes().all(is_plain) {
        bail!("'{id}' is no id of a provider; `bellwether provider list` shows them");
    }
    Ok(format!("/admin/v1/providers/{id}"))
}
