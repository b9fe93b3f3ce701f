"""Fixtures of the end-to-end tests, and the rule that a failed test shows what its processes said.

Every test gets its own gateways, data directories and ports, so tests may run in any order and side by side.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from harness.commands import Commands
from harness.config import configuration, provider
from harness.gateway import UPSTREAM_KEY, Gateway, start_gateway, wait_ready
from harness.process import Process
from harness.simulator import Simulator, start_simulator
from harness.speech import CHAT_REPLY
from harness.upstream import RefusingPort, Script, Upstream, whole

ROOT = Path(__file__).resolve().parents[2]
BINARIES = [ROOT / "target" / profile / "bellwether" for profile in ("quick", "release", "debug")]

Launch = Callable[..., tuple[Process, Path]]
StartGateway = Callable[..., Gateway]
StartUpstream = Callable[..., Upstream]
WriteCertificate = Callable[[trustme.CA], None]

PROCESSES = pytest.StashKey[list[Process]]()
FIGURE = "figure"


@pytest.fixture(scope="session")
def binary() -> Path:
    """`BELLWETHER_BIN`, else the newest build."""
    if named := os.environ.get("BELLWETHER_BIN"):
        return Path(named).resolve(strict=True)
    built = [path for path in BINARIES if path.exists()]
    if not built:
        pytest.fail("no binary: run `cargo build --profile quick -p cli`, or set BELLWETHER_BIN")
    return max(built, key=lambda path: path.stat().st_mtime)


@pytest.fixture
def processes(request: pytest.FixtureRequest) -> Iterator[list[Process]]:
    """The test's children. Whatever a failed test left running is ended here."""
    started: list[Process] = []
    request.node.stash[PROCESSES] = started
    yield started
    for process in started:
        process.kill()


@pytest.fixture
def launch(binary: Path, tmp_path: Path, processes: list[Process]) -> Launch:
    """Starts a gateway without waiting for it. The same `home` again means the same data directory."""

    def start(home: str = "home", **settings: Any) -> tuple[Process, Path]:
        directory = tmp_path / home
        process = start_gateway(binary, directory, name=f"gateway-{len(processes)}", **settings)
        processes.append(process)
        return process, directory

    return start


@pytest.fixture
def start(launch: Launch) -> Iterator[StartGateway]:
    """Starts a gateway and waits until it serves. At the end each one still running must stop well."""
    running: list[Gateway] = []

    def start_and_wait(home: str = "home", **settings: Any) -> Gateway:
        process, directory = launch(home, **settings)
        key = {"key": settings["key"]} if "key" in settings else {}
        running.append(wait_ready(process, directory, **key))
        return running[-1]

    yield start_and_wait
    for gateway in running:
        if gateway.process.is_running:
            gateway.stop()


@pytest.fixture
def commands(binary: Path, tmp_path: Path) -> Commands:
    """Commands beside the gateway that `start` and `launch` put into their usual home."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    return Commands(binary, home)


@pytest.fixture
def new_upstream() -> Iterator[StartUpstream]:
    """Makes scripted providers; without a script they answer every call alike."""
    made: list[Upstream] = []

    def make(script: Script | None = None) -> Upstream:
        made.append(Upstream(script or whole(CHAT_REPLY)))
        return made[-1]

    yield make
    for upstream in made:
        upstream.close()


@pytest.fixture
def upstream(new_upstream: StartUpstream) -> Upstream:
    """One scripted provider."""
    return new_upstream()


@pytest.fixture
def gateway(start: StartGateway, upstream: Upstream) -> Gateway:
    """A gateway with `upstream` as its only provider, told by the environment: it serves any model name."""
    return start(environment={"OPENAI_API_KEY": UPSTREAM_KEY, "OPENAI_BASE_URL": upstream.base_url})


@pytest.fixture
def authority() -> trustme.CA:
    """Who signs the certificates of the test."""
    return trustme.CA()


@pytest.fixture
def write_certificate(tmp_path: Path) -> WriteCertificate:
    """Writes the certificate files of the listener, signed by the given authority."""

    def write(authority: trustme.CA) -> None:
        certificate = authority.issue_cert("localhost", "127.0.0.1")
        (tmp_path / "chain.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
        (tmp_path / "key.pem").write_bytes(certificate.private_key_pem.bytes())

    return write


@pytest.fixture
def secured(
    start: StartGateway, upstream: Upstream, tmp_path: Path, authority: trustme.CA, write_certificate: WriteCertificate
) -> Gateway:
    """A gateway whose one listener speaks TLS."""
    write_certificate(authority)
    tls = {"certificate": str(tmp_path / "chain.pem"), "key": str(tmp_path / "key.pem")}
    return start(
        config=configuration(
            providers={"openai": provider(upstream.base_url)}, listeners=[{"address": "127.0.0.1:0", "tls": tls}]
        )
    )


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """How a caller trusts what that authority signed."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def refusing() -> Iterator[RefusingPort]:
    """An address where every connection is refused."""
    port = RefusingPort()
    yield port
    port.close()


@pytest.fixture
def simulator(binary: Path, tmp_path: Path, processes: list[Process]) -> Iterator[Simulator]:
    """A running simulator."""
    with start_simulator(binary, tmp_path / "simulator", processes) as running:
        yield running


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Keeps a measured figure for the end of the run."""
    return lambda text: record_property(FIGURE, text)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the measured figures. They come with the reports, as tests may have run in other processes."""
    reports = [*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])]
    figures = [text for report in reports for name, text in report.user_properties if name == FIGURE]
    if figures:
        terminalreporter.section("figures")
        for text in figures:
            terminalreporter.write_line(text)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Shows what the children said beside a failure."""
    report = yield
    if report.failed:
        for process in item.stash.get(PROCESSES, []):
            report.sections.append((f"{process.name} stdout", process.stdout))
            report.sections.append((f"{process.name} stderr", process.stderr))
    return report
