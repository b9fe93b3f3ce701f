"""Proves that a request whose end can be seen in two places is refused, and that other protocols find no way in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conftest import StartGateway
from harness.gateway import Gateway
from harness.hostile import Siege
from harness.hostile_framing import TABLE
from harness.simulator import Simulator

Tell = Callable[[str], None]


@pytest.fixture
def guarded(start: StartGateway, simulator: Simulator) -> Gateway:
    return start(environment=simulator.environment)


def test_hostile_framing(guarded: Gateway, simulator: Simulator, figure: Tell) -> None:
    with Siege(guarded, simulator) as siege:
        slowest = siege.attack(TABLE)
    figure(
        f"R30: {len(TABLE)} smuggling shapes and foreign protocols, 0 accepted, slowest {slowest * 1000:.0f} ms; "
        f"p99 of a healthy caller meanwhile {siege.healthy.p99_ms:.1f} ms"
    )
    assert len({case.name for case in TABLE}) == len(TABLE)
