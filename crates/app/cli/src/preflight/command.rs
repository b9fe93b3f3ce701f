//! One look after the other; what cannot be looked at is bad, and the rest is looked at all the same.

use anyhow::{Result, bail};
use serde_json::Value;

use super::names::{Asked, Names, names};
use super::report::{Report, Verdict};
use super::round_trip::round_trip;
use super::server::Server;
use super::{facts, monitoring};
use crate::admin_client::AdminClient;
use crate::arguments::{DataOptions, PreflightOptions};
use crate::say::say;

type Look = fn(&Server, &mut Report) -> Result<()>;
/// What only the admin API tells.
const LOOKS: [(&str, Look); 4] = [
    ("configuration", facts::configuration),
    ("key", facts::keys),
    ("switch", facts::switches),
    ("balance", facts::balances),
];
/// Models that are asked by themselves; more are named by `--model`.
const ASKED_MAX: usize = 50;

/// Looks, prints what it found, and ends with an error if anything is bad.
pub(crate) fn run(data: &DataOptions, options: PreflightOptions) -> Result<()> {
    let PreflightOptions { url, models, free, json } = options;
    let server = Server::find(data, url)?;
    let mut report = Report::default();
    facts::readiness(&server, &mut report);
    for (check, look) in LOOKS {
        if let Err(error) = look(&server, &mut report) {
            report.add(check, "server", Verdict::Bad, format!("{error:#}"));
        }
    }
    let before = monitoring::scrape(&server);
    monitoring::look(&before, &mut report);
    if free {
        report.add("model", "all", Verdict::Skipped, "--free asks no model");
    } else {
        match ask_models(&server, &models, &mut report) {
            Ok(calls) => {
                if let Ok(before) = before.as_ref() {
                    monitoring::counted(before, &monitoring::scrape(&server), calls, &mut report);
                }
            }
            Err(error) => report.add("model", "all", Verdict::Bad, format!("{error:#}")),
        }
    }
    say(&if json { report.json().to_string() } else { report.text() });
    match report.count(Verdict::Bad) {
        0 => Ok(()),
        bad => bail!("not fit for callers: {bad} of the checks are bad"),
    }
}

/// Asks each model once. Gives the number of calls made.
fn ask_models(server: &Server, wanted: &[String], report: &mut Report) -> Result<usize> {
    let key = server.key()?;
    let caller = server.caller(&key);
    let names = if wanted.is_empty() {
        found(server, &caller)
    } else {
        let asked = wanted.iter().map(|name| Asked { name: name.clone(), why: "as told" }).collect();
        Ok(Names { asked, unknown: Vec::new() })
    };
    let asked = names.map(|names| {
        for id in &names.unknown {
            let detail = format!("no model of it is known; say --model {id}/NAME");
            report.add("model", format!("{id}/*"), Verdict::Warning, detail);
        }
        if names.asked.len() > ASKED_MAX {
            let detail = format!("{} models; the first {ASKED_MAX} are asked", names.asked.len());
            report.add("model", "all", Verdict::Warning, detail);
        }
        let asked = names.asked.iter().take(ASKED_MAX);
        asked.map(|asked| round_trip(&caller, &asked.name, asked.why, report)).sum()
    });
    server.give_back(&key)?;
    asked
}

/// The models that are worth asking.
fn found(server: &Server, caller: &AdminClient) -> Result<Names> {
    let config = server.admin.ask("GET", "/admin/v1/config", None)?;
    let providers = server.admin.ask("GET", "/admin/v1/providers", None)?;
    let ids: Vec<String> = list(&providers["providers"])
        .iter()
        // Whoever is off as a whole answers nothing.
        .filter(|provider| provider["state"] == "on" || provider["state"] == "partly_off")
        .filter_map(|provider| provider["id"].as_str().map(str::to_owned))
        .collect();
    let listed = caller.ask("GET", "/v1/models", None)?;
    names(config["configured"].as_str().unwrap_or_default(), &ids, list(&listed["data"]))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
