//! The verbs of `bellwether config`, each asked of the running server or done in the data directory.

use anyhow::{Result, bail};
use serde_json::json;
use store::DataDir;

use super::local::LocalConfig;
use super::shown;
use crate::admin_client::AdminClient;
use crate::arguments::{ConfigCommand, DataOptions};
use crate::environment;
use crate::say::say;
use crate::settings::Settings;

/// Carries one verb out and prints its outcome.
pub(crate) fn run(data: &DataOptions, command: ConfigCommand) -> Result<()> {
    let server = AdminClient::find_in(environment::data_dir(data)?)?;
    match command {
        ConfigCommand::Show { effective, json, serve } => {
            let view = match server {
                Some(server) => server.ask("GET", "/admin/v1/config", None)?,
                None => super::local::show(&Settings::new(data, serve))?,
            };
            say(&if json { view.to_string() } else { shown::config(&view, effective) });
        }
        ConfigCommand::Versions { json } => {
            let listed = match server {
                Some(server) => server.ask("GET", "/admin/v1/config/versions", None)?,
                None => local(data)?.versions()?,
            };
            say(&if json { listed.to_string() } else { shown::versions(&listed) });
        }
        ConfigCommand::Diff { from, to, json, serve } => {
            let (from, to) = (side(from, "in-force")?, side(to, "file")?);
            let found = match server {
                Some(server) => {
                    server.ask("GET", &format!("/admin/v1/config/difference?from={from}&to={to}"), None)?
                }
                None => local(data)?.difference(&Settings::new(data, serve), &from, &to)?,
            };
            say(&if json { found.to_string() } else { shown::changes(&found) });
        }
        ConfigCommand::Revert { version, json, serve } => {
            let done = match server {
                Some(server) => {
                    let wish = version.map_or_else(|| json!({}), |version| json!({ "version": version }));
                    server.ask("POST", "/admin/v1/config/revert", Some(&wish))?
                }
                None => local(data)?.revert(&Settings::new(data, serve), version)?,
            };
            say(&if json { done.to_string() } else { shown::reverted(&done) });
        }
        ConfigCommand::Reload { json } => {
            let Some(server) = server else {
                bail!("no server runs on this data directory; a start reads the file anyway")
            };
            let done = server.ask("POST", "/admin/v1/reload", None)?;
            say(&if json { done.to_string() } else { shown::reloaded(&done) });
        }
    }
    Ok(())
}

fn local(data: &DataOptions) -> Result<LocalConfig> {
    let path = environment::data_dir(data)?;
    if !path.exists() {
        bail!("there is no data directory {}; say --data-dir DIR", path.display());
    }
    LocalConfig::open(&DataDir::create(path)?)
}

/// A side goes into a path: whatever is none must not become another path.
fn side(text: Option<String>, default: &str) -> Result<String> {
    let text = text.unwrap_or_else(|| default.to_owned());
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number && text != "in-force" && text != "file" {
        bail!("'{text}' is neither in-force, nor file, nor the number of a version");
    }
    Ok(text)
}
