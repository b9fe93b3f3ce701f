//! What a drill found, as text for people and as JSON for programs.

use std::time::Duration;

use serde_json::{Value, json};

use super::caller::Seen;
use super::faults::FAULTS;
use super::finding::{Finding, Weight};
use super::pace::Pace;
use super::rules;
use super::scenes::Scene;
use super::verdict::PLAYED;
use crate::table::table;

const WEIGHTS: [Weight; 3] = [Weight::Error, Weight::Warning, Weight::Hint];

/// All that is told.
pub(super) struct Report {
    /// The heaviest first.
    pub(super) findings: Vec<Finding>,
    pub(super) scenes: Vec<Scene>,
    /// Names that are neither for conversations nor for embeddings.
    pub(super) not_played: Vec<String>,
    pub(super) pace: Pace,
    /// What a caller waits at most in the house: for a stream to begin, and for a whole answer.
    pub(super) patience: [Duration; 2],
}

impl Report {
    pub(super) fn count(&self, weight: Weight) -> usize {
        self.findings.iter().filter(|finding| finding.weight == weight).count()
    }

    /// Whether anything is more than a hint.
    pub(super) fn has_weight(&self) -> bool {
        self.findings.iter().any(|finding| finding.weight > Weight::Hint)
    }

    pub(super) fn json(&self) -> Value {
        let patience = |scene: &Scene| self.patience[usize::from(!scene.is_streaming)];
        json!({
            "ok": !self.has_weight(),
            "errors": self.count(Weight::Error),
            "warnings": self.count(Weight::Warning),
            "hints": self.count(Weight::Hint),
            "times_divided_by": (self.pace.times * 10.0).round() / 10.0,
            "not_played": self.not_played,
            "findings": self.findings.iter().map(Finding::json).collect::<Vec<_>>(),
            "scenes": self.scenes.iter().map(|scene| scene.json(&self.pace, patience(scene))).collect::<Vec<_>>(),
        })
    }

    pub(super) fn text(&self) -> String {
        let mut parts = Vec::new();
        if !self.scenes.is_empty() {
            parts.push(self.scenes_text());
        }
        if !self.not_played.is_empty() {
            let names = self.not_played.join(", ");
            parts.push(format!("not played, as neither for conversations nor for embeddings: {names}"));
        }
        for weight in WEIGHTS {
            let of_weight: Vec<&Finding> =
                self.findings.iter().filter(|finding| finding.weight == weight).collect();
            if !of_weight.is_empty() {
                parts.push(findings_text(weight, &of_weight));
            }
        }
        parts.push(self.verdict());
        parts.join("\n\n")
    }

    /// Scenes that look the same to callers in one row.
    fn scenes_text(&self) -> String {
        let mut rows: Vec<([String; 4], Vec<&str>)> = Vec::new();
        for scene in self.scenes.iter().filter(|scene| scene.is_met && scene.fault.is_some()) {
            let kind = if scene.is_streaming { "stream" } else { "whole" };
            let mut seen = scene.seen();
            if !scene.is_as_it_should() {
                seen = format!("! {seen}");
            } else if scene.answer.seen != Seen::Whole && scene.elsewhere == 0 {
                seen = format!("{seen} (nobody stands elsewhere)");
            }
            let key = [scene.model.clone(), scene.site.label.clone(), kind.to_owned(), seen];
            let fault = scene.fault.map_or("", |fault| fault.name);
            match rows.iter_mut().find(|(known, _)| *known == key) {
                Some((_, faults)) => faults.push(fault),
                None => rows.push((key, vec![fault])),
            }
        }
        let order = |fault: &str| FAULTS.iter().position(|known| known.name == fault);
        rows.sort_by(|(one, faults), (other, others)| {
            let key = |row: &[String; 4], faults: &[&str]| {
                (row[1].clone(), row[2] == "stream", order(faults.first().copied().unwrap_or_default()))
            };
            // The order of names is that of the configuration.
            let place = |name: &str| self.scenes.iter().position(|scene| scene.model == name);
            (place(&one[0]), key(one, faults)).cmp(&(place(&other[0]), key(other, others)))
        });
        let rows: Vec<[String; 5]> = rows
            .into_iter()
            .map(|([model, at, kind, seen], mut faults)| {
                faults.sort_by_key(|fault| order(fault));
                [model, at, kind, seen, faults_text(&faults)]
            })
            .collect();
        table(["MODEL", "AT", "ASKED FOR", "CALLERS SEE", "WITH"], &rows)
    }

    fn verdict(&self) -> String {
        let played = self.scenes.iter().filter(|scene| scene.fault.is_some()).count();
        let pace = if self.pace.times > 1.0 {
            format!(" (times were divided by {:.0})", self.pace.times)
        } else {
            String::new()
        };
        format!(
            "{played} scenes played{pace}; errors: {}, warnings: {}, hints: {}",
            self.count(Weight::Error),
            self.count(Weight::Warning),
            self.count(Weight::Hint)
        )
    }
}

/// Most or all of them are told by those that are missing.
fn faults_text(faults: &[&str]) -> String {
    if faults.len() == FAULTS.len() {
        return "every fault".to_owned();
    }
    faults.join(", ")
}

fn findings_text(weight: Weight, findings: &[&Finding]) -> String {
    let mut lines = Vec::new();
    for finding in findings {
        let trace = &finding.trace;
        let model = trace.model.as_ref().map_or_else(String::new, |model| format!("{model}: "));
        lines.push(format!("{} {}  {model}{}", weight.name(), finding.code, trace.of));
        lines.push(format!("    {}", trace.what));
        lines.push(format!("    -> {}", trace.remedy));
    }
    lines.join("\n")
}

/// What is played and what is looked for.
pub(super) fn list() -> String {
    let faults: Vec<[String; 2]> =
        FAULTS.iter().map(|fault| [fault.name.to_owned(), format!("the provider {}", fault.says)]).collect();
    let played = PLAYED.iter().map(|played| (played.code, played.weight, played.says));
    let found: Vec<[String; 3]> = played
        .chain(rules::all().map(|rule| (rule.code, rule.weight, rule.says)))
        .map(|(code, weight, says)| [code.to_owned(), weight.name().to_owned(), says.to_owned()])
        .collect();
    format!(
        "{}\n\n{}",
        table(["FAULT", "WHAT IS PLAYED"], &faults),
        table(["FINDING", "WEIGHT", "WHAT IS LOOKED FOR"], &found)
    )
}

/// The same for programs.
pub(super) fn list_json() -> Value {
    let faults = FAULTS.iter().map(|fault| json!({ "name": fault.name, "says": fault.says }));
    let played = PLAYED.iter().map(|played| (played.code, played.weight, played.says));
    let found = played
        .chain(rules::all().map(|rule| (rule.code, rule.weight, rule.says)))
        .map(|(code, weight, says)| json!({ "code": code, "weight": weight.name(), "says": says }));
    json!({ "faults": faults.collect::<Vec<_>>(), "findings": found.collect::<Vec<_>>() })
}
