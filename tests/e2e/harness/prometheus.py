"""A real Prometheus with the configuration that deploy/prometheus has, in a folder and on a port of its own."""

from __future__ import annotations

import json
import math
import random
import shutil
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from .process import Process, clean_environment, until

ROOT = Path(__file__).resolve().parents[3]
COMMITTED = ROOT / "deploy/prometheus"
#: Where scripts/setup puts it, else what is installed.
PROMETHEUS = shutil.which("prometheus", path=f"{ROOT}/target/tools/bin:/usr/bin:/usr/local/bin")
#: In the place of the 15 s that are committed.
INTERVAL = "250ms"
#: Rates need two.
SCRAPES_MIN = 3
PATIENCE_S = 15.0

Labels = dict[str, str]


@dataclass(frozen=True)
class Prometheus:
    """A running server."""

    process: Process
    client: httpx.Client

    def get(self, path: str, **parameters: str) -> Any:
        """What its API answers, which must be a success."""
        answer = self.client.get(f"/api/v1/{path}", params=parameters).json()
        assert answer["status"] == "success", f"{parameters}: {answer}"
        return answer["data"]

    def ask(self, query: str) -> list[tuple[Labels, float]]:
        """Every series of the answer with its value now."""
        answer = self.get("query", query=query)
        assert answer["resultType"] == "vector", query
        return [(series["metric"], float(series["value"][1])) for series in answer["result"]]

    def numbers(self, query: str) -> list[float]:
        """The values of an answer, which must have some, and all of them numbers."""
        values = [value for _, value in self.ask(query)]
        assert values, f"nothing comes of: {query}"
        assert all(math.isfinite(value) for value in values), f"{values} come of: {query}"
        return values

    def number(self, query: str) -> float:
        """The one value of an answer."""
        (value,) = self.numbers(query)
        return value

    def wait_for(self, query: str, what: str) -> None:
        """Waits until a comparison holds for some series."""
        until(lambda: self.ask(query), what, PATIENCE_S)

    def wait_for_scrapes(self, gateways: int = 1) -> None:
        """Waits until every gateway was read often enough."""
        query = f'count(count_over_time(up{{job="bellwether"}}[1m]) >= {SCRAPES_MIN} and up == 1) == {gateways}'
        self.wait_for(query, f"{gateways} gateways were read {SCRAPES_MIN} times")


def start_prometheus(
    home: Path,
    processes: list[Process],
    gateways: Sequence[tuple[str, int]],
    labels: Mapping[str, str] | None = None,
) -> Prometheus:
    """Reads these gateways, whose targets carry these labels, as Kubernetes gives them some."""
    assert PROMETHEUS, "prometheus is missing: scripts/setup test"
    shutil.copytree(COMMITTED, home / "config")
    configuration = home / "config/prometheus.yaml"
    text = configuration.read_text()
    assert text.count("_interval: 15s") == 2
    configuration.write_text(text.replace("_interval: 15s", f"_interval: {INTERVAL}"))
    targets = [{"targets": [f"{host}:{port}" for host, port in gateways], "labels": dict(labels or {})}]
    # JSON is YAML.
    (home / "config/gateways/local.yaml").write_text(json.dumps(targets))

    # It cannot be asked for a free port. On a loopback address that nobody else uses, one that is free stays so.
    host = ".".join(["127", *(str(random.randint(2, 250)) for _ in range(3))])
    with socket.create_server((host, 0)) as free:
        port: int = free.getsockname()[1]
    command = [
        PROMETHEUS,
        f"--config.file={configuration}",
        f"--storage.tsdb.path={home / 'data'}",
        f"--web.listen-address={host}:{port}",
        "--log.level=warn",
    ]
    process = Process(command, home, clean_environment(home), f"prometheus-{len(processes)}")
    processes.append(process)
    client = httpx.Client(base_url=f"http://{host}:{port}", trust_env=False)

    def is_ready() -> bool:
        try:
            return client.get("/-/ready").status_code == 200
        except httpx.TransportError:
            return False

    process.wait_until(is_ready, "it was ready")
    return Prometheus(process, client)
