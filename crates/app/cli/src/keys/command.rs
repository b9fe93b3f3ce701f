//! `bellwether keys`: on the running server through its admin API, or in the data directory when none runs.

use std::path::PathBuf;

use anyhow::{Result, bail};
use serde_json::{Value, json};
use store::DataDir;

use crate::arguments::{DataOptions, Days, KeysCommand};
use crate::environment;
use crate::keys::import::{self, Wanted};
use crate::keys::place::Place;
use crate::keys::table;
use crate::keys::wish::Wish;
use crate::say::say;

/// Carries one verb out and prints its outcome. `config` is a file named before the verb.
pub(crate) fn run(data: &DataOptions, config: Option<PathBuf>, command: KeysCommand) -> Result<()> {
    let path = environment::data_dir(data)?;
    // Only making the first key may make a directory: a mistyped one must not look like an empty one.
    if !path.exists() && !matches!(command, KeysCommand::Create { .. }) {
        bail!("there is no data directory {}; say --data-dir DIR", path.display());
    }
    let place = || Place::find(&DataDir::create(path)?);
    match command {
        KeysCommand::Create { name, project, expires_days, strict, plan, limited, narrowed, tag, json } => {
            let wish = Wish::default().set("name", Some(name)).set("project", project).expires(expires_days);
            let wish = wish
                .set("plan", plan)
                .set("is_strict", strict.then_some(true))
                .limited(&limited)
                .narrowed(narrowed)
                .tags(&tag, false)?;
            tell(&place()?.create(wish.value())?, json, table::created);
        }
        KeysCommand::List { project, organisation, tag, state, json } => {
            let filter = [
                ("project", project.as_deref()),
                ("organisation", organisation.as_deref()),
                ("tag", tag.as_deref()),
                ("state", state.as_deref()),
            ];
            let is_narrowed = filter.iter().any(|(_, said)| said.is_some());
            let keys = place()?.list(&filter)?;
            say(&if json { json!({ "keys": keys }).to_string() } else { table::listed(&keys, is_narrowed) });
        }
        KeysCommand::Show { id, json } => tell(&place()?.show(&id)?, json, table::shown),
        KeysCommand::Change {
            id,
            name,
            expires_days,
            strict,
            no_strict,
            plan,
            narrowed,
            widened,
            tag,
            no_tags,
            json,
        } => {
            let wish = Wish::default().set("name", name).set("plan", plan).expires(expires_days);
            let wish = wish.set("is_strict", (strict || no_strict).then_some(strict)).narrowed(narrowed);
            let wish = wish.widened(&widened).tags(&tag, no_tags)?;
            tell(&place()?.change(&id, wish.value())?, json, table::changed);
        }
        KeysCommand::Rotate { id, overlap_hours, expires_days, json } => {
            let overlap_seconds = overlap_hours.map(|hours| u64::from(hours) * 3600);
            let expires = expires_days.map(Days::seconds);
            tell(&place()?.rotate(&id, overlap_seconds, expires)?, json, table::rotated);
        }
        KeysCommand::Revoke { id, json } => tell(&place()?.revoke(&id)?, json, table::revoked),
        KeysCommand::Import { source, format, project, balances, dry_run, json } => {
            let wanted = Wanted { source, format, project, dry_run, json };
            if balances.balances {
                import::with_balances((data, config), &wanted, &balances)?;
            } else {
                import::run(&wanted, &place()?)?;
            }
        }
    }
    Ok(())
}

fn tell(key: &Value, json: bool, words: fn(&Value) -> String) {
    say(&if json { key.to_string() } else { words(key) });
}
