//! Whether a monitoring system can read the figures: the text is well formed, and holds what dashboards are made of.

use std::time::Duration;

use anyhow::{Result, bail};

use super::report::{Report, Verdict};
use super::server::Server;

const PATH: &str = "/metrics";
const LIMIT: Duration = Duration::from_secs(10);
/// What dashboards and alerts are made of.
const FAMILIES: [&str; 6] = [
    "ai_gateway_requests_total",
    "ai_gateway_request_duration_seconds",
    "ai_gateway_added_latency_seconds",
    "ai_gateway_in_flight",
    "ai_gateway_provider_keys",
    "ai_gateway_lines_unreachable",
];
const REQUESTS: &str = "ai_gateway_requests_total";
const UNREACHABLE: &str = "ai_gateway_lines_unreachable";

/// The figures at one moment.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Scrape {
    /// Name, labels, value.
    samples: Vec<(String, String, f64)>,
}

/// Reads the figures as a monitoring system does.
pub(super) fn scrape(server: &Server) -> Result<Scrape> {
    let (status, body) = server.open().get(PATH, LIMIT)?;
    if !status.is_success() {
        bail!(
            "{PATH} answers {}: from here it needs metrics.key; see docs/operations, who may read metrics",
            status.as_u16()
        );
    }
    parse(&String::from_utf8_lossy(&body))
}

impl Scrape {
    fn sum(&self, name: &str) -> f64 {
        self.samples.iter().filter(|(known, _, _)| known == name).map(|(_, _, value)| value).sum()
    }
}

/// Whether the figures can be read, and lines that they say are dead.
pub(super) fn look(scrape: &Result<Scrape>, report: &mut Report) {
    let scrape = match scrape {
        Ok(scrape) => scrape,
        Err(error) => return report.add("monitoring", PATH, Verdict::Bad, format!("{error:#}")),
    };
    // A histogram's samples have a word behind its name.
    let is_of = |name: &str, family: &str| name.strip_suffix("_bucket").unwrap_or(name) == family;
    let has = |family: &&str| scrape.samples.iter().any(|(name, _, _)| is_of(name, family));
    let missing: Vec<&str> = FAMILIES.iter().copied().filter(|family| !has(family)).collect();
    if missing.is_empty() {
        let detail = format!("{} series", scrape.samples.len());
        report.add("monitoring", PATH, Verdict::Good, detail);
    } else {
        report.add("monitoring", PATH, Verdict::Bad, format!("missing: {}", missing.join(", ")));
    }
    for (_, labels, _) in scrape.samples.iter().filter(|(name, _, value)| name == UNREACHABLE && *value > 0.0)
    {
        report.add("line", labels.clone(), Verdict::Warning, "probes do not reach it");
    }
}

/// Whether the calls made between two looks were counted.
pub(super) fn counted(before: &Scrape, after: &Result<Scrape>, calls: usize, report: &mut Report) {
    let Ok(after) = after else { return };
    let counted = after.sum(REQUESTS) - before.sum(REQUESTS);
    if counted >= calls as f64 {
        report.add("monitoring", REQUESTS, Verdict::Good, format!("counts the {calls} calls of this look"));
    } else {
        let detail = format!("{calls} calls were made and {counted} counted");
        report.add("monitoring", REQUESTS, Verdict::Bad, detail);
    }
}

/// Every sample of the text format; what is none is an error.
fn parse(text: &str) -> Result<Scrape> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let samples: Option<Vec<_>> = lines.map(sample).collect();
    match samples {
        Some(samples) if !samples.is_empty() => Ok(Scrape { samples }),
        _ => bail!("{PATH} is not in the Prometheus text format"),
    }
}

fn sample(line: &str) -> Option<(String, String, f64)> {
    let (series, value) = line.rsplit_once(' ')?;
    let value = value.parse().ok()?;
    let (name, labels) = match series.split_once('{') {
        Some((name, labels)) => (name, labels.strip_suffix('}')?),
        None => (series, ""),
    };
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then(|| (name.to_owned(), labels.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn samples_are_read_and_what_is_none_is_refused() {
        let text = "# HELP a b\na{x=\"1 2\",le=\"+Inf\"} 3\na{x=\"2\"} 0.5\nb 1e3\n";
        let scrape = parse(text).unwrap();
        assert_eq!((scrape.sum("a"), scrape.sum("b"), scrape.samples.len()), (3.5, 1000.0, 3));
        for bad in ["", "<html>", "a b c", "a{x=\"1\" 2", "a"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
