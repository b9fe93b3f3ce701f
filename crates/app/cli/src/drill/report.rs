//! What a drill found, as text for people and as JSON for programs.

use std::time::Duration;

use serde_json::{Value, json};

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

    /// One block for each name and place; scenes that look the same to callers are one row of it.
    fn scenes_text(&self) -> String {
        let mut blocks: Vec<(String, Vec<&Scene>)> = Vec::new();
        for scene in self.scenes.iter().filter(|scene| scene.is_met || !scene.is_as_it_should()) {
            let alone = if scene.elsewhere == 0 { "; nobody stands elsewhere" } else { "" };
            let title = match scene.fault {
                Some(_) => format!("{}, {}{alone}", scene.model, scene.site.label),
                None if scene.is_as_it_should() => continue,
                None => format!("{}, everybody well", scene.model),
            };
            match blocks.iter_mut().find(|(known, _)| *known == title) {
                Some((_, scenes)) => scenes.push(scene),
                None => blocks.push((title, vec![scene])),
            }
        }
        // The parts of a name were played side by side.
        let place = |name: &str| self.scenes.iter().position(|scene| scene.model == name);
        blocks.sort_by_key(|(_, scenes)| place(&scenes[0].model));
        let text = |(title, scenes): &(String, Vec<&Scene>)| format!("{title}\n{}", block_text(scenes));
        blocks.iter().map(text).collect::<Vec<_>>().join("\n\n")
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

/// What callers saw, the most frequent first; there the others are told by what they are not.
fn block_text(scenes: &[&Scene]) -> String {
    let mut rows: Vec<(String, String, Vec<&str>)> = Vec::new();
    for fault in std::iter::once(None).chain(FAULTS.iter().map(|fault| Some(fault.name))) {
        let same_fault = |scene: &&&Scene| scene.fault.map(|fault| fault.name) == fault;
        let mut seen: Vec<(String, Vec<&str>)> = Vec::new();
        for scene in scenes.iter().filter(same_fault) {
            let mark = if scene.is_as_it_should() { "" } else { "! " };
            let words = format!("{mark}{}", scene.seen());
            let kind = if scene.is_streaming { "stream" } else { "whole" };
            match seen.iter_mut().find(|(known, _)| *known == words) {
                Some((_, kinds)) => kinds.push(kind),
                None => seen.push((words, vec![kind])),
            }
        }
        for (words, mut kinds) in seen {
            kinds.sort_unstable_by(|one, other| other.cmp(one));
            kinds.dedup();
            let (kinds, fault) = (kinds.join(", "), fault.unwrap_or("no fault"));
            match rows.iter_mut().find(|(known, kind, _)| *known == words && *kind == kinds) {
                Some((_, _, faults)) => faults.push(fault),
                None => rows.push((words, kinds, vec![fault])),
            }
        }
    }
    rows.sort_by_key(|(_, _, faults)| std::cmp::Reverse(faults.len()));
    let rows: Vec<[String; 4]> = rows
        .into_iter()
        .map(|(seen, kinds, faults)| [format!("  {seen}"), kinds, faults.len().to_string(), wrapped(&faults)])
        .collect();
    table(["  CALLERS SEE", "ASKED FOR", "FAULTS", "WHICH"], &rows)
}

/// A long list is told by its beginning; JSON has all of it.
fn wrapped(faults: &[&str]) -> String {
    const SHOWN_MAX: usize = 8;
    if faults.len() <= SHOWN_MAX {
        return faults.join(", ");
    }
    format!("{} … {}", faults[..SHOWN_MAX - 1].join(", "), faults[faults.len() - 1])
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
