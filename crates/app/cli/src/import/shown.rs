//! What an import says: the report, the configuration, what was written and what is still to do.

use std::path::Path;

use imports::{Fate, Finding, Imported};
use serde_json::{Value, json};

use super::outputs::Written;
use crate::environment;
use crate::table::table;

const HEADINGS: [&str; 4] = ["BECAME", "PLACE", "SETTING", "WHAT IT IS NOW, OR WHY IT IS NOT HERE"];
const FATES: [Fate; 3] = [Fate::Lost, Fate::Changed, Fate::Carried];

/// For people.
pub(super) fn text(source: &str, imported: &Imported, configuration: &str, written: &[Written]) -> String {
    let counts = FATES.map(|fate| format!("{} {}", imported.report.count(fate), fate.name()));
    let mut parts = vec![format!("{source}: {}", counts.join(", "))];
    let rows: Vec<[String; 4]> = FATES
        .iter()
        .flat_map(|fate| imported.report.findings().iter().filter(move |finding| finding.fate == *fate))
        .map(row)
        .collect();
    parts.push(table(HEADINGS, &rows));
    if !imported.draft.is_empty() {
        parts.extend(needed(imported));
        parts.push(match written {
            [] => format!("Nothing was written. --write PATH writes this:\n\n{configuration}")
                .trim_end()
                .to_owned(),
            files => after(files),
        });
    }
    parts.join("\n\n")
}

/// For programs.
pub(super) fn json(source: &str, imported: &Imported, configuration: &str, written: &[Written]) -> Value {
    let findings: Vec<Value> = imported.report.findings().iter().map(finding).collect();
    let variables: Vec<Value> = imported
        .draft
        .variables()
        .iter()
        .map(|name| json!({ "name": name, "state": state(name, imported) }))
        .collect();
    json!({
        "source": source,
        "carried": imported.report.count(Fate::Carried),
        "changed": imported.report.count(Fate::Changed),
        "not_carried": imported.report.count(Fate::Lost),
        "findings": findings,
        "variables": variables,
        "configuration": configuration,
        "written": written.iter().map(Written::json).collect::<Vec<_>>(),
    })
}

fn row(finding: &Finding) -> [String; 4] {
    let place = finding.spot.as_ref().map_or_else(
        || "-".to_owned(),
        |spot| {
            let name = Path::new(&spot.file)
                .file_name()
                .map_or(spot.file.clone(), |name| name.to_string_lossy().into());
            format!("{name}:{}", spot.place.line)
        },
    );
    let said = match &finding.advice {
        Some(advice) => format!("{}; {advice}", finding.said),
        None => finding.said.clone(),
    };
    [finding.fate.name().to_owned(), place, one_line(&finding.what), one_line(&said)]
}

/// Names come from foreign files: none of them may break a line or steer a terminal.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn finding(finding: &Finding) -> Value {
    json!({
        "became": finding.fate.name(),
        "file": finding.spot.as_ref().map(|spot| &spot.file),
        "line": finding.spot.as_ref().map(|spot| spot.place.line),
        "column": finding.spot.as_ref().map(|spot| spot.place.column),
        "setting": finding.what,
        "said": finding.said,
        "advice": finding.advice,
    })
}

/// The variables that must be set, and which of them are.
fn needed(imported: &Imported) -> Option<String> {
    let names = imported.draft.variables();
    let width = names.iter().map(|name| name.len()).max().unwrap_or_default();
    let lines: Vec<String> =
        names.iter().map(|name| format!("  {name:width$}  {}", state(name, imported))).collect();
    (!lines.is_empty()).then(|| format!("Variables that hold the providers' keys:\n{}", lines.join("\n")))
}

fn state(name: &str, imported: &Imported) -> &'static str {
    if imported.secrets.iter().any(|carried| carried.variable == name) {
        "in the file of variables"
    } else if environment::variable(name).is_some() {
        "set"
    } else {
        "not set here"
    }
}

fn after(files: &[Written]) -> String {
    let lines: Vec<String> =
        files.iter().map(|file| format!("  {}  {}", file.path.display(), file.holds)).collect();
    let path = |ending: &str| {
        files.iter().map(|file| &file.path).find(|path| path.to_string_lossy().ends_with(ending))
    };
    let variables = path(".env").map(|path| format!("set -a; . {}; set +a; ", sourced(path)));
    let configuration = files.last().map(|file| file.path.display().to_string()).unwrap_or_default();
    format!(
        "Written:\n{}\n\nNext: {}bellwether check {configuration}",
        lines.join("\n"),
        variables.unwrap_or_default()
    )
}

/// A shell looks for a bare name elsewhere first.
fn sourced(path: &Path) -> String {
    let text = path.display().to_string();
    if text.contains('/') { text } else { format!("./{text}") }
}
