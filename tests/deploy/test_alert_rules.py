"""Proves, by Prometheus's own tool, that the configuration and the alerts are sound and that each alert fires and rests as meant;
and that what Kubernetes is given is the same."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from test_dashboards import FAMILY, SERVED, family_of

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
ALERTS = DEPLOY / "prometheus/alerts.yaml"
UNIT_TESTS = ROOT / "tests/deploy/alerts_test.yaml"
PROMTOOL = shutil.which("promtool", path=f"{ROOT}/target/tools/bin:/usr/bin:/usr/local/bin")
RULES: list[dict[str, Any]] = yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]
SEVERITIES = {"critical", "warning", "info"}


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    assert PROMTOOL, "promtool is missing: scripts/setup test"
    return subprocess.run([PROMTOOL, *map(str, words)], capture_output=True, text=True, check=False)


def documents(path: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / path).read_text()))


def test_prometheus_takes_the_configuration_and_the_rules() -> None:
    for kind, path in (("config", DEPLOY / "prometheus/prometheus.yaml"), ("rules", ALERTS)):
        done = promtool("check", kind, path)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_fires_and_rests_as_its_test_says() -> None:
    done = promtool("test", "rules", UNIT_TESTS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_alert_that_never_fires_would_be_told(tmp_path: Path) -> None:
    changed, count = re.subn(r"( +expr: )(?:\|\n(?: {10,}.*\n)+|.*\n)", r"\1vector(1) > 2\n", ALERTS.read_text())
    assert count == len(RULES)
    (tmp_path / "alerts.yaml").write_text(changed)
    tests = UNIT_TESTS.read_text().replace("../../deploy/prometheus/alerts.yaml", "alerts.yaml")
    (tmp_path / "alerts_test.yaml").write_text(tests)
    done = promtool("test", "rules", tmp_path / "alerts_test.yaml")
    missed = set(re.findall(r"alertname: *(\w+)", done.stdout + done.stderr))
    assert missed == {rule["alert"] for rule in RULES}


def test_every_alert_rests_where_all_is_well() -> None:
    well, *_ = yaml.safe_load(UNIT_TESTS.read_text())["tests"]
    resting = {test["alertname"] for test in well["alert_rule_test"] if not test.get("exp_alerts")}
    assert resting == {rule["alert"] for rule in RULES}


def test_every_alert_says_how_urgent_it_is_what_it_means_and_what_to_do() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule["alert"].startswith("Bellwether")
        assert rule["labels"]["severity"] in SEVERITIES
        assert set(rule["annotations"]) == {"summary", "description"}
        for page in re.findall(r"docs/[\w/.-]+\.md", rule["annotations"]["description"]):
            assert (ROOT / page).exists(), page


def test_alerts_ask_only_for_what_the_gateway_serves() -> None:
    for rule in RULES:
        for found in FAMILY.findall(rule["expr"]):
            assert family_of(found) in SERVED, f"{rule['alert']}: {found}"


def test_every_gateway_is_scraped_with_its_own_service() -> None:
    (configuration,) = documents("prometheus/prometheus.yaml")
    (job,) = configuration["scrape_configs"]
    assert job["honor_labels"] is True
    assert re.fullmatch(".*bellwether.*", job["job_name"]), "the alerts look for it"


def test_kubernetes_is_given_the_same_rules() -> None:
    (rule,) = documents("kubernetes/prometheus-rule.yaml")
    assert (rule["apiVersion"], rule["kind"]) == ("monitoring.coreos.com/v1", "PrometheusRule")
    assert rule["spec"] == yaml.safe_load(ALERTS.read_text())


def test_the_service_monitor_finds_the_service_and_the_service_the_pods() -> None:
    service, monitor = documents("kubernetes/service-monitor.yaml")
    assert (monitor["apiVersion"], monitor["kind"]) == ("monitoring.coreos.com/v1", "ServiceMonitor")
    labels = service["metadata"]["labels"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert "bellwether" in labels[monitor["spec"]["jobLabel"]], "the alerts look for it in the job"
    (endpoint,) = monitor["spec"]["endpoints"]
    assert endpoint["honorLabels"] is True
    assert endpoint["path"] == "/metrics"
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    page = (ROOT / "docs/operations/deploy.md").read_text()
    (deployment,) = (
        found for text in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if (found := _deployment(text))
    )
    assert service["spec"]["selector"].items() <= deployment["spec"]["template"]["metadata"]["labels"].items()
    ports = {port["containerPort"] for it in deployment["spec"]["template"]["spec"]["containers"] for port in it["ports"]}
    assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


def _deployment(text: str) -> dict[str, Any] | None:
    found = yaml.safe_load(text) if "kind: Deployment" in text else None
    return found if isinstance(found, dict) else None


def test_a_canary_is_judged_as_promised() -> None:
    (template,) = documents("kubernetes/analysis-template.yaml")
    assert (template["apiVersion"], template["kind"]) == ("argoproj.io/v1alpha1", "AnalysisTemplate")
    by_name = {metric["name"]: metric for metric in template["spec"]["metrics"]}
    assert by_name["p99-seconds"]["successCondition"] == "result[0] < 0.150"
    assert by_name["error-share"]["successCondition"] == "result[0] < 0.01"
    assert {metric.get("failureLimit") for name, metric in by_name.items() if name != "calls"} == {3}
    known = {f"args.{argument['name']}" for argument in template["spec"]["args"]}
    for metric in by_name.values():
        prometheus = metric["provider"]["prometheus"]
        assert set(re.findall(r"\{\{([^}]*)\}\}", prometheus["query"] + prometheus["address"])) == known
        for found in FAMILY.findall(prometheus["query"]):
            assert family_of(found) in SERVED
