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
        json!({
            "ok": !self.has_weight(),
            "errors": self.count(Weight::Error),
            "warnings": self.count(Weight::Warning),
            "hints": self.count(Weight::Hint),
            "times_divided_by": (self.pace.times * 10.0).round() / 10.0,
            "not_played": self.not_played,
            "findings": self.findings.iter().map(Finding::json).collect::<Vec<_>>(),
            "scenes": self.scenes.iter().map(|scene| scene.json(&self.patience)).collect::<Vec<_>>(),
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
        let text = |(title, scenes): &(String, Vec<&Scene>)| {
            format!("{title}\n{}", block_text(scenes, &self.patience))
        };
        blocks.iter().map(text).collect::<Vec<_>>().join("\n\n")
    }

    fn verdict(&self) -> String {
        let played = self.scenes.iter().filter(|scene| scene.fault.is_some()).count();
        let pace = if self.pace.times > 1.0 {
            format!(
                "; times were divided by {:.0}, and are told as parts of what a caller waits at most",
                self.pace.times
            )
        } else {
            String::new()
        };
        format!(
            "{played} scenes played{pace}\nerrors: {}, warnings: {}, hints: {}",
            self.count(Weight::Error),
            self.count(Weight::Warning),
            self.count(Weight::Hint)
        )
    }
}

/// Scenes of a block that look the same to callers.
struct Row<'s> {
    seen: String,
    /// Whole answers, streams, or both.
    kinds: Vec<&'s str>,
    faults: Vec<&'s str>,
    /// The longest that one of them took, of what a caller waits at most.
    took_percent: u64,
    is_as_it_should: bool,
}

impl Row<'_> {
    fn is_like(&self, other: &Row<'_>) -> bool {
        (&self.seen, &self.kinds, self.is_as_it_should) == (&other.seen, &other.kinds, other.is_as_it_should)
    }

    fn cells(self) -> [String; 5] {
        let mark = if self.is_as_it_should { " " } else { "!" };
        [
            format!("{mark} {}", self.seen),
            self.kinds.join(", "),
            format!("{} %", self.took_percent),
            self.faults.len().to_string(),
            shortened(&self.faults),
        ]
    }
}

/// What callers saw: first what should not be, then the most frequent.
fn block_text(scenes: &[&Scene], patience: &[Duration; 2]) -> String {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for fault in std::iter::once(None).chain(FAULTS.iter().map(|fault| Some(fault.name))) {
        let same_fault = |scene: &&&Scene| scene.fault.map(|fault| fault.name) == fault;
        let mut of_fault: Vec<Row<'_>> = Vec::new();
        for scene in scenes.iter().filter(same_fault) {
            let (seen, is_as_it_should) = (scene.seen(), scene.is_as_it_should());
            let kind = if scene.is_streaming { "stream" } else { "whole" };
            let took_percent = scene.took_percent(patience);
            let faults = vec![fault.unwrap_or("no fault")];
            let row = Row { seen, kinds: vec![kind], faults, took_percent, is_as_it_should };
            // A whole answer is asked for first.
            match of_fault.iter_mut().find(|known| known.seen == row.seen) {
                Some(known) => {
                    known.kinds.push(kind);
                    known.kinds.dedup();
                    known.took_percent = known.took_percent.max(took_percent);
                }
                None => of_fault.push(row),
            }
        }
        for row in of_fault {
            match rows.iter_mut().find(|known| known.is_like(&row)) {
                Some(known) => {
                    known.faults.extend(row.faults);
                    known.took_percent = known.took_percent.max(row.took_percent);
                }
                None => rows.push(row),
            }
        }
    }
    rows.sort_by_key(|row| (row.is_as_it_should, std::cmp::Reverse(row.faults.len())));
    let rows: Vec<[String; 5]> = rows.into_iter().map(Row::cells).collect();
    table(["  CALLERS SEE", "ASKED FOR", "TOOK UP TO", "FAULTS", "WHICH"], &rows)
}

/// A long list is told by its beginning; JSON has all of it.
fn shortened(faults: &[&str]) -> String {
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
