//! `bellwether report`, a question to the admin API.

use std::io::{Write, stderr};
use std::path::PathBuf;

use admin::{margin_csv, report_csv, report_notes};
use anyhow::{Result, bail};
use serde_json::Value;

use super::{margin, shown};
use crate::arguments::{DataOptions, ReportOptions};
use crate::near_admin::NearAdmin;
use crate::query::{path, query};
use crate::say::say;

/// What calls can be chosen by.
const WANTED: [&str; 11] = [
    "model",
    "provider",
    "served",
    "region",
    "organisation",
    "project",
    "key",
    "tag",
    "status",
    "error",
    "service",
];

/// Asks and prints.
pub(crate) fn run(data: &DataOptions, config: Option<PathBuf>, options: &ReportOptions) -> Result<()> {
    let chosen = chosen(&options.wanted)?;
    let is_day = options.from.is_none()
        && options.to.is_none()
        && options.by.is_none()
        && options.step.is_none()
        && !options.csv;
    let step = options.step.as_deref().or_else(|| options.by.as_ref().map(|_| "total"));
    let said = [
        ("date", options.date.as_deref()),
        ("from", options.from.as_deref()),
        ("to", options.to.as_deref()),
        ("tz", options.tz.as_deref()),
        ("step", step),
        ("by", options.by.as_deref()),
    ];
    let query = query(said.into_iter().chain(chosen));
    let admin = NearAdmin::find(data, config)?;
    let noun: &[&str] = match (options.margin, is_day) {
        (true, _) => &["reports", "margin"],
        (false, true) => &["reports", "daily"],
        (false, false) => &["reports"],
    };
    let told: Value = admin.ask("GET", &format!("{}{query}", path(noun)), None)?;
    say(&if options.json {
        told.to_string()
    } else if options.csv {
        let csv = if options.margin { margin_csv(&told) } else { report_csv(&told) };
        csv.trim_end().to_owned()
    } else if options.margin {
        margin::shown(&told)
    } else if is_day {
        shown::day(&told)
    } else {
        shown::report(&told)
    });
    if !options.json {
        say_notes(&told);
    }
    Ok(())
}

/// Says what a report is without, where JSON does not: within a table it would be taken for a part of it.
pub(crate) fn say_notes(told: &Value) {
    for note in report_notes(told) {
        // The report itself is told: nobody is served better by an error.
        let _ = writeln!(stderr(), "note: {note}");
    }
}

/// Names and values of what was said; what is none is refused here, where its place is known.
fn chosen(said: &[String]) -> Result<Vec<(&str, Option<&str>)>> {
    let mut chosen = Vec::new();
    for word in said {
        let Some((name, value)) = word.split_once('=') else {
            bail!("--where takes NAME=VALUE, such as model=gpt-4.1, not '{word}'")
        };
        if !WANTED.contains(&name) {
            bail!("--where knows {}, not '{name}'", WANTED.join(", "));
        }
        if chosen.iter().any(|(known, _)| *known == name) {
            bail!("--where says {name} twice; of each name calls can have one value");
        }
        chosen.push((name, Some(value)));
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn what_is_no_choice_is_refused_by_its_name() {
        let said = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let good = said(&["model=gpt-4.1", "tag=team=shop"]);
        assert_eq!(chosen(&good).unwrap(), [("model", Some("gpt-4.1")), ("tag", Some("team=shop"))]);
        for (words, expected) in [
            (&["model"][..], "NAME=VALUE"),
            (&["modle=x"], "not 'modle'"),
            (&["model=x", "model=y"], "model twice"),
        ] {
            let refused = chosen(&said(words)).unwrap_err().to_string();
            assert!(refused.contains(expected), "{refused}");
        }
    }
}
