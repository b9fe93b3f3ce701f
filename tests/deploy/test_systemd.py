"""Proves that the units are understood by systemd, and how far they shut the service in."""

from __future__ import annotations

import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "deploy/systemd"
SYSTEM_UNITS = Path("/lib/systemd/system")
DRAIN_S = 30
#: Of 100, as `systemd-analyze security` counts: 0 is shut in wholly, and 96 a unit that says nothing.
EXPOSURE_MAX = 15

needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze") or not SYSTEM_UNITS.is_dir(), reason="systemd is not installed"
)


def settings(*names: str) -> dict[str, list[str]]:
    """All values of each setting, sections left out: no two sections of ours have a name in common."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in names:
        for line in (UNITS / name).read_text().splitlines():
            if line and line[0] not in "#[":
                key, _, value = line.partition("=")
                found[key].append(value)
    return found


def test_the_service_is_shut_in() -> None:
    service = settings("bellwether.service")
    for name in ("DynamicUser", "NoNewPrivileges", "PrivateTmp", "PrivateDevices", "MemoryDenyWriteExecute"):
        assert service[name] == ["yes"], name
    assert service["ProtectSystem"] == ["strict"]
    assert service["CapabilityBoundingSet"] == [""]
    assert service["SystemCallFilter"][0] == "@system-service"
    assert service["StateDirectory"] == ["bellwether"]
    assert "ReadWritePaths" not in service


def test_a_stop_lets_streams_end_and_a_reload_is_a_hang_up() -> None:
    service = settings("bellwether.service")
    assert int(service["TimeoutStopSec"][0].removesuffix("s")) > DRAIN_S
    assert service["KillSignal"] == ["SIGTERM"]
    assert service["ExecReload"] == ["kill -HUP $MAINPID"]
    assert service["Restart"] == ["on-failure"]
    assert service["Type"] == ["notify"]


def test_the_socket_is_the_one_that_is_listened_on_by_default() -> None:
    assert settings("bellwether.socket")["ListenStream"] == ["127.0.0.1:4000"]
    assert settings("bellwether.service")["Requires"] == ["bellwether.socket"]


def test_secrets_are_credentials_and_never_values() -> None:
    for name in ("bellwether.service", "bellwether.service.d/secrets.conf"):
        given = {value.split(":")[0] for value in settings(name)["LoadCredential"]}
        for value in settings(name)["Environment"]:
            variable, _, place = value.partition("=")
            if "KEY" in variable:
                assert variable.endswith("_FILE")
                assert place.removeprefix("%d/") in given


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """A root with systemd's own units, ours, and the programs that ours name."""
    units = tmp_path / "etc/systemd/system"
    units.mkdir(parents=True)
    shutil.copytree(UNITS, units, dirs_exist_ok=True)
    (tmp_path / "lib/systemd").mkdir(parents=True)
    shutil.copytree(SYSTEM_UNITS, tmp_path / "lib/systemd/system", symlinks=True)
    for program in ("usr/local/bin/bellwether", "usr/bin/kill"):
        (tmp_path / program).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / program).write_text("")
        (tmp_path / program).chmod(0o755)
    return tmp_path


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


@needs_systemd
def test_systemd_understands_the_units(system: Path) -> None:
    units = [system / "etc/systemd/system" / name for name in ("bellwether.service", "bellwether.socket")]
    done = analyze("verify", f"--root={system}", *units)
    ours = [line for line in done.stderr.splitlines() if "bellwether" in line]
    assert (done.returncode, ours) == (0, []), done.stderr


@needs_systemd
def test_a_mistake_in_a_unit_would_be_told(system: Path) -> None:
    unit = system / "etc/systemd/system/bellwether.service"
    unit.write_text(unit.read_text().replace("ProtectSystem=strict", "ProtectSystm=strict"))
    assert "ProtectSystm" in analyze("verify", f"--root={system}", unit).stderr


@needs_systemd
def test_the_exposure_stays_small(system: Path) -> None:
    unit = UNITS / "bellwether.service"
    done = analyze("security", "--offline=true", f"--threshold={EXPOSURE_MAX}", unit)
    assert done.returncode == 0, done.stdout
    assert analyze("security", "--offline=true", "--threshold=5", unit).returncode != 0, "the threshold counts"
