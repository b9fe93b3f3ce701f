//! Checks everything that a start would check, short of taking addresses and directories, and prints what it found.

use anyhow::{Result, bail};
use config::{Problem, Snapshot};
use gateway::{Certificate, CheckedKey, Serving};
use serde_json::{Value, json};

use super::live;
use crate::arguments::{CheckOptions, DataOptions};
use crate::say::say;
use crate::settings::{Settings, refused};

/// Checks; the error is what the command ends with.
pub(crate) fn run(data: &DataOptions, options: CheckOptions) -> Result<()> {
    let CheckOptions { file, live, json, mut serve } = options;
    serve.config = file.or(serve.config);
    let settings = Settings::new(data, serve);
    let prepared = settings.read().checked.and_then(|snapshot| {
        let serving = prepare(&snapshot).map_err(|why| vec![outside(why)])?;
        Ok((snapshot, serving))
    });
    let name = settings.file_name().unwrap_or_else(|| "the environment, without a file,".to_owned());
    match prepared {
        Err(problems) if json => {
            let list: Vec<Value> = problems.iter().map(problem).collect();
            say(&json!({ "ok": false, "problems": list, "notes": [], "keys": null }).to_string());
            bail!("{name} is not good");
        }
        Err(problems) => Err(refused(&problems)),
        Ok((snapshot, serving)) => {
            let keys = live.then(|| live::ask(&serving)).transpose()?;
            let bad = keys.iter().flatten().filter(|key| live::is_bad(key)).count();
            if json {
                let keys = keys.as_deref().map(live::json);
                let body = json!({ "ok": bad == 0, "problems": [], "notes": snapshot.notes, "keys": keys });
                say(&body.to_string());
            } else {
                say(&summary(&name, &snapshot, keys.as_deref()));
            }
            match bad {
                0 => Ok(()),
                1 => bail!("one key does not work"),
                bad => bail!("{bad} keys do not work"),
            }
        }
    }
}

/// What a start makes of a good configuration before it takes addresses.
fn prepare(snapshot: &Snapshot) -> Result<Serving, String> {
    // It is there already where a test has run before.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    for tls in snapshot.listeners.iter().filter_map(|listener| listener.tls.as_ref()) {
        Certificate::new(tls)?;
    }
    Serving::new(snapshot, None)
}

fn outside(message: String) -> Problem {
    Problem { file: None, place: None, path: String::new(), found: String::new(), message, hint: None }
}

fn problem(problem: &Problem) -> Value {
    json!({
        "file": problem.file,
        "line": problem.place.map(|place| place.line),
        "column": problem.place.map(|place| place.column),
        "path": problem.path,
        "found": problem.found,
        "message": problem.message,
        "hint": problem.hint,
    })
}

fn summary(name: &str, snapshot: &Snapshot, keys: Option<&[CheckedKey]>) -> String {
    let list = |names: Vec<String>| if names.is_empty() { "-".to_owned() } else { names.join(", ") };
    let addresses = snapshot.listeners.iter().map(|listener| {
        format!("{}{}", listener.address, if listener.tls.is_some() { " (TLS)" } else { "" })
    });
    let providers = snapshot.providers.iter().map(|provider| match provider.credentials.len() {
        0 => format!("{} (no key)", provider.id),
        1 => provider.id.clone(),
        count => format!("{} ({count} keys)", provider.id),
    });
    let models = snapshot.models.iter().map(|model| model.name.clone());
    let mut lines = vec![
        format!("{name} is good"),
        format!("  listeners  {}", list(addresses.collect())),
        format!("  providers  {}", list(providers.collect())),
        format!("  models     {}", list(models.collect())),
    ];
    if snapshot.providers.is_empty() {
        lines.push("  note       no provider: only the built-in demo would answer".to_owned());
    }
    lines.extend(snapshot.notes.iter().map(|note| format!("  note       {note}")));
    if let Some(keys) = keys {
        lines.extend([String::new(), live::shown(keys)]);
    }
    lines.join("\n")
}
