"""Proves that only so many calls wait at limits, in all and of one organisation, and that a flood of one keeps room for others."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from conftest import StartGateway, StartUpstream
from harness.config import configuration, provider
from harness.gateway import Gateway
from harness.process import until
from harness.speech import CHAT_PATH, MODEL, chat
from harness.upstream import Held

#: How long a call waits at a limit of these tests.
PATIENCE_MS = 25_000


class House:
    """A gateway whose provider answers nobody, with keys of several organisations that may have one call each at once."""

    def __init__(self, gateway: Gateway, pool: ThreadPoolExecutor) -> None:
        self.gateway, self.pool = gateway, pool

    def ask(self, path: str, body: Any) -> Any:
        with self.gateway.admin() as admin:
            reply = admin.post(f"/admin/v1{path}", json=body)
        assert reply.status_code == 201, reply.text
        return reply.json()

    def key(self, organisation: str, name: str) -> str:
        project = self.ask("/projects", {"organisation": organisation, "name": f"of {name}"})["id"]
        made = self.ask("/keys", {"name": name, "project": project, "plan": "single"})
        return str(made["key"])

    def organisation(self, name: str) -> str:
        return str(self.ask("/organisations", {"name": name})["id"])

    def call(self, key: str, count: int) -> list[Future[Any]]:
        """So many calls at once; the first takes the place, the others wait."""

        def one() -> Any:
            with self.gateway.http(key) as http:
                return http.post(CHAT_PATH, content=chat(), timeout=28)

        return [self.pool.submit(one) for _ in range(count)]

    def waiting(self) -> float:
        return self.gateway.metric("ai_gateway_limit_queue_calls") or 0

    def refused(self, key: str, words: str) -> None:
        (future,) = self.call(key, 1)
        is_refused(future, words)


def is_refused(future: Future[Any], words: str) -> None:
    reply = future.result(timeout=20)
    assert reply.status_code == 429, reply.text
    assert words in reply.json()["error"]["message"]
    assert int(reply.headers["retry-after"]) >= 1


@pytest.fixture
def house(start: StartGateway, new_upstream: StartUpstream) -> Any:
    held, made = Held(), []

    def build(**limits: int) -> House:
        plans = {"single": {"concurrent_requests": 1, "on_limit": "queue", "queue_wait_ms": PATIENCE_MS}}
        upstream = new_upstream(held)
        config = configuration({"openai": provider(upstream.base_url, models=[MODEL])})
        gateway = start(config=config | {"limits": {"plans": plans, **limits}, "timeouts": {"answer_ms": 60_000}})
        pool = ThreadPoolExecutor(40)
        made.append((pool, gateway))
        return House(gateway, pool)

    yield build
    for pool, gateway in made:
        gateway.process.kill()
        held.release()
        pool.shutdown(cancel_futures=True)


def test_an_organisation_has_so_many_who_wait_and_its_keys_share_them(house: Any) -> None:
    it = house(waiting_per_organisation_max=4)
    own = it.organisation("own")
    loud, quiet = it.key(own, "loud"), it.key(own, "quiet")
    louds = it.call(loud, 5)
    until(lambda: it.waiting() == 4, "one is served and four wait")
    words = "4 calls of its organisation wait at limits already (limits.waiting_per_organisation_max)"
    it.refused(loud, words)
    it.call(quiet, 2)
    # The first of these is served; for the second one of the loud ones goes.
    until(lambda: any(future.done() for future in louds), "one makes room for the other key")
    (gone,) = [future for future in louds if future.done()]
    is_refused(gone, words)
    assert it.waiting() == 4
    other = it.key(it.organisation("other"), "elsewhere")
    it.call(other, 2)
    until(lambda: it.waiting() == 5, "others are not concerned")


def test_all_organisations_share_the_room(house: Any) -> None:
    it = house(waiting_max=3)
    loud, quiet = it.key(it.organisation("loud"), "loud"), it.key(it.organisation("quiet"), "quiet")
    louds = it.call(loud, 4)
    until(lambda: it.waiting() == 3, "one is served and three wait")
    words = "3 calls wait at limits already (limits.waiting_max)"
    it.refused(loud, words)
    it.call(quiet, 2)
    until(lambda: any(future.done() for future in louds), "one makes room for the other organisation")
    is_refused(next(future for future in louds if future.done()), words)
    assert it.waiting() == 3
    labels = {"scope": "key", "measure": "concurrent_requests", "outcome": "refused"}
    until(lambda: it.gateway.metric("ai_gateway_limited_total", **labels) == 2, "they are counted")


def test_where_nobody_may_wait_nobody_does(house: Any) -> None:
    it = house(waiting_max=0)
    key = it.key(it.organisation("own"), "own")
    it.call(key, 1)
    until(lambda: (it.gateway.metric("ai_gateway_calls") or 0) >= 1, "one is served")
    it.refused(key, "0 calls wait at limits already (limits.waiting_max)")
    assert it.waiting() == 0
