//! The list of metrics: from the exposition that `observe` records in its tests, and from the code for the few families
//! that others show beside it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::markdown::{code, table};

const RECORDED: &str = "crates/io/observe/tests/exposition.txt";
const CRATES: &str = "crates";
/// How the names of our families begin, as literals.
const BEGINNINGS: &[&str] = &["\"ai_gateway_", "\"process_"];

const INTRODUCTION: &str = "\
# Metrics

    curl -s http://127.0.0.1:4000/metrics

Prometheus text, also at `/v1/metrics`. Who may read it: [operations](../operations/README.md#who-may-read-metrics).

`provider` is the configured id of the provider, `gateway` where none was asked, or the one constant of
`metrics.provider_label`; `service` is the name of this gateway. For each provider the statuses 200, 429, 500, 502, 503
and 504 start at 0; others appear when they happen. Histograms end with `+Inf`.

This page is made from a recorded exposition by `cargo xtask docs`.

";

/// `line` and `credential` are counted from 0, in the order of the configuration.
const TARGET_LABELS: &str = "service, provider, line, credential";

/// Name, type, labels and meaning of what the recording leaves out, because it differs from run to run or is kept
/// elsewhere than in `observe`.
const UNRECORDED: &[(&str, &str, &str, &str)] = &[
    ("ai_gateway_body_memory_bytes", "gauge", "service", "Memory taken by request bodies."),
    ("ai_gateway_upload_disk_bytes", "gauge", "service", "Disk taken by uploads."),
    ("ai_gateway_control_queue_calls", "gauge", "service", "Control calls waiting for the control plane."),
    ("ai_gateway_alerts_firing", "gauge", "service, rule, severity", "Alerts that are bad now."),
    (
        "ai_gateway_alert_tries_total",
        "counter",
        "service, channel, outcome",
        "Tries of messages about alerts: delivered, failed, given_up; the last also of those that went for newer ones.",
    ),
    (
        "ai_gateway_upstream_balance",
        "gauge",
        "service, provider, credential, currency",
        "What is left on an account at a provider, by its own word.",
    ),
    ("ai_gateway_accounts", "gauge", "service", "Accounts that pay for calls."),
    ("ai_gateway_accounts_low", "gauge", "service", "Accounts whose balance is below their threshold."),
    (
        "ai_gateway_accounts_balance_nano",
        "gauge",
        "service, currency",
        "Balances of all accounts together, in thousand-millionths of the currency.",
    ),
    (
        "ai_gateway_accounts_held_nano",
        "gauge",
        "service, currency",
        "Money put aside for running calls, in thousand-millionths of the currency.",
    ),
    (
        "ai_gateway_ledger_records_waiting",
        "gauge",
        "service",
        "Records of money that the database does not have yet.",
    ),
    (
        "ai_gateway_ledger_journal_files",
        "gauge",
        "service",
        "Files of the journal of money that are still kept.",
    ),
    (
        "ai_gateway_ledger_has_room",
        "gauge",
        "service",
        "1 if calls can be paid for, 0 if the journal has no room for more.",
    ),
    (
        "ai_gateway_certificate_expires_seconds",
        "gauge",
        "service, listener",
        "Seconds until a certificate of a listener's chain ends; less than 0 once one has.",
    ),
    (
        "ai_gateway_config_current",
        "gauge",
        "service",
        "1 if the configuration in force is what the file says, 0 if the file was refused.",
    ),
    (
        "ai_gateway_config_version",
        "gauge",
        "service",
        "Number of the configuration in force; 0 without a file.",
    ),
    (
        "ai_gateway_provider_keys",
        "gauge",
        "service, provider, state",
        "Keys of providers, by what came of trying them: working, refused, unreachable, unchecked.",
    ),
    (
        "ai_gateway_limited_total",
        "counter",
        "service, scope, measure, outcome",
        "Calls that reached a limit, by whose it is, what it measures and what came of it.",
    ),
    (
        "ai_gateway_cache_requests_total",
        "counter",
        "service, state",
        "Requests whose answers may be kept for whoever asks the same, by what they got: hit, miss, refresh, bypass.",
    ),
    ("ai_gateway_cache_entries", "gauge", "service", "Answers that are kept for whoever asks the same."),
    ("ai_gateway_cache_bytes", "gauge", "service", "Memory that these answers take."),
    (
        "ai_gateway_cache_waited_total",
        "counter",
        "service",
        "Requests that waited for the answer to the same request of another.",
    ),
    (
        "ai_gateway_cache_saved_seconds_total",
        "counter",
        "service",
        "Time that kept answers had taken when they were asked for.",
    ),
    (
        "ai_gateway_cache_saved_cost_total",
        "counter",
        "service, currency",
        "What providers would have been paid for kept answers.",
    ),
    (
        "ai_gateway_idempotency_requests_total",
        "counter",
        "service, outcome",
        "Requests with an idempotency key, by what became of them: anew, replayed, reused, in_use, too_large, unknown.",
    ),
    ("ai_gateway_idempotency_keys", "gauge", "service", "Idempotency keys that are known."),
    (
        "ai_gateway_idempotency_disk_bytes",
        "gauge",
        "service",
        "Disk taken by answers that are kept for repeats.",
    ),
    (
        "ai_gateway_idempotency_failures_total",
        "counter",
        "service",
        "Records of idempotency keys that could not be written.",
    ),
    (
        "ai_gateway_idempotency_files_dropped_total",
        "counter",
        "service",
        "Files of kept answers that had to go before their time, to make room.",
    ),
    ("ai_gateway_calls", "gauge", "service", "Calls inside: from their key to their last byte."),
    ("ai_gateway_calls_peak", "gauge", "service", "The most calls there ever were inside."),
    ("ai_gateway_calls_max", "gauge", "service", "How many calls may be inside."),
    ("ai_gateway_queue_calls", "gauge", "service", "Calls that wait for room."),
    ("ai_gateway_queue_calls_peak", "gauge", "service", "The most calls that ever waited."),
    ("ai_gateway_limit_queue_calls", "gauge", "service", "Calls that wait their turn at limits of use."),
    ("ai_gateway_target_requests", "gauge", TARGET_LABELS, "Requests under way by a line with a credential."),
    ("ai_gateway_target_requests_peak", "gauge", TARGET_LABELS, "The most there ever were of one model."),
    ("ai_gateway_target_queue_calls", "gauge", TARGET_LABELS, "Calls that wait for its models."),
    (
        "ai_gateway_target_requests_learnt_max",
        "gauge",
        TARGET_LABELS,
        "How many requests it takes at once, as its refusals have taught, of the model with the lowest limit; none where there is no limit.",
    ),
    (
        "ai_gateway_target_state",
        "gauge",
        "service, provider, region, line, credential, model, state",
        "1 for the state a target is in: unknown, healthy, degraded, ejected. Targets are shown from their first attempt on; models that are neither configured nor in the catalogue, and what is beyond 256 targets, as `other`.",
    ),
    (
        "ai_gateway_target_attempts_total",
        "counter",
        "service, provider, region, line, credential, model",
        "Attempts at a target.",
    ),
    (
        "ai_gateway_target_failures_total",
        "counter",
        "service, provider, region, line, credential, model, reason",
        "Attempts that failed at a target, by reason: unreachable, broken, broke_off, failed, busy, silent, unheard; and refused, too_long, declined, unknown_model, which are not held against it.",
    ),
    (
        "ai_gateway_target_failovers_total",
        "counter",
        "service, provider, region, line, credential, model",
        "Calls that went on elsewhere from a target.",
    ),
    (
        "ai_gateway_target_latency_seconds",
        "gauge",
        "service, provider, region, line, credential, model, quantile",
        "Time until an answer of a target began, of its last hundred answers.",
    ),
    (
        "ai_gateway_target_in_flight",
        "gauge",
        "service, provider, region, line, credential, model",
        "Attempts and answers of a target that are under way.",
    ),
    (
        "ai_gateway_target_switched_off",
        "gauge",
        "service, provider, region, line, credential, model",
        "1 if an operator has switched a target off or is draining it.",
    ),
    (
        "ai_gateway_line_state",
        "gauge",
        "service, provider, region, line, credential, state",
        "1 for the state a line is in, with one of its credentials.",
    ),
    (
        "ai_gateway_line_attempts_total",
        "counter",
        "service, provider, region, line, credential",
        "Attempts by a line.",
    ),
    (
        "ai_gateway_line_failovers_total",
        "counter",
        "service, provider, region, line, credential",
        "Calls that went on elsewhere from a line.",
    ),
    (
        "ai_gateway_line_switched_off",
        "gauge",
        "service, provider, region, line, credential",
        "1 if an operator has switched a whole line off or is draining it.",
    ),
    (
        "ai_gateway_lines_unreachable",
        "gauge",
        "service, provider, region",
        "Lines that probes do not reach, or whose path is dead.",
    ),
    (
        "ai_gateway_paid_probes_total",
        "counter",
        "service, found",
        "Probes that cost something, by what they found.",
    ),
    (
        "ai_gateway_provider_switched_off",
        "gauge",
        "service, provider, region, model, position",
        "1 for each provider, region or model that an operator has switched off or is draining.",
    ),
    ("ai_gateway_build_info", "gauge", "service, version", "Always 1; the label says what runs."),
    ("process_start_time_seconds", "gauge", "", "When the process began, in seconds since the Unix epoch."),
    ("process_resident_memory_bytes", "gauge", "", "Memory in use. Linux only."),
    ("process_open_fds", "gauge", "", "Open file descriptors. Linux only."),
    ("process_max_fds", "gauge", "", "How many file descriptors may be open. Linux only."),
    (
        "process_cpu_seconds_total",
        "counter",
        "",
        "Time that processors have spent on it, its own and the system's for it. Linux only.",
    ),
];

pub(super) fn page(root: &Path) -> Result<String> {
    let recorded = fs::read_to_string(root.join(RECORDED)).context(RECORDED)?;
    let in_code = names_in_code(root)?;
    // The recording also shows how a gauge of somebody else looks; only names of the code are served.
    let served = |name: &str| in_code.contains(name);
    let mut rows: Vec<Vec<String>> = families(&recorded).filter(|family| served(&family[0])).collect();
    for (name, kind, labels, help) in UNRECORDED {
        ensure!(served(name), "docs/metrics.rs lists {name}, which no code serves");
        rows.push([name, kind, labels, help].map(|text| (*text).to_owned()).to_vec());
    }
    for name in &in_code {
        ensure!(rows.iter().any(|row| row[0] == *name), "docs/metrics.rs does not know {name}");
    }
    for row in &mut rows {
        row[0] = code(&row[0]);
    }
    let mut page = format!(
        "{INTRODUCTION}{}\n## Edges of the histograms, in seconds\n\n",
        table(&["name", "type", "labels", "meaning"], rows)
    );
    let edges = families(&recorded)
        .filter(|family| family[1] == "histogram")
        .map(|family| vec![code(&family[0]), edges(&recorded, &family[0]).join(" ")]);
    page.push_str(&table(&["name", "edges"], edges));
    Ok(page)
}

/// Name, type, labels and meaning of each family.
fn families(exposition: &str) -> impl Iterator<Item = Vec<String>> {
    exposition.lines().filter_map(|line| {
        let (name, help) = line.strip_prefix("# HELP ")?.split_once(' ')?;
        let kind = exposition.lines().find_map(|line| line.strip_prefix(&format!("# TYPE {name} ")))?;
        let sample = exposition.lines().find(|line| line.starts_with(name))?;
        Some(vec![name.to_owned(), kind.to_owned(), labels(sample).join(", "), help.to_owned()])
    })
}

/// The names of a sample's labels, but for the edge of a bucket. A name stands before `="`.
fn labels(sample: &str) -> Vec<&str> {
    let before = sample.match_indices("=\"").map(|(end, _)| &sample[..end]);
    let names = before.map(|text| text.rsplit(['{', ',']).next().unwrap_or_default());
    names.filter(|name| *name != "le").collect()
}

/// The edges of a histogram, as far as its first series tells them.
fn edges<'t>(exposition: &'t str, name: &str) -> Vec<&'t str> {
    let bucket = format!("{name}_bucket{{");
    let buckets = exposition.lines().skip_while(|line| !line.starts_with(&bucket));
    let edge = |line: &'t str| Some(line.split_once("le=\"")?.1.split_once('"')?.0);
    buckets.map_while(edge).take_while(|edge| *edge != "+Inf").collect()
}

/// Every name of a family that stands in code, tests left out.
fn names_in_code(root: &Path) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    let mut folders = vec![root.join(CRATES)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() && !path.ends_with("tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
                let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                names.extend(literals(code).map(str::to_owned));
            }
        }
    }
    Ok(names)
}

fn literals(code: &str) -> impl Iterator<Item = &str> {
    let starts = BEGINNINGS.iter().flat_map(|beginning| code.match_indices(beginning));
    starts.filter_map(|(start, _)| code[start + 1..].split('"').next())
}

#[cfg(test)]
mod tests {
    use super::{edges, families, labels, literals};

    const RECORDED: &str = "# HELP a_seconds How long.\n# TYPE a_seconds histogram\n\
        a_seconds_bucket{service=\"s\",provider=\"p\",le=\"0.5\"} 1\n\
        a_seconds_bucket{service=\"s\",provider=\"p\",le=\"1\"} 1\n\
        a_seconds_bucket{service=\"s\",provider=\"p\",le=\"+Inf\"} 1\n";

    #[test]
    fn a_family_is_read_with_its_labels_and_edges() {
        let found: Vec<_> = families(RECORDED).collect();
        assert_eq!(found, [["a_seconds", "histogram", "service, provider", "How long."]]);
        assert_eq!(edges(RECORDED, "a_seconds"), ["0.5", "1"]);
        assert!(labels("a_total 1").is_empty());
    }

    #[test]
    fn names_are_literals() {
        let code = r#"let name = "ai_gateway_x"; // ai_gateway_y"#;
        assert_eq!(literals(code).collect::<Vec<_>>(), ["ai_gateway_x"]);
    }
}
