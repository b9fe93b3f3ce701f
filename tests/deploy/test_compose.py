"""Proves that the compose file shuts the gateway in, agrees with the image, and holds no secret."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

import dockerfile

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "compose.yaml"
CONFIGURATION: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICE: dict[str, Any] = CONFIGURATION["services"]["bellwether"]
IMAGE = dockerfile.parse((ROOT / "Dockerfile").read_text())[-1]
#: `timeouts.drain_ms`, as docs/operations/limits.md has it.
DRAIN_S = 30


def seconds(text: str) -> int:
    found = re.fullmatch(r"(\d+)s", text)
    assert found, text
    return int(found[1])


def test_it_is_shut_in() -> None:
    assert [name for name, it in CONFIGURATION["services"].items() if "profiles" not in it] == ["bellwether"]
    assert SERVICE["read_only"] is True
    assert SERVICE["cap_drop"] == ["ALL"]
    assert "cap_add" not in SERVICE
    assert "privileged" not in SERVICE
    assert "no-new-privileges:true" in SERVICE["security_opt"]
    assert SERVICE["user"] == IMAGE.last("USER").rest
    (scratch,) = SERVICE["tmpfs"]
    assert scratch.startswith("/tmp:")
    assert {"noexec", "nosuid", "nodev"} < set(scratch.split(":")[1].split(","))


def test_only_the_data_can_be_written() -> None:
    assert SERVICE["volumes"] == ["data:/data"]
    assert "data" in CONFIGURATION["volumes"]
    assert IMAGE.last("VOLUME").rest == "/data"


def test_it_is_open_to_this_machine_only() -> None:
    port = IMAGE.last("EXPOSE").rest
    assert SERVICE["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_a_stop_lets_streams_end_and_health_is_asked_as_in_the_image() -> None:
    assert seconds(SERVICE["stop_grace_period"]) > DRAIN_S
    limits = (ROOT / "docs/operations/limits.md").read_text()
    assert f"| `timeouts.drain_ms` | {DRAIN_S}000 |" in limits
    assert SERVICE["healthcheck"]["test"] == ["CMD", *IMAGE.health_command]
    assert seconds(SERVICE["healthcheck"]["timeout"]) > 5, "the command's own limit"


def test_secrets_come_as_files() -> None:
    given = SERVICE["secrets"]
    assert {name for name in CONFIGURATION["secrets"]} == set(given)
    for name, value in SERVICE["environment"].items():
        if dockerfile.SECRET_NAME.search(name):
            assert name.endswith("_FILE"), f"{name} is a value that `docker inspect` shows"
            assert value.removeprefix("/run/secrets/") in given
    for source in CONFIGURATION["secrets"].values():
        ignored = (ROOT / ".gitignore").read_text().splitlines()
        assert f"/{Path(source['file']).parts[0]}" in ignored, "a secret file must not be committed"


MONITORING = {name: it for name, it in CONFIGURATION["services"].items() if it.get("profiles") == ["monitoring"]}


def test_monitoring_is_there_for_who_asks_for_it_and_open_to_this_machine_only() -> None:
    assert list(MONITORING) == ["prometheus", "grafana"]
    for service in MONITORING.values():
        assert re.fullmatch(r"[a-z]+/[a-z]+:v?\d+\.\d+\.\d+", service["image"]), "a version of its own"
        assert "build" not in service
        (port,) = service["ports"]
        assert port.startswith("127.0.0.1:")
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]


def test_monitoring_is_given_our_files_and_cannot_write_them() -> None:
    for service in MONITORING.values():
        for source, place, *mode in (volume.split(":") for volume in service["volumes"]):
            if source.startswith("./"):
                assert mode == ["ro"], f"{source} at {place}"
                assert (ROOT / source).exists(), source
            else:
                assert source in CONFIGURATION["volumes"]


def test_prometheus_and_grafana_find_each_other_and_the_gateway() -> None:
    (gateways,) = yaml.safe_load((ROOT / "deploy/compose/gateways.yaml").read_text())
    assert gateways["targets"] == [f"bellwether:{IMAGE.last('EXPOSE').rest}"]
    provisioning = ROOT / "deploy/grafana/provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources/prometheus.yaml").read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090"
    (provider,) = yaml.safe_load((provisioning / "dashboards/bellwether.yaml").read_text())["providers"]
    places = [volume.split(":")[1] for volume in MONITORING["grafana"]["volumes"]]
    assert provider["options"]["path"] in places
    scraped = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yaml").read_text())
    assert source["jsonData"]["timeInterval"] == scraped["global"]["scrape_interval"]


def test_the_client_takes_it() -> None:
    """`docker compose config` needs no engine; where the client has no compose there is nothing to ask."""
    try:
        subprocess.run(["docker", "compose", "version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("docker compose is not installed")
    done = subprocess.run(
        ["docker", "compose", "--file", FILE, "config", "--quiet"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
