//! The alert rules as the Prometheus operator of a Kubernetes cluster takes them: the same text, one level further in.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

const ALERTS: &str = "deploy/prometheus/alerts.yaml";
/// Where the rules begin; what stands before is about the other file.
const BEGINNING: &str = "groups:\n";
const INTRODUCTION: &str = "\
# The alerts of deploy/prometheus/alerts.yaml for the Prometheus operator; made from them by `cargo xtask docs`.
# Its Prometheus takes those whose labels fit its own `ruleSelector`: often `release: <name of the Helm release>`.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: bellwether
  labels:
    app.kubernetes.io/name: bellwether
spec:
";

pub(super) fn page(root: &Path) -> Result<String> {
    let alerts = fs::read_to_string(root.join(ALERTS)).context(ALERTS)?;
    let start = alerts.find(BEGINNING);
    ensure!(start.is_some(), "{ALERTS} has no line `groups:`");
    let rules = &alerts[start.unwrap_or_default()..];
    let lines =
        rules.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") });
    Ok(format!("{INTRODUCTION}{}", lines.collect::<String>()))
}
