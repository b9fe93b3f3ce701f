//! The verbs of `bellwether cache`, each a question to the running server: without one there are no kept answers.

use anyhow::{Result, bail};
use serde_json::json;

use super::shown;
use crate::admin_client::AdminClient;
use crate::arguments::{CacheCommand, DataOptions};
use crate::environment;
use crate::say::say;

const PATH: &str = "/admin/v1/cache";

/// Carries one verb out and prints its outcome.
pub(crate) fn run(data: &DataOptions, command: CacheCommand) -> Result<()> {
    let path = environment::data_dir(data)?;
    let Some(server) = AdminClient::find_in(path.clone())? else {
        bail!("no server runs on {}: answers are kept in its memory alone, so there are none", path.display())
    };
    match command {
        CacheCommand::Show { json } => {
            let told = server.ask("GET", PATH, None)?;
            say(&if json { told.to_string() } else { shown::state(&told) });
        }
        CacheCommand::Flush { model, project, why } => {
            let wish = json!({ "model": model, "project": project, "reason": why.reason, "by": why.by });
            let told = server.ask("POST", &format!("{PATH}/flush"), Some(&wish))?;
            say(&if why.json { told.to_string() } else { shown::flushed(&told) });
        }
    }
    Ok(())
}
