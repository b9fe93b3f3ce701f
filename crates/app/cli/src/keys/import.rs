//! `bellwether keys import`: keys from a file or another gateway's database, read here and taken over where keys are changed.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use gateway::wall_clock;
use imports::balances::Carried;
use imports::keys::{KeysFound, Looks, csv, json as own_json, litellm, looks_of, new_api};
use serde_json::{Value, json};

use crate::arguments::{BalanceOptions, DataOptions, KeysFormat};
use crate::import::{new_api_tables, source_shown};
use crate::keys::balances;
use crate::keys::place::Place;
use crate::say::say;

/// Largest file of keys.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;
const SQLITE_MARK: &[u8] = b"SQLite format 3\0";
/// So many keys are told by name.
const KEYS_TOLD_MAX: usize = 20;

/// What is wanted.
pub(super) struct Wanted {
    pub(super) source: String,
    pub(super) format: Option<KeysFormat>,
    pub(super) project: Option<String>,
    pub(super) dry_run: bool,
    pub(super) json: bool,
}

/// Reads, takes over and tells.
pub(super) fn run(wanted: &Wanted, place: &Place) -> Result<()> {
    let mut found = read(&wanted.source, wanted.format)?;
    if found.keys.is_empty() && found.problems.is_empty() {
        bail!("{}", told_nothing(&found));
    }
    for key in &mut found.keys {
        if let Some(project) = &wanted.project
            && key["settings"]["project"].is_null()
        {
            key["settings"]["project"] = project.as_str().into();
        }
    }
    let is_dry = wanted.dry_run || !found.problems.is_empty();
    let wish = json!({ "source": found.source, "dry_run": is_dry, "keys": std::mem::take(&mut found.keys) });
    let taken = place.import(wish);
    if !found.problems.is_empty() {
        // All that is wrong, whoever found it.
        let mut lines: Vec<String> =
            found.problems.iter().map(|(row, why)| format!("row {row}: {why}")).collect();
        if let Err(error) = taken {
            lines.push(format!("{error:#}"));
        }
        bail!("{} rows are no keys, so none was taken over:\n{}", found.problems.len(), lines.join("\n"));
    }
    let mut taken = taken?;
    taken["notes"] = json!(found.notes);
    say(&if wanted.json { taken.to_string() } else { told(&taken) });
    Ok(())
}

/// The same with what keys and their owners may still spend.
pub(super) fn with_balances(
    place: (&DataOptions, Option<PathBuf>),
    wanted: &Wanted,
    options: &BalanceOptions,
) -> Result<()> {
    let (carried, origin) = read_balances(wanted, options)?;
    if !carried.keys.problems.is_empty() {
        let lines = carried.keys.problems.iter().map(|(row, why)| format!("row {row}: {why}"));
        let lines: Vec<String> = lines.chain(carried.problems.clone()).collect();
        bail!("{} rows cannot be carried, so nothing was:\n{}", lines.len(), lines.join("\n"));
    }
    if carried.keys.keys.is_empty() && carried.owners.is_empty() && carried.problems.is_empty() {
        bail!("{}", told_nothing(&carried.keys));
    }
    balances::run(place, &carried, options, (&origin, wanted.dry_run, wanted.json))
}

fn read_balances(wanted: &Wanted, options: &BalanceOptions) -> Result<(Carried, String)> {
    let (source, now) = (&wanted.source, wall_clock());
    let origin =
        |usual: &str| balances::origin(options.origin.as_deref().unwrap_or(usual)).map(str::to_owned);
    let looks = match wanted.format {
        Some(KeysFormat::NewApi) => Looks::NewApi,
        Some(KeysFormat::Litellm) => Looks::Litellm,
        Some(KeysFormat::Csv | KeysFormat::Json) => Looks::Csv,
        None if is_database(source)? => Looks::NewApi,
        None => looks_of(&text_of(source)?),
    };
    let read = match looks {
        Looks::NewApi => {
            let origin = origin("new-api")?;
            let tables = new_api_tables(source)?;
            let read = imports::balances::new_api(&tables, &origin, options.forgive_debts, now);
            read.map(|carried| (carried, origin))
        }
        Looks::Litellm => {
            let origin = origin("litellm")?;
            let read = imports::balances::litellm(&text_of(source)?, &origin, now);
            read.map(|carried| (carried, origin))
        }
        Looks::Csv | Looks::Json => {
            let source = source_shown(source);
            bail!("balances are carried from new-api, one-api and LiteLLM; {source} is a file of keys alone")
        }
    };
    read.map_err(anyhow::Error::msg).with_context(|| source_shown(source).to_owned())
}

fn told_nothing(found: &KeysFound) -> String {
    let notes: String = found.notes.iter().map(|note| format!("\n{note}")).collect();
    format!("there is no key to take over{notes}")
}

fn told(taken: &Value) -> String {
    let count = taken["imported"].as_u64().unwrap_or_default();
    let is_dry = taken["dry_run"].as_bool().unwrap_or_default();
    let mut lines = vec![if is_dry {
        format!("{count} keys would be taken over; nothing was changed")
    } else {
        format!("{count} keys are taken over; they work from now on, as their callers have them")
    }];
    let keys = taken["keys"].as_array().into_iter().flatten().take(KEYS_TOLD_MAX);
    let text = |key: &Value, field: &str| key[field].as_str().unwrap_or_default().to_owned();
    lines.extend(keys.map(|key| {
        let id = if is_dry { String::new() } else { format!("{}  ", text(key, "id")) };
        let expires = key["expires_at"].as_str().unwrap_or("never");
        format!("  {id}{}  {}  expires: {expires}", text(key, "name"), text(key, "hint"))
    }));
    if count > KEYS_TOLD_MAX as u64 {
        lines.push(format!("  and {} more", count - KEYS_TOLD_MAX as u64));
    }
    let notes = taken["notes"].as_array().into_iter().flatten().filter_map(Value::as_str);
    lines.extend(notes.map(|note| format!("note: {note}")));
    lines.join("\n")
}

fn read(source: &str, format: Option<KeysFormat>) -> Result<KeysFound> {
    let now = wall_clock();
    if is_database(source)? || format == Some(KeysFormat::NewApi) {
        return Ok(new_api(&new_api_tables(source)?, now, false));
    }
    let text = text_of(source)?;
    let looks = match format {
        None => looks_of(&text),
        Some(KeysFormat::Csv) => Looks::Csv,
        Some(KeysFormat::Json) => Looks::Json,
        Some(KeysFormat::Litellm) => Looks::Litellm,
        Some(KeysFormat::NewApi) => Looks::NewApi,
    };
    match looks {
        Looks::Csv => csv(&text),
        Looks::Json => own_json(&text),
        Looks::Litellm => litellm(&text, now, false),
        Looks::NewApi => return Ok(new_api(&new_api_tables(source)?, now, false)),
    }
    .map_err(anyhow::Error::msg)
    .with_context(|| source_shown(source).to_owned())
}

/// Whether it is what `bellwether import new-api` reads as tables: an address, a directory, or an SQLite file.
fn is_database(source: &str) -> Result<bool> {
    let path = Path::new(source);
    let is_file = is_shown_whole(source) && !source.contains("://") && !source.starts_with("env:");
    if !is_file || path.is_dir() {
        return Ok(true);
    }
    let mut start = Vec::new();
    let file = File::open(path).with_context(|| format!("cannot read {source}"))?;
    file.take(SQLITE_MARK.len() as u64)
        .read_to_end(&mut start)
        .with_context(|| format!("cannot read {source}"))?;
    Ok(start == SQLITE_MARK)
}

fn text_of(source: &str) -> Result<String> {
    if !is_shown_whole(source) {
        bail!("only the tables of new-api are read from a database; name a file");
    }
    let failed = || format!("cannot read {source}");
    let mut text = String::new();
    let file = File::open(source).with_context(failed)?;
    file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).with_context(failed)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        bail!("{source} is larger than {FILE_BYTES_MAX} bytes");
    }
    Ok(text)
}

/// Whether it may be printed: the address of a database may hold a password.
fn is_shown_whole(source: &str) -> bool {
    source_shown(source) == source
}
