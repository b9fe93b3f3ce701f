//! The verbs of `bellwether prices`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Error, Result};
use imports::litellm_prices::{self, ImportedPrices};
use serde_json::{Value, json};
use store::PricedAs;

use super::ask::Ask;
use super::of_catalogue::{of_catalogue, without_mistakes};
use super::place::Place;
use super::shown;
use crate::arguments::{DataOptions, PricesCommand, PricesRating};
use crate::catalog;
use crate::environment;
use crate::replace_file::replace_file;
use crate::say::say;

/// Longest price list that is read.
const LIST_BYTES_MAX: u64 = 16 << 20;

/// Carries one verb out and prints its outcome.
pub(crate) fn run(data: &DataOptions, command: PricesCommand) -> Result<()> {
    match command {
        PricesCommand::List { model, json } => {
            let standing = Place::find(data)?.ask(Ask::Standing)?;
            say(&if json { standing.to_string() } else { shown::standing(&standing, model.as_deref()) });
        }
        PricesCommand::Show { version, draft } => {
            let ask = match (draft, version) {
                (true, _) => Ask::Draft,
                (false, None) => Ask::Standing,
                (false, Some(version)) => Ask::Text(version),
            };
            let answer = Place::find(data)?.ask(ask)?;
            say(answer["text"].as_str().unwrap_or_default().trim_end());
        }
        PricesCommand::Versions { json } => {
            answer(data, Ask::Versions, json, shown::versions)?;
        }
        PricesCommand::Check { file, json } => {
            answer(data, Ask::Check(text_of(&file)?), json, shown::checked)?;
        }
        PricesCommand::Set { file, change } => {
            let json = change.json;
            answer(data, Ask::Set(text_of(&file)?, change), json, shown::set)?;
        }
        PricesCommand::Diff { draft: true, json, .. } => {
            answer(data, Ask::Draft, json, |draft| shown::changes(&draft["comparison"]["changes"]))?;
        }
        PricesCommand::Diff { from, to, json, .. } => {
            answer(data, Ask::Difference(from, to), json, |told| shown::changes(&told["changes"]))?;
        }
        PricesCommand::Draft { drop: true, json } => {
            answer(data, Ask::DropDraft, json, |_| "the draft is gone".to_owned())?;
        }
        PricesCommand::Draft { json, .. } => {
            let text = without_mistakes(of_catalogue(catalog::in_force(data)?.kinds())).0;
            answer(data, Ask::KeepDraft(text, "the catalogue of models".to_owned()), json, shown::drafted)?;
        }
        PricesCommand::Import { file, write, json } => import(data, &file, write.as_deref(), json)?,
        PricesCommand::Approve { draft, change } => {
            let json = change.json;
            answer(data, Ask::Approve(draft, change), json, shown::set)?;
        }
        PricesCommand::Rate(rating) => {
            let json = rating.json;
            answer(data, Ask::Rate(sale(*rating)), json, shown::rated)?;
        }
    }
    Ok(())
}

fn answer(data: &DataOptions, ask: Ask, is_json: bool, shown: impl Fn(&Value) -> String) -> Result<()> {
    let answer = Place::find(data)?.ask(ask)?;
    say(&if is_json { answer.to_string() } else { shown(&answer) });
    Ok(())
}

fn text_of(file: &Path) -> Result<String> {
    environment::read_file_of(file, ledger::prices::TEXT_BYTES_MAX as u64).map_err(Error::msg)
}

fn import(data: &DataOptions, file: &Path, write: Option<&Path>, is_json: bool) -> Result<()> {
    let text = environment::read_file_of(file, LIST_BYTES_MAX).map_err(Error::msg)?;
    let imported = litellm_prices::read(&text).map_err(|why| anyhow::anyhow!("{} {why}", file.display()))?;
    let text = imported.book.to_toml();
    let kept = match write {
        Some(path) => {
            replace_file(path, &text).with_context(|| format!("cannot write {}", path.display()))?;
            None
        }
        None => {
            let name = file
                .file_name()
                .map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into());
            Some(Place::find(data)?.ask(Ask::KeepDraft(text, format!("price list {name}")))?)
        }
    };
    let report = report(&imported, kept.as_ref());
    say(&if is_json { report.to_string() } else { shown::imported(&report) });
    Ok(())
}

fn report(imported: &ImportedPrices, kept: Option<&Value>) -> Value {
    let left_out: Vec<Value> =
        imported.left_out.iter().map(|out| json!({ "name": out.name, "why": out.why })).collect();
    json!({
        "rows": imported.book.price.len(),
        "left_out": left_out,
        "rounded_up": imported.rounded.iter().map(|(name, part)| format!("{name} {part}")).collect::<Vec<_>>(),
        "draft": kept.map(|kept| &kept["draft"]),
        "comparison": kept.map(|kept| &kept["comparison"]),
    })
}

fn sale(rating: PricesRating) -> PricedAs {
    let mut usage = BTreeMap::new();
    for (name, count) in rating.usage {
        let sum: &mut u64 = usage.entry(name).or_default();
        *sum = sum.saturating_add(count);
    }
    PricedAs {
        provider: rating.provider,
        kind: rating.kind,
        model: rating.model,
        service: rating.service,
        at_ms: rating.at_ms,
        usage,
        organisation: rating.organisation,
        project: rating.project,
        key: rating.key,
        version: rating.version,
    }
}
