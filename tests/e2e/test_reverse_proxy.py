"""Proves that the documented nginx in front changes nothing: streams flow, bodies pass, and hang-ups are noticed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import StartGateway
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.nginx import NGINX, documented, start_nginx
from harness.process import Process
from harness.speech import CHAT_PATH, CHAT_REPLY, DONE, chat, delta
from harness.upstream import LAST_CHUNK, Held, Upstream, chunk, stream_head
from harness.wire import Wire, request

#: On loopback, but not where nginx and the gateway are.
CALLER = "127.0.0.2"

pytestmark = pytest.mark.skipif(not NGINX, reason="nginx is not installed: scripts/setup test")

Front = Callable[..., Wire]


@pytest.fixture
def behind(start: StartGateway, upstream: Upstream) -> Gateway:
    """A gateway that trusts the proxies of this machine's own address."""
    sections = configuration(providers={"openai": provider(upstream.base_url)})
    return start(config={**sections, "trusted_proxies": ["127.0.0.1"]})


@pytest.fixture
def front(behind: Gateway, tmp_path: Path, processes: list[Process]) -> Iterator[Front]:
    """Starts nginx with the documented server, or a changed one, and connects from `CALLER`."""
    wires: list[Wire] = []
    proxies: list[Process] = []

    def connect(change: Callable[[str], str] = lambda snippet: snippet) -> Wire:
        process, address = start_nginx(tmp_path / "nginx", behind.address, change(documented()))
        processes.append(process)
        proxies.append(process)
        wires.append(Wire(address, source=CALLER))
        return wires[-1]

    yield connect
    for wire in wires:
        wire.close()
    # Before the gateway, which gives those who are connected a second to leave; and by a signal that it passes on to
    # its worker, however the test ended.
    for process in proxies:
        process.stop()


def without_buffering_off(snippet: str) -> str:
    assert "proxy_buffering off;" in snippet
    return snippet.replace("proxy_buffering off;", "proxy_buffering on;")


@pytest.mark.parametrize(
    "change", [lambda snippet: snippet, without_buffering_off], ids=["as documented", "buffering left on"]
)
def test_a_stream_flows_piece_by_piece(front: Front, upstream: Upstream, change: Callable[[str], str]) -> None:
    """With buffering left on, our `x-accel-buffering: no` does it alone."""
    held = Held()
    upstream.script = held
    wire = front(change)
    wire.send(request(CHAT_PATH, chat(stream=True)))
    (exchange,) = held.wait_for(1)
    first, second = delta(content="one"), delta(content="two")
    exchange.send(stream_head() + chunk(first))
    response = wire.response()
    assert response.read(len(first)) == first, "it is here while the provider still writes"
    exchange.send(chunk(second))
    assert response.read(len(second)) == second
    exchange.send(chunk(DONE) + LAST_CHUNK)
    assert response.read() == DONE
    held.release()


def test_answers_and_errors_pass_unchanged(front: Front) -> None:
    wire = front()
    for _ in range(3):
        assert wire.ask(request(CHAT_PATH, chat())).body == CHAT_REPLY
    refused = wire.ask(request(CHAT_PATH, b"{"))
    assert (refused.status, refused.error["type"]) == (400, "invalid_request_error")
    assert wire.ask(request("/admin/v1/health", method="GET")).status == 404, "administrators come another way"


def test_a_body_as_large_as_the_gateway_takes_passes(front: Front, upstream: Upstream) -> None:
    body = chat("x" * 20_000_000)
    assert front().ask(request(CHAT_PATH, body)).status == 200
    assert upstream.call.body == body


def test_who_hangs_up_is_noticed_through_it(front: Front, upstream: Upstream) -> None:
    held = Held()
    upstream.script = held
    wire = front()
    wire.send(request(CHAT_PATH, chat(stream=True)))
    (exchange,) = held.wait_for(1)
    exchange.send(stream_head() + chunk(delta(content="one")))
    wire.response()
    wire.close()
    assert exchange.saw_hang_up(), "nobody pays for what nobody reads"
    held.release()


def test_the_log_names_the_caller_and_not_what_he_claims(front: Front, behind: Gateway) -> None:
    spoofed = request(CHAT_PATH, chat(), "x-forwarded-for: 192.0.2.7")
    assert front().ask(spoofed).status == 200
    behind.stop()
    lines = [json.loads(line) for line in behind.process.stderr.splitlines() if line.startswith("{")]
    assert [line["caller"] for line in lines if line.get("message") == "request"] == [CALLER]
