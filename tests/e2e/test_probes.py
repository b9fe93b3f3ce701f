"""Proves what docs/operations/failover.md says of probes: a dead line is found before a caller finds it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from conftest import StartGateway, StartUpstream
from harness.commands import Commands
from harness.config import NO_REPEATS, configuration, line, one_after_the_other, provider
from harness.gateway import Gateway, write_config
from harness.process import until
from harness.simulator import Simulator
from harness.speech import CHAT_PATH, CHAT_REPLY, MODEL, chat
from harness.upstream import Exchange, Held, RefusingPort, Upstream, whole

OFTEN = {"every_ms": 100, "every_ms_failing": 100}
#: So that nothing comes back within a test but by a probe.
LONG = {"open_ms": 600_000, "open_ms_max": 600_000}


def ask(gateway: Gateway) -> httpx.Response:
    return gateway.http().post(CHAT_PATH, content=chat())


def unreachable(gateway: Gateway, **labels: str) -> float | None:
    return gateway.metric("ai_gateway_lines_unreachable", **labels)


def regions(gateway: Gateway) -> dict[str, str]:
    found = gateway.http().get("/v1/health").json()["regions"]
    return {name: region["status"] for name, region in found.items()}


class Counted:
    """Answers the question for models, well or not, and counts how often it came."""

    def __init__(self, status: str = "200 OK") -> None:
        self.status = status
        self.count = 0

    def __call__(self, exchange: Exchange) -> None:
        self.count += 1
        whole(b'{"object":"list","data":[]}', status=self.status)(exchange)

    def wait_for_more(self, count: int = 3) -> None:
        before = self.count
        until(lambda: self.count >= before + count, f"{count} more probes came")


def test_the_first_caller_does_not_find_a_dead_line(
    start: StartGateway, simulator: Simulator, refusing: RefusingPort
) -> None:
    lines = [line(refusing.base_url, "dead"), line(simulator.node.base_url, "alive")]
    several = {"credentials": [simulator.key], "lines": lines, "models": [MODEL], "policy": "priority"}
    gateway = start(config=configuration({"several": several}) | {"health": {"probes": OFTEN}})
    until(lambda: unreachable(gateway, region="dead") == 1, "the probes found nobody there")
    assert unreachable(gateway, region="alive") == 0
    until(lambda: regions(gateway) == {"dead": "unreachable", "alive": "healthy"}, "health says so")
    reply = ask(gateway)
    assert (reply.status_code, reply.headers["x-bellwether-attempts"]) == (200, "1")
    assert reply.headers["x-bellwether-region"] == "alive"
    assert "probes do not reach a line" in gateway.process.stderr


def test_where_nobody_else_is_left_it_is_tried_all_the_same(start: StartGateway, simulator: Simulator) -> None:
    """The node comes back, and a caller is there before the next probe."""
    only = provider(simulator.node.base_url, key=simulator.key, models=[MODEL])
    probes = {"every_ms": 100, "every_ms_failing": 100}
    gateway = start(config=configuration({"only": only}) | {"health": {"probes": probes}})
    simulator.node.fault("refuse")
    until(lambda: unreachable(gateway) == 1, "the probes found nobody there")
    assert ask(gateway).status_code == 502
    simulator.node.heal()
    assert ask(gateway).status_code == 200
    until(lambda: unreachable(gateway) == 0, "it is known to be there")


def test_who_is_reached_again_is_tried_at_once(start: StartGateway, simulator: Simulator) -> None:
    providers = {
        name: provider(node.base_url, key=simulator.key, models=[MODEL])
        for name, node in zip(("first", "second"), simulator.nodes, strict=False)
    }
    config = configuration(providers, {MODEL: [f"first/{MODEL}", f"second/{MODEL}"]}, retries=NO_REPEATS)
    health = {**LONG, "slow_start_ms": 0, "successes": 1, "probes": OFTEN}
    gateway = start(config=config | {"health": health})
    simulator.nodes[0].fault("refuse")
    until(lambda: ask(gateway).headers["x-bellwether-attempts"] == "1", "the first is left alone")
    simulator.nodes[0].heal()
    until(lambda: ask(gateway).headers["x-bellwether-provider"] == "first", "a probe found it, long before its time")


def test_that_somebody_is_there_does_not_say_that_he_answers_calls(
    start: StartGateway, upstream: Upstream, new_upstream: StartUpstream
) -> None:
    counted = Counted()
    upstream.answer_models = counted
    upstream.script = whole(b'{"error":{"message":"no"}}', status="500 No")
    other = new_upstream(whole(CHAT_REPLY))
    config = one_after_the_other(upstream.base_url, other.base_url)
    gateway = start(config=config | {"health": {**LONG, "probes": OFTEN}})
    until(lambda: ask(gateway).headers["x-bellwether-attempts"] == "1", "the first is left alone")
    calls = len(upstream.calls)
    counted.wait_for_more(5)
    assert set(regions(gateway).values()) == {"degraded"}
    assert [ask(gateway).headers["x-bellwether-provider"] for _ in range(3)] == ["second"] * 3
    assert len(upstream.calls) == calls, "good probes put nobody back who fails calls"


@pytest.mark.parametrize("status", ["500 No", "404 Not Found", "401 Unauthorized", "429 Too Many Requests"])
def test_who_has_never_known_the_question_is_not_taken_for_dead(
    start: StartGateway, upstream: Upstream, new_upstream: StartUpstream, status: str
) -> None:
    counted = Counted(status)
    upstream.answer_models = counted
    other = new_upstream(whole(CHAT_REPLY))
    gateway = start(config=one_after_the_other(upstream.base_url, other.base_url) | {"health": {"probes": OFTEN}})
    counted.wait_for_more(5)
    assert unreachable(gateway, provider="first") == 0
    assert ask(gateway).headers["x-bellwether-provider"] == "first"


def test_who_stops_answering_the_question_is_found(
    start: StartGateway, upstream: Upstream, new_upstream: StartUpstream
) -> None:
    """It has answered, and then holds every question: nobody is there, though connections come about."""
    counted = Counted()
    upstream.answer_models = counted
    other = new_upstream(whole(CHAT_REPLY))
    config = one_after_the_other(upstream.base_url, other.base_url)
    gateway = start(config=config | {"health": {"probes": {**OFTEN, "timeout_ms": 100}}})
    # One of them may be the check of the key.
    counted.wait_for_more(3)
    held = Held()
    upstream.answer_models = held
    until(lambda: unreachable(gateway, provider="first") == 1, "two probes were not answered")
    assert ask(gateway).headers["x-bellwether-provider"] == "second"
    held.release()


def test_who_answers_probes_with_a_failure_is_asked_less_and_a_good_call_undoes_it(
    start: StartGateway, upstream: Upstream, new_upstream: StartUpstream
) -> None:
    """The list of models fails, calls do not."""
    counted = Counted()
    upstream.answer_models = counted
    upstream.script = whole(CHAT_REPLY)
    other = new_upstream(whole(CHAT_REPLY))
    lines = [line(upstream.base_url, "doubtful"), line(other.base_url, "well")]
    several = {"credentials": ["sk-upstream"], "lines": lines, "models": [MODEL], "policy": "weighted"}
    # Seldom enough that no probe comes between the calls below.
    probes = {"every_ms": 1000, "every_ms_failing": 1000}
    gateway = start(config=configuration({"several": several}) | {"health": {"probes": probes}})
    counted.wait_for_more(2)
    counted.status = "503 No"
    until(lambda: regions(gateway)["doubtful"] == "degraded", "two probes were answered with failures")
    assert unreachable(gateway, region="doubtful") == 0
    found = gateway.admin().get("/admin/v1/health").json()["lines"][0]
    assert (found["state"], found["reach"], found["reason"]) == ("degraded", "doubtful", "probes_fail")
    assert "probes of a line fail: it is asked less" in gateway.process.stderr
    asked = [ask(gateway).headers["x-bellwether-region"] for _ in range(7)]
    assert asked.count("doubtful") == 1, asked
    until(lambda: regions(gateway)["doubtful"] == "healthy", "the call that it answered says more")


def test_where_calls_are_answered_nothing_is_probed(start: StartGateway, upstream: Upstream) -> None:
    counted = Counted()
    upstream.answer_models = counted
    gateway = start(config=configuration({"only": provider(upstream.base_url)}) | {"health": {"probes": OFTEN}})
    counted.wait_for_more(2)
    assert ask(gateway).status_code == 200
    before = counted.count

    def goes_on() -> bool:
        ask(gateway)
        return len(upstream.calls) > 30

    until(goes_on, "calls went on")
    assert counted.count <= before + 1, "the one that was under way"


def test_what_is_switched_off_is_not_probed(
    start: StartGateway, upstream: Upstream, new_upstream: StartUpstream, commands: Commands
) -> None:
    off, on = Counted(), Counted()
    upstream.answer_models = off
    other = new_upstream(whole(CHAT_REPLY))
    other.answer_models = on
    start(config=one_after_the_other(upstream.base_url, other.base_url) | {"health": {"probes": OFTEN}})
    off.wait_for_more(2)
    commands.text("provider", "disable", "first", "--reason", "test")
    before = off.count
    on.wait_for_more(6)
    assert off.count <= before + 1, "the one that was under way"
    commands.text("provider", "enable", "first", "--reason", "test")
    off.wait_for_more(2)


def test_who_probes_no_more_believes_no_probe(
    start: StartGateway, upstream: Upstream, refusing: RefusingPort, commands: Commands
) -> None:
    config: dict[str, Any] = one_after_the_other(refusing.base_url, upstream.base_url)
    gateway = start(config=config | {"health": {"probes": OFTEN}})
    until(lambda: unreachable(gateway, provider="first") == 1, "the probes found nobody there")
    write_config(commands.home, config | {"health": {"probes": {"every_ms": 0}}})
    commands.text("config", "reload")
    until(lambda: unreachable(gateway, provider="first") == 0, "it is asked as before")
    assert "every_ms: 0" in commands.text("config", "show")
