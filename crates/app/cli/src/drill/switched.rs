//! What an operator has switched off, of a data directory that was named. A drill without one knows of no switches.

use anyhow::{Context, Result};
use serde_json::Value;
use store::{DATABASE_FILE, DataDir, RunningServer, SwitchDesk};

use super::house::Switched;
use crate::admin_client::AdminClient;
use crate::arguments::DataOptions;
use crate::local_store::LocalStore;

/// Of the running server, else of the directory itself.
pub(super) fn find(data: &DataOptions) -> Result<Vec<Switched>> {
    let Some(path) = data.data_dir.as_ref().filter(|path| path.join(DATABASE_FILE).exists()) else {
        return Ok(Vec::new());
    };
    let dir = DataDir::create(path.clone())?;
    if RunningServer::find(&dir).is_some() {
        let server = AdminClient::find(&dir)?.context("the server has just stopped; try again")?;
        return Ok(of_server(&server.ask("GET", "/admin/v1/providers", None)?));
    }
    let local = LocalStore::open(&dir)?;
    let desk = local.runtime.block_on(SwitchDesk::open(Box::new(local.store.clone())))?;
    let switches = local.runtime.block_on(desk.switches());
    let switched = switches.into_iter().map(|switch| Switched {
        provider: switch.scope.provider,
        region: switch.scope.region,
        model: switch.scope.model,
        position: switch.position.name().to_owned(),
        reason: switch.reason,
    });
    Ok(switched.collect())
}

fn of_server(shown: &Value) -> Vec<Switched> {
    let providers = shown["providers"].as_array().into_iter().flatten();
    let switches = providers.flat_map(|provider| provider["switches"].as_array().into_iter().flatten());
    let text = |switch: &Value, field: &str| switch[field].as_str().map(str::to_owned);
    switches
        .map(|switch| Switched {
            provider: text(switch, "provider").unwrap_or_default(),
            region: text(switch, "region"),
            model: text(switch, "model"),
            position: text(switch, "position").unwrap_or_default(),
            reason: text(switch, "reason").unwrap_or_default(),
        })
        .collect()
}
