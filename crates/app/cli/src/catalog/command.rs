//! The verbs of `bellwether catalog`. All of them work on files alone: a running server takes a new file by itself.

use anyhow::{Result, bail};
use config::nearest;
use providers::models::{Catalogue, Known, Row, difference, shipped};
use serde_json::{Value, json};

use super::own_file::{OwnFile, read_from};
use super::shown;
use crate::arguments::{CatalogCommand, DataOptions};
use crate::say::say;

/// Carries one verb out and prints its outcome.
pub(crate) fn run(data: &DataOptions, command: CatalogCommand) -> Result<()> {
    let own = OwnFile::of(data)?;
    match command {
        CatalogCommand::List { kind, retired, json } => {
            let catalogue = own.in_force()?;
            let rows = rows(&catalogue, kind.as_deref())?;
            let rows: Vec<_> = rows.into_iter().filter(|(_, row)| retired || row.is_served()).collect();
            say(&if json { as_json(&rows).to_string() } else { shown::list(&rows) });
        }
        CatalogCommand::Show { name, kind, json } => {
            let catalogue = own.in_force()?;
            let found = found(&catalogue, kind.as_deref(), &name)?;
            say(&if json { as_json(&found).to_string() } else { shown::rows(&found) });
        }
        CatalogCommand::Diff { from, json } => {
            let in_force = own.in_force()?;
            let changes = match from {
                None => difference(&shipped(), &in_force),
                Some(from) => difference(&in_force, &read_from(&from)?.1.over(&shipped())),
            };
            say(&if json { shown::changes_json(&changes).to_string() } else { shown::changes(&changes) });
        }
        CatalogCommand::Update { from, dry_run, json } => update(&own, &from, dry_run, json)?,
    }
    Ok(())
}

fn update(own: &OwnFile, from: &str, is_dry: bool, json: bool) -> Result<()> {
    let (text, next) = read_from(from)?;
    // A present file that cannot be read is what an update may be for.
    let before = own.in_force().unwrap_or_else(|_| shipped());
    let changes = difference(&before, &next.over(&shipped()));
    if !is_dry {
        own.replace(&text)?;
    }
    if json {
        let file = own.path().display().to_string();
        let body = json!({ "file": file, "written": !is_dry, "changes": shown::changes_json(&changes) });
        say(&body.to_string());
        return Ok(());
    }
    say(&shown::changes(&changes));
    let file = own.path().display();
    say(&if is_dry {
        format!("\nnothing is written: without --dry-run this becomes {file}")
    } else {
        format!("\nwritten to {file}; a running server takes it within seconds, any other at its start")
    });
    Ok(())
}

/// The rows of one kind, or of all.
fn rows<'c>(catalogue: &'c Catalogue, kind: Option<&str>) -> Result<Vec<(&'c str, &'c Row)>> {
    let of_kind = |(kind, known): (&'c str, &'c Known)| known.rows().map(move |row| (kind, row));
    let rows: Vec<_> = kinds(catalogue, kind).flat_map(of_kind).collect();
    match kind {
        Some(kind) if rows.is_empty() => {
            let known: Vec<_> = catalogue.kinds().map(|(kind, _)| kind).collect();
            bail!("nothing is known of kind '{kind}'; known are {}", known.join(", "))
        }
        _ => Ok(rows),
    }
}

/// The rows that a name means: a name, an alias, or either behind its kind, as it is shown.
fn found<'c>(catalogue: &'c Catalogue, kind: Option<&str>, name: &str) -> Result<Vec<(&'c str, &'c Row)>> {
    let found: Vec<_> =
        kinds(catalogue, kind).filter_map(|(kind, known)| Some((kind, known.find(name)?))).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    if let (None, Some((kind, name))) = (kind, name.split_once('/'))
        && let Some((kind, known)) = kinds(catalogue, Some(kind)).next()
        && let Some(row) = known.find(name)
    {
        return Ok(vec![(kind, row)]);
    }
    let rows = kinds(catalogue, kind).flat_map(|(_, known)| known.rows());
    let names: Vec<&str> =
        rows.flat_map(|row| std::iter::once(&row.name).chain(&row.aliases)).map(String::as_str).collect();
    let advice = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None => "bellwether catalog list names those it knows".to_owned(),
    };
    bail!("the catalogue does not know '{name}': it is taken to be able to do anything; {advice}")
}

fn kinds<'c>(catalogue: &'c Catalogue, kind: Option<&str>) -> impl Iterator<Item = (&'c str, &'c Known)> {
    catalogue.kinds().filter(move |(known, _)| kind.is_none_or(|kind| kind == *known))
}

fn as_json(rows: &[(&str, &Row)]) -> Value {
    let of_row = |(kind, row): &(&str, &Row)| {
        let mut json = serde_json::to_value(row).unwrap_or_default();
        if let Some(members) = json.as_object_mut() {
            members.remove("kinds");
            members.insert("kind".to_owned(), Value::from(*kind));
        }
        json
    };
    json!({ "models": rows.iter().map(of_row).collect::<Vec<_>>() })
}
