"""The real binary, each with a data directory of its own."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from openai import OpenAI
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from .process import Process, clean_environment

CALLER_KEY = "e2e-caller-key-0123456789"
UPSTREAM_KEY = "upstream-secret-that-must-not-leak-42"
PATIENCE_S = 10.0


@dataclass
class Gateway:
    """A running gateway and the ways to talk to it."""

    process: Process
    data_dir: Path
    urls: list[str]
    key: str = CALLER_KEY
    _clients: list[httpx.Client | OpenAI] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.urls[0]

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        assert parts.hostname
        assert parts.port
        return parts.hostname, parts.port

    @property
    def admin_key(self) -> str:
        return (self.data_dir / "admin.key").read_text().strip()

    def openai(self, **settings: Any) -> OpenAI:
        """The official SDK, told to use this gateway. It does not retry, so each answer is seen."""
        usual = {"base_url": f"{self.url}/v1", "api_key": self.key, "max_retries": 0, "timeout": PATIENCE_S}
        client = OpenAI(**{**usual, **settings})
        self._clients.append(client)
        return client

    def http(self, key: str | None = None) -> httpx.Client:
        """A plain client that sends the caller's key, another one, or (an empty one) none."""
        key = self.key if key is None else key
        headers = {"authorization": f"Bearer {key}"} if key else {}
        client = httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE_S, trust_env=False)
        self._clients.append(client)
        return client

    def admin(self) -> httpx.Client:
        """A plain client that sends the admin key."""
        return self.http(key=self.admin_key)

    def metrics(self) -> dict[str, Metric]:
        """What a Prometheus server would read here, by family name."""
        text = httpx.get(f"{self.url}/metrics", trust_env=False).raise_for_status().text
        return {family.name: family for family in text_string_to_metric_families(text)}

    def metric(self, sample_name: str, **labels: str) -> float | None:
        """The sum of the samples of that name that carry all these labels; `None` if there is none."""
        samples = [sample for family in self.metrics().values() for sample in family.samples]
        found = [s.value for s in samples if s.name == sample_name and labels.items() <= s.labels.items()]
        return sum(found) if found else None

    def stop(self) -> None:
        """A graceful stop, which must end well. Our own clients go first: a stop gives idle callers time to leave."""
        for client in self._clients:
            client.close()
        code = self.process.stop()
        assert code == 0, f"exit code {code} after SIGTERM\n{self.process.output}"


def start_gateway(
    binary: Path,
    home: Path,
    *,
    name: str = "gateway",
    config: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Sequence[str | Path] = (),
    key: str | None = CALLER_KEY,
    sockets: Sequence[socket.socket] = (),
) -> Process:
    """Starts the binary and returns at once. Data, config and output live under `home`.

    It listens on a free port unless the flags or the config say where. `sockets` are passed on as by a service manager.
    """
    home.mkdir(parents=True, exist_ok=True)
    command = [binary, "--data-dir", home / "data", *flags]
    if config is not None:
        command += ["--config", write_config(home, config)]
    if "--listen" not in flags and "listeners" not in (config or {}):
        command += ["--listen", "127.0.0.1:0"]
    variables = {**({"BELLWETHER_KEY": key} if key else {}), **(environment or {})}
    return Process(command, home, clean_environment(home, variables), name, sockets)


def write_config(home: Path, config: Mapping[str, Any]) -> Path:
    """Writes a config file. JSON is YAML, so no YAML writer is needed."""
    path = home / "bellwether.yaml"
    path.write_text(json.dumps(config, indent=2))
    return path


def wait_ready(process: Process, home: Path, key: str | None = CALLER_KEY) -> Gateway:
    """Waits until this very process has written its `run.json` and greeted its operator."""
    run_json = home / "data" / "run.json"

    def urls() -> list[str] | None:
        if not run_json.exists():
            return None
        facts = json.loads(run_json.read_text())
        return facts["urls"] if facts["pid"] == process.pid else None

    found = process.wait_until(urls, "run.json was written")
    process.wait_until(lambda: found[0] in process.stdout, "the start was announced")
    return Gateway(process, home / "data", found, key or "")
