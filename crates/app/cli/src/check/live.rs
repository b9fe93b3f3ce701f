//! Asking the providers about their keys, from where the command runs.

use anyhow::{Context, Result};
use gateway::{CheckedKey, KeyState, Serving, check_keys};
use serde_json::{Value, json};

use crate::table::table;

/// Asks all of them.
pub(super) fn ask(serving: &Serving) -> Result<Vec<CheckedKey>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    Ok(runtime.block_on(check_keys(serving, |_| {})))
}

/// Whether a call by this key would fail, as far as is known.
pub(super) fn is_bad(key: &CheckedKey) -> bool {
    matches!(key.state, KeyState::Refused | KeyState::Unreachable)
}

/// One row for each key.
pub(super) fn shown(keys: &[CheckedKey]) -> String {
    let rows: Vec<[String; 4]> = keys
        .iter()
        .map(|key| {
            let source = key.source.clone().unwrap_or_else(|| "no key".to_owned());
            [key.provider.clone(), source, key.state.name().to_owned(), key.words.clone()]
        })
        .collect();
    table(["PROVIDER", "KEY", "STATE", "ANSWER"], &rows)
}

/// The same for programs.
pub(super) fn json(keys: &[CheckedKey]) -> Vec<Value> {
    let row = |key: &CheckedKey| {
        json!({
            "provider": key.provider,
            "source": key.source,
            "state": key.state.name(),
            "status": key.status,
            "message": key.words,
        })
    };
    keys.iter().map(row).collect()
}
