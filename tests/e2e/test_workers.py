"""Proves that two workers share long-lived connections evenly, whoever opened them."""

from __future__ import annotations

import pytest

from conftest import StartGateway
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.process import until
from harness.speech import CHAT_PATH, chat, delta
from harness.upstream import Held, Upstream, chunk, stream_head
from harness.wire import Wire, request

CONNECTIONS = 40
GAUGE = "ai_gateway_worker_connections"


@pytest.fixture
def two_workers(start: StartGateway, upstream: Upstream) -> Gateway:
    return start(config={**configuration(providers={"openai": provider(upstream.base_url)}), "workers": 2})


def connections(gateway: Gateway) -> list[float]:
    """Open connections of each worker."""
    return sorted(sample.value for sample in gateway.metrics()[GAUGE].samples)


def is_shared(counts: list[float], total: int) -> bool:
    """Whether two workers have the connections half and half; the one that reads the metrics counts too."""
    return len(counts) == 2 and total <= sum(counts) <= total + 1 and counts[1] - counts[0] <= 2


def test_kept_connections_are_shared_evenly(two_workers: Gateway) -> None:
    wires = [Wire(two_workers.address) for _ in range(CONNECTIONS)]
    for wire in wires:
        assert wire.ask(request("/health", method="GET")).status == 200
    until(lambda: is_shared(connections(two_workers), CONNECTIONS), "both workers have half")
    for wire in wires:
        wire.close()
    until(lambda: sum(connections(two_workers)) <= 1, "closed connections are no longer counted")


def test_long_streams_are_shared_evenly_and_so_are_those_that_follow(two_workers: Gateway, upstream: Upstream) -> None:
    """Whoever has the fewest gets the next: after one worker's streams have ended, it is filled up again."""
    held = Held()
    upstream.script = held
    wires = [open_stream(two_workers) for _ in range(CONNECTIONS)]
    for exchange in held.wait_for(CONNECTIONS):
        exchange.send(stream_head() + chunk(delta(content="x")))
    assert all(wire.response().status == 200 for wire in wires)
    until(lambda: is_shared(connections(two_workers), CONNECTIONS), "both workers have half")
    # Dealt in turn, every other connection belongs to one worker.
    for wire in wires[::2]:
        wire.close()
    until(lambda: sum(connections(two_workers)) <= CONNECTIONS // 2 + 1, "half of the streams are gone")
    wires[::2] = [open_stream(two_workers) for _ in wires[::2]]
    until(lambda: is_shared(connections(two_workers), CONNECTIONS), "both workers have half again")
    held.release()
    for wire in wires:
        wire.close()


def open_stream(gateway: Gateway) -> Wire:
    wire = Wire(gateway.address)
    wire.send(request(CHAT_PATH, chat(stream=True)))
    return wire
