"""Proves what docs/operations/failover.md says of paid probes: opt-in, capped, one token, and charged to nobody."""

from __future__ import annotations

from typing import Any

from conftest import StartGateway, StartUpstream
from harness.config import NO_REPEATS, configuration, one_after_the_other, provider
from harness.gateway import Gateway
from harness.process import until
from harness.speech import CHAT_PATH, CHAT_REPLY, MODEL, chat
from harness.upstream import Upstream, whole

#: So that nothing comes back within a test but by a probe.
LONG = {"open_ms": 600_000, "open_ms_max": 600_000, "slow_start_ms": 0, "failures": 1}
NO_FREE_ONES = {"every_ms": 0}
OFTEN = {"every_ms": 86_400_000, "every_ms_ejected": 100}


def ask(gateway: Gateway) -> str:
    reply = gateway.http().post(CHAT_PATH, content=chat())
    assert reply.status_code == 200, reply.text
    return reply.headers["x-bellwether-provider"]


def probes(gateway: Gateway, found: str) -> float:
    return gateway.metric("ai_gateway_paid_probes_total", found=found) or 0


def with_failing_first(
    start: StartGateway, first: Upstream, second: Upstream, paid: dict[str, int] | None
) -> Gateway:
    """The first has failed a call, and is left alone for ten minutes."""
    first.script = whole(b'{"error":{"message":"no"}}', status="500 No")
    config = one_after_the_other(first.base_url, second.base_url)
    rules = NO_FREE_ONES | ({"paid": paid} if paid is not None else {})
    gateway = start(config=config | {"health": {**LONG, "probes": rules}})
    assert [ask(gateway) for _ in range(2)] == ["second"] * 2
    return gateway


def told(gateway: Gateway) -> Any:
    return gateway.admin().get("/admin/v1/health").json()["paid_probes"]


def test_who_was_left_alone_is_back_before_a_caller_tries_him(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    first, second = new_upstream(), new_upstream()
    gateway = with_failing_first(start, first, second, OFTEN)
    until(lambda: probes(gateway, "failed") >= 2, "it is asked, and fails")
    before = gateway.metric("ai_gateway_requests_total", provider="first", status="200")
    first.script = whole(CHAT_REPLY)
    until(lambda: probes(gateway, "answered") >= 3, "it answers")
    until(lambda: ask(gateway) == "first", "it is asked as usual, long before its time")
    asked = [call.json for call in first.calls if b"Say OK." in call.body]
    assert all((body["max_tokens"], body["model"]) == (1, MODEL) for body in asked)
    assert gateway.metric("ai_gateway_requests_total", provider="first", status="200") == (before or 0) + 1
    assert told(gateway)["found"]["answered"] >= 3


def test_an_error_or_a_page_under_200_makes_nobody_well(start: StartGateway, new_upstream: StartUpstream) -> None:
    first, second = new_upstream(), new_upstream()
    gateway = with_failing_first(start, first, second, OFTEN)
    for told in (
        whole(b'{"error":{"message":"no quota"}}'),
        whole(b"<html>welcome</html>", content_type="text/html"),
        whole(CHAT_REPLY[:40]),
    ):
        first.script = told
        before = probes(gateway, "failed")
        until(lambda: probes(gateway, "failed") >= before + 3, "it is asked, and has not answered")  # noqa: B023
    assert probes(gateway, "answered") == 0
    assert ask(gateway) == "second"


def test_without_the_section_nobody_is_asked(start: StartGateway, new_upstream: StartUpstream) -> None:
    first, second = new_upstream(), new_upstream()
    gateway = with_failing_first(start, first, second, None)
    assert told(gateway) is None
    assert [ask(gateway) for _ in range(20)] == ["second"] * 20
    assert len(first.calls) == 1


def test_a_day_has_so_many(start: StartGateway, new_upstream: StartUpstream) -> None:
    first, second = new_upstream(), new_upstream()
    gateway = with_failing_first(start, first, second, {**OFTEN, "per_day_max": 2})
    until(lambda: probes(gateway, "failed") == 2, "two are asked")
    # As long as several more would have taken.
    for _ in range(60):
        ask(gateway)
    assert (probes(gateway, "failed"), told(gateway)["today"], len(first.calls)) == (2, 2, 3)


def test_what_is_known_to_cost_too_much_is_not_asked(start: StartGateway, new_upstream: StartUpstream) -> None:
    """A price of the catalogue, and a cap below what one question costs."""
    dear, cheap = new_upstream(), new_upstream()
    providers = {
        "dear": provider(dear.base_url, models=["gpt-4o"]) | {"kind": "openai"},
        "cheap": provider(cheap.base_url, models=["free"]),
    }
    config = configuration(providers, {"a": ["dear/gpt-4o"], "b": ["cheap/free"]}, retries=NO_REPEATS)
    paid = {"every_ms": 100, "every_ms_ejected": 100, "usd_micros_per_day_max": 1}
    gateway = start(config=config | {"health": {"probes": NO_FREE_ONES | {"paid": paid}}})
    until(lambda: len(cheap.calls) >= 3, "whose price nobody knows is asked")
    assert not dear.calls


def test_who_is_used_by_callers_is_not_asked_and_who_is_not_is(
    start: StartGateway, new_upstream: StartUpstream
) -> None:
    used, unused = new_upstream(), new_upstream()
    providers = {"used": provider(used.base_url, models=["m"]), "unused": provider(unused.base_url, models=["n"])}
    config = configuration(providers, {"a": ["used/m"], "b": ["unused/n"]})
    paid = {"every_ms": 3000, "every_ms_ejected": 100}
    gateway = start(config=config | {"health": {"probes": NO_FREE_ONES | {"paid": paid}}})

    def is_asked() -> bool:
        gateway.http().post(CHAT_PATH, content=chat(model="a")).raise_for_status()
        return len(unused.calls) >= 2

    until(is_asked, "the unused one is asked again and again", 20.0)
    assert not [call for call in used.calls if b"Say OK." in call.body]
