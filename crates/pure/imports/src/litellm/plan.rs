//! The whole of it: file in, draft, report and secrets out.

use config::Problem;

use super::cursor::Cursor;
use super::sources::{Files, Outside, Variables};
use super::{deployment, limits, providers, routes, settings};
use crate::imported::Imported;
use crate::report::{About, Report};

/// Reads a LiteLLM proxy's configuration; a file that cannot be read as YAML is a problem with its place.
pub fn plan(name: &str, text: &str, outside: &Outside<'_>) -> Result<Imported, Vec<Problem>> {
    let mut imported = Imported::default();
    let files = Files::read(name, text, outside, &mut imported.report)?;
    let variables = Variables { files: &files, outside };
    let entries = files.section("model_list");
    if entries.is_empty() {
        imported.report.lost(&About::named(name), "there is no model_list, so nobody would answer", None);
    }
    for entry in entries.iter().filter(|entry| !entry.is_list()) {
        let said = "it is no list of deployments";
        imported.report.lost(&entry.about(), said, Some("write each as an item: - model_name: …"));
    }
    let mut deployments = Vec::new();
    for entry in entries.iter().flat_map(Cursor::items) {
        facts(&entry, &mut imported.report);
        deployments.extend(deployment::read(&entry, &files, &variables, &mut imported.report));
    }
    let ids = providers::gather(&deployments, &variables, &mut imported);
    imported.draft.models = routes::models(&deployments, &ids, &files, &mut imported.report);
    limits::read(name, &deployments, &files, &variables, &mut imported.draft, &mut imported.report);
    settings::tell(&files, &imported.secrets, &mut imported.report);
    imported.report.sort();
    Ok(imported)
}

/// `model_info` and whatever else stands beside `litellm_params`.
fn facts(entry: &Cursor<'_>, report: &mut Report) {
    for (key, value) in entry.entries() {
        if matches!(key, "model_name" | "litellm_params") || value.is_idle() {
            continue;
        }
        let mut names: Vec<&str> = value.entries().map(|(name, _)| name).collect();
        names.retain(|name| !matches!(*name, "id" | "mode"));
        if key == "model_info" && names.is_empty() {
            continue;
        }
        let said = if names.is_empty() { key.to_owned() } else { names.join(", ") };
        report.lost(
            &value.about(),
            format!("{said}: facts about models and prices are the catalogue's"),
            None,
        );
    }
}
