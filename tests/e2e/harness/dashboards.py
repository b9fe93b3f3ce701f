"""What deploy/grafana and deploy/kubernetes ask Prometheus, read from the files as they are committed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
DASHBOARDS = sorted((DEPLOY / "grafana/dashboards").glob("*.json"))
#: What Grafana makes of four scrapes.
RATE_INTERVAL = "1m"


@dataclass(frozen=True)
class Question:
    """A query of a panel."""

    dashboard: str
    panel: str
    expression: str

    def asked(self, service: str = ".*", provider: str = ".*") -> str:
        """As Grafana would send it with that choice."""
        filled = self.expression.replace("$service", service).replace("$provider", provider)
        filled = filled.replace("$__rate_interval", RATE_INTERVAL)
        assert "$" not in filled, self
        return filled


def questions() -> Iterator[Question]:
    """Every query of every panel of every dashboard."""
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", []):
                yield Question(path.stem, panel["title"], target["expr"])


def question(dashboard: str, panel: str) -> Question:
    """The one query of a panel."""
    (found,) = (it for it in questions() if (it.dashboard, it.panel) == (dashboard, panel))
    return found


def analyses(service: str) -> dict[str, str]:
    """What a canary is judged by, by the name of the metric."""
    template: Any = yaml.safe_load((DEPLOY / "kubernetes/analysis-template.yaml").read_text())
    queries = {metric["name"]: metric["provider"]["prometheus"]["query"] for metric in template["spec"]["metrics"]}
    return {name: query.replace("{{args.service}}", service) for name, query in queries.items()}
