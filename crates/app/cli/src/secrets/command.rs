//! The verbs of `bellwether secrets`, each asked of the running server or done in the data directory.

use anyhow::{Result, bail};
use serde_json::{Value, json};
use store::DataDir;

use super::local::LocalSecrets;
use super::{given, shown};
use crate::admin_client::AdminClient;
use crate::arguments::{DataOptions, SecretsCommand, SecretsListing, SecretsWords, ServeOptions};
use crate::environment;
use crate::say::say;
use crate::settings::Settings;

const PATH: &str = "/admin/v1/secrets";

/// Where the secrets are. Both answer in the admin API's JSON.
enum Place {
    Server(AdminClient),
    Directory(Box<LocalSecrets>),
}

/// Carries one verb out and prints its outcome.
pub(crate) fn run(data: &DataOptions, command: SecretsCommand) -> Result<()> {
    match command {
        SecretsCommand::Set { name, from_env, words } => set(data, &name, from_env.as_deref(), &words),
        SecretsCommand::List(listing) => {
            let listed = match place(data, false)? {
                Place::Server(server) => server.ask("GET", PATH, None)?,
                Place::Directory(local) => local.list(&settings(data, &listing)),
            };
            say(&if listing.json { listed.to_string() } else { shown::listed(&listed) });
            Ok(())
        }
        SecretsCommand::Remove { name, listing } => {
            if !config::is_stored_name(&name) {
                bail!("there is no secret '{name}'; `bellwether secrets list` shows them");
            }
            let removed = match place(data, false)? {
                Place::Server(server) => server.ask("DELETE", &format!("{PATH}/{name}"), None)?,
                Place::Directory(local) => local.remove(&settings(data, &listing), &name)?,
            };
            say(&if listing.json { removed.to_string() } else { shown::removed(&removed) });
            Ok(())
        }
        SecretsCommand::Rotate { words } => {
            let rotated = match place(data, false)? {
                Place::Server(server) => {
                    server.ask("POST", &format!("{PATH}/rotate"), Some(&asked(&words)))?
                }
                Place::Directory(local) => local.rotate(&words)?,
            };
            say(&if words.json { rotated.to_string() } else { shown::rotated(&rotated) });
            Ok(())
        }
    }
}

fn set(data: &DataOptions, name: &str, from_env: Option<&str>, words: &SecretsWords) -> Result<()> {
    // A name goes into a path: whatever is none must not become another path.
    if !config::is_stored_name(name) {
        bail!(
            "'{name}' is no name of a secret: it must be 1 to 64 letters, digits, dots, dashes or underscores"
        );
    }
    let secret = given::read(from_env)?;
    // A configuration may name it before there is a data directory: the first start needs it.
    let told = match place(data, true)? {
        Place::Server(server) => {
            let mut wish = asked(words);
            wish["value"] = json!(secret.expose());
            server.ask("PUT", &format!("{PATH}/{name}"), Some(&wish))?
        }
        Place::Directory(local) => local.set(name, secret, words)?,
    };
    say(&if words.json { told.to_string() } else { shown::set(&told) });
    Ok(())
}

fn place(data: &DataOptions, may_make: bool) -> Result<Place> {
    let path = environment::data_dir(data)?;
    if let Some(server) = AdminClient::find_in(path.clone())? {
        return Ok(Place::Server(server));
    }
    if !may_make && !path.exists() {
        bail!("there is no data directory {}; say --data-dir DIR", path.display());
    }
    Ok(Place::Directory(Box::new(LocalSecrets::open(&DataDir::create(path)?)?)))
}

fn asked(words: &SecretsWords) -> Value {
    let by = words.by.clone().or_else(environment::user);
    json!({ "reason": words.reason, "by": by })
}

fn settings(data: &DataOptions, listing: &SecretsListing) -> Settings {
    let config = listing.config.clone();
    Settings::new(data, ServeOptions { listen: None, config, region: None, service: None })
}
