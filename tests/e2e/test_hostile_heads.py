"""Proves that no path, host, header or key opens a door it does not belong to, and that no head brings one down."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conftest import StartGateway
from harness.gateway import Gateway
from harness.hostile import MARKER, Case, Siege
from harness.hostile_heads import TABLE as HEADS
from harness.hostile_keys import TABLE as KEYS
from harness.process import until
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, chat
from harness.wire import request

Tell = Callable[[str], None]


@pytest.fixture
def guarded(start: StartGateway, simulator: Simulator) -> Gateway:
    return start(environment=simulator.environment)


def test_hostile_heads(guarded: Gateway, simulator: Simulator, figure: Tell) -> None:
    with Siege(guarded, simulator) as siege:
        slowest = siege.attack(HEADS)
    figure(
        f"R31: {len(HEADS)} paths, hosts, methods and headers, 0 opened, slowest {slowest * 1000:.0f} ms; "
        f"p99 of a healthy caller meanwhile {siege.healthy.p99_ms:.1f} ms"
    )
    assert len({case.name for case in HEADS}) == len(HEADS)


def worn_keys(gateway: Gateway) -> list[Case]:
    """A key that was revoked, one that has expired, and the admin key where a caller's belongs."""
    admin = gateway.admin()
    revoked = admin.post("/admin/v1/keys", json={"name": "revoked"}).raise_for_status().json()
    admin.delete(f"/admin/v1/keys/{revoked['id']}").raise_for_status()
    short = {"name": "expired", "expires_in_seconds": 1}
    expired = admin.post("/admin/v1/keys", json=short).raise_for_status().json()
    until(lambda: gateway.http(key=expired["key"]).get("/v1/models").status_code == 401, "the key has expired")
    rows = {
        "revoked": (revoked["key"], "revoked"),
        "expired": (expired["key"], "expired"),
        "of the admin": (gateway.admin_key, ""),
    }
    return [
        Case(f"key: {name}", request(CHAT_PATH, chat(MARKER), key=key), 401, word=word)
        for name, (key, word) in rows.items()
    ]


def test_hostile_keys(guarded: Gateway, simulator: Simulator, figure: Tell) -> None:
    cases = KEYS + worn_keys(guarded)
    with Siege(guarded, simulator) as siege:
        slowest = siege.attack(cases)
    figure(f"R31: {len(cases)} keys that open nothing, 0 calls to the provider, slowest {slowest * 1000:.0f} ms")
    assert len({case.name for case in cases}) == len(cases)
