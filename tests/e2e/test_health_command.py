"""Proves that `bellwether health` tells containers and service managers by its exit code whether calls are taken."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from conftest import StartGateway, WriteCertificate
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.process import clean_environment, run
from harness.speech import CHAT_PATH, chat
from harness.upstream import Held, RefusingPort, Upstream, whole
from harness.wire import Wire, request

Ask = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def ask(binary: Path, tmp_path: Path) -> Ask:
    """Runs the command with these arguments and variables."""

    def with_arguments(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return run([binary, "health", *arguments], tmp_path, clean_environment(tmp_path, environment))

    return with_arguments


def test_a_running_gateway_is_found_by_its_data_directory(gateway: Gateway, ask: Ask) -> None:
    for done in (
        ask("--data-dir", gateway.data_dir),
        ask(BELLWETHER_DATA_DIR=str(gateway.data_dir), BELLWETHER_URL=""),
    ):
        assert (done.returncode, done.stdout, done.stderr) == (0, '{"status":"ok"}\n', "")


def test_a_gateway_elsewhere_is_asked_by_its_url(gateway: Gateway, ask: Ask) -> None:
    assert ask("--url", gateway.url).returncode == 0
    assert ask(BELLWETHER_URL=gateway.url).returncode == 0


def test_a_draining_gateway_takes_no_calls(gateway: Gateway, upstream: Upstream, ask: Ask) -> None:
    held = Held()
    upstream.script = held
    with Wire(gateway.address) as wire, Wire(gateway.address) as other:
        wire.send(request(CHAT_PATH, chat(stream=True)))
        held.wait_for(1)
        gateway.process.terminate()
        while other.ask(request("/health/ready", method="GET")).status == 200:
            pass
        assert ask("--data-dir", gateway.data_dir).returncode == 1
    held.release()


def test_an_answer_that_is_no_success_is_shown(upstream: Upstream, ask: Ask) -> None:
    upstream.script = whole(b'{"status":"draining"}', status="503 Service Unavailable")
    done = ask("--url", f"http://{upstream.authority}")
    assert (done.returncode, done.stdout) == (1, "")
    assert "/health/ready answered 503" in done.stderr
    assert '{"status":"draining"}' in done.stderr


def test_where_nothing_runs_it_says_so_and_leaves_no_trace(refusing: RefusingPort, tmp_path: Path, ask: Ask) -> None:
    done = ask("--data-dir", tmp_path / "nothing")
    assert done.returncode == 1
    assert "no server runs on" in done.stderr
    assert not (tmp_path / "nothing").exists()
    done = ask("--url", refusing.base_url.removesuffix("/v1"))
    assert done.returncode == 1
    assert "does not answer" in done.stderr
    assert ask("--url", "no-url").returncode == 1


def test_a_listener_with_tls_is_asked_by_a_name_that_its_certificate_has(
    start: StartGateway,
    upstream: Upstream,
    tmp_path: Path,
    authority: trustme.CA,
    write_certificate: WriteCertificate,
    ask: Ask,
) -> None:
    write_certificate(authority)
    tls = {"certificate": str(tmp_path / "chain.pem"), "key": str(tmp_path / "key.pem")}
    listeners = [{"address": "127.0.0.1:0", "tls": tls}]
    gateway = start(config=configuration(providers={"openai": provider(upstream.base_url)}, listeners=listeners))
    (tmp_path / "authority.pem").write_bytes(authority.cert_pem.bytes())
    url = f"https://localhost:{gateway.address[1]}"
    assert ask("--url", url, SSL_CERT_FILE=str(tmp_path / "authority.pem")).returncode == 0
    assert ask("--url", url).returncode == 1, "a certificate that nobody knows is no proof of health"
