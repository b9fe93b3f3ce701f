"""Proves that a small `concurrent_max` holds whatever else is known of a target: what its refusals teach
begins at a floor of five, and what its headers say of a rate limit is only a hint."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from conftest import StartGateway
from harness.config import NO_REPEATS
from harness.gateway import Gateway
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, MODEL, chat
from harness.upstream import Exchange, Upstream, whole

#: Below the floor of what is learnt, which is 5.
MAX = 3
CALLERS = 12
USED_UP = ["x-ratelimit-limit-requests: 60", "x-ratelimit-remaining-requests: 0", "x-ratelimit-reset-requests: 6m0s"]


@dataclass
class Counting:
    """Answers well, says that nothing is left of its limit, and counts how many ask at once; may be told to refuse."""

    refusals: int = 0
    now: int = 0
    most: int = 0
    #: Open while nobody is kept waiting.
    gate: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, exchange: Exchange) -> None:
        with self._counted():
            if self._refuses():
                return whole(b'{"error":{"message":"slow down"}}', status="429 Later")(exchange)
            self.gate.wait(10)
        # A caller may come as soon as the answer has: it counts no more.
        return whole(CHAT_REPLY, *USED_UP)(exchange)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        yield
        with self._lock:
            self.now -= 1

    def _refuses(self) -> bool:
        with self._lock:
            self.refusals -= 1
            return self.refusals >= 0


def served(start: StartGateway, upstream: Upstream, where: str, mode: str) -> Gateway:
    one: dict[str, Any] = {"credentials": ["sk-upstream"], "models": [MODEL], "adaptive": {"mode": mode}}
    line: dict[str, Any] = {"base_url": upstream.base_url}
    target: dict[str, Any] = {"provider": "one", "model": MODEL}
    {"provider": one, "line": line, "target": target}[where]["concurrent_max"] = MAX
    one["lines"] = [line]
    health = {"successes": 1, "slow_start_ms": 0, "wait_ms_max": 100, "probes": {"every_ms": 0}}
    return start(
        config={
            "providers": {"one": one},
            "models": {MODEL: {"targets": [target]}},
            "limits": {"queue_wait_ms": 60_000},
            "retries": NO_REPEATS,
            "health": health,
        }
    )


def ask(gateway: Gateway) -> int:
    return gateway.http().post(CHAT_PATH, content=chat(), timeout=30).status_code


@pytest.mark.parametrize("mode", ["after_refusal", "always"])
@pytest.mark.parametrize("where", ["provider", "line", "target"])
def test_a_small_limit_holds_whatever_refusals_and_headers_teach(
    start: StartGateway, upstream: Upstream, where: str, mode: str
) -> None:
    counting = Counting()
    upstream.script = counting
    counting.gate.set()
    gateway = served(start, upstream, where, mode)
    assert ask(gateway) == 200
    # So often that what is learnt stands at its floor, above what is configured.
    for _ in range(5):
        counting.refusals = 1
        assert ask(gateway) == 429
        until(lambda: ask(gateway) == 200, "it is asked again")
    (target,) = gateway.admin().get("/admin/v1/health").json()["targets"]
    assert target["limit_learnt"] >= 5 > MAX
    assert target["limit"] == (MAX if where == "target" else target["limit_learnt"])

    counting.gate.clear()
    counting.most = 0
    with ThreadPoolExecutor(CALLERS) as pool:
        calls = [pool.submit(ask, gateway) for _ in range(CALLERS)]
        until(lambda: counting.now == MAX, "as many are asked as may be")
        until(lambda: gateway.metric("ai_gateway_queue_calls") == CALLERS - MAX, "the others wait")
        counting.gate.set()
        assert [call.result() for call in calls] == [200] * CALLERS
    assert counting.most == MAX, "and never more, though nobody else is left and its limit is said to be used up"
    until(lambda: gateway.metric("ai_gateway_queue_calls") == 0, "nobody waits")
