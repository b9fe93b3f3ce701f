"""Proves that no body, however broken, harms the gateway, reaches a provider unasked or is answered with a 5xx."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conftest import StartGateway
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.hostile import Siege
from harness.hostile_bodies import TABLE
from harness.simulator import Simulator
from harness.speech import MODEL

Tell = Callable[[str], None]


@pytest.fixture
def guarded(start: StartGateway, simulator: Simulator) -> Gateway:
    """A gateway that knows two models by name."""
    node = provider(simulator.node.base_url, key=simulator.key, models=[MODEL, "gpt-4o"])
    return start(config=configuration({"openai": node}))


def test_hostile_bodies(guarded: Gateway, simulator: Simulator, figure: Tell) -> None:
    with Siege(guarded, simulator) as siege:
        slowest = siege.attack(TABLE)
    figure(
        f"R29: {len(TABLE)} hostile bodies, 0 x 5xx, slowest {slowest * 1000:.0f} ms; "
        f"p99 of a healthy caller meanwhile {siege.healthy.p99_ms:.1f} ms; grown by {siege.grown_bytes / 2**20:.1f} MiB"
    )
    assert len({case.name for case in TABLE}) == len(TABLE)
